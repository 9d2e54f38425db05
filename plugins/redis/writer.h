// Appends RESP to a weir_out: the small pieces every answer is made of. Lives on the stack of one callback.
#pragma once

#include <weir/inline.h>

#include <cstring>
#include <string_view>

#include "numbers.h"

namespace weir::redis {

class Writer {
 public:
  Writer(const weir_scope *scope, weir_out *out) : scope_(scope), out_(out) {}

  // The plugin's own constant text.
  Writer &lit(std::string_view text) { return note(weir_push_lit(out_, text.data(), text.size())); }
  // Bytes of a source.
  Writer &ref(uint32_t src, uint64_t off, uint64_t len) { return note(weir_push_ref(out_, src, off, len)); }
  // Bytes that live in the arena.
  Writer &mem(const void *ptr, uint64_t len) {
    return note(weir_push_mem(out_, static_cast<const uint8_t *>(ptr), len));
  }
  // Bytes that live anywhere; copied.
  Writer &copy(const void *ptr, uint64_t len) {
    uint8_t *place = len ? alloc(len) : nullptr;
    if (!place) return *this;
    std::memcpy(place, ptr, len);
    return mem(place, len);
  }
  Writer &copy(std::string_view text) { return copy(text.data(), text.size()); }
  // "<mark>n\r\n"
  Writer &head(char mark, uint64_t n) {
    uint8_t *place = alloc(24);
    if (!place) return *this;
    place[22] = '\r';
    place[23] = '\n';
    uint8_t *begin = write_decimal(place + 22, n);
    *--begin = static_cast<uint8_t>(mark);
    return mem(begin, static_cast<uint64_t>(place + 24 - begin));
  }
  Writer &bulk(std::string_view text) { return head('$', text.size()).copy(text).lit("\r\n"); }

  // Arena memory; nullptr once something failed.
  uint8_t *alloc(uint64_t size) {
    auto place = static_cast<uint8_t *>(scope_->arena->alloc(scope_->arena, size, 1));
    if (!place) note(WEIR_E_NOMEM);
    return place;
  }
  void fail(weir_status status) { note(status); }
  // What went wrong first.
  weir_status status() const { return status_; }

 private:
  Writer &note(weir_status status) {
    if (status_ == WEIR_OK) status_ = status;
    return *this;
  }
  const weir_scope *scope_;
  weir_out *out_;
  weir_status status_ = WEIR_OK;
};

// Bytes of sources, run after run: what adjoins the run before becomes one segment with it, since few long segments
// cost the core less than many short ones.
class RefRun {
 public:
  explicit RefRun(Writer &w) : w_(w) {}
  ~RefRun() { flush(); }
  RefRun(const RefRun &) = delete;
  RefRun &operator=(const RefRun &) = delete;

  void add(uint32_t src, uint64_t off, uint64_t len) {
    if (off != end_ || src != src_) {
      flush();
      src_ = src;
      begin_ = off;
    }
    end_ = off + len;
  }
  // Before anything else is written.
  void flush() {
    if (end_ != begin_) w_.ref(src_, begin_, end_ - begin_);
    begin_ = end_ = 0;
  }

 private:
  Writer &w_;
  uint32_t src_ = 0;
  uint64_t begin_ = 0, end_ = 0;
};

}  // namespace weir::redis
