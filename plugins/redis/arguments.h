// The arguments of a whole request, RESP or inline, for answers and for encoding it again.
#pragma once

#include <weir/protocol.h>

namespace weir::redis {

class Arguments {
 public:
  // message: the whole request. At most `most` arguments are read. Inline words with escapes are decoded in the arena.
  // false: the arena is full, or this is no request.
  bool read(const weir_scope *scope, const uint8_t *message, uint64_t size, uint32_t most);
  uint32_t count() const { return count_; }
  const weir_bytes &operator[](uint32_t i) const { return args_[i]; }
  // Whether argument i lies in the message, at offset().
  bool in_message(uint32_t i) const {
    return args_[i].ptr >= message_ && args_[i].ptr + args_[i].len <= message_ + size_;
  }
  uint64_t offset(uint32_t i) const { return static_cast<uint64_t>(args_[i].ptr - message_); }

 private:
  bool read_resp(const weir_scope *scope, uint32_t most);
  bool read_inline(const weir_scope *scope, uint32_t most);
  bool room(const weir_scope *scope, uint64_t n);

  const uint8_t *message_ = nullptr;
  uint64_t size_ = 0;
  weir_bytes *args_ = nullptr;
  uint32_t count_ = 0;
};

// Reads arguments into out[0..cap), and says how many there are. What an inline word with escapes means lies in the
// arena; when that is full it comes out as it was typed.
uint32_t list_arguments(const weir_scope *scope, weir_bytes message, weir_bytes *out, uint32_t cap);

}  // namespace weir::redis
