#include "arguments.h"

#include <cstring>

#include "inline_reader.h"
#include "numbers.h"

namespace weir::redis {

namespace {

// "*3\r\n" or "$3\r\n" at *at; moves it past the line.
bool read_length(const uint8_t *&at, const uint8_t *end, int64_t &value) {
  if (at == end) return false;
  auto cr = static_cast<const uint8_t *>(std::memchr(at, '\r', static_cast<uint64_t>(end - at)));
  if (!cr || end - cr < 2 || !parse_integer(at + 1, static_cast<uint64_t>(cr - at - 1), value)) return false;
  at = cr + 2;
  return value >= 0;
}

bool read_argument(const uint8_t *&at, const uint8_t *end, weir_bytes &arg) {
  int64_t len = 0;
  if (!read_length(at, end, len) || len > end - at) return false;
  arg = {at, static_cast<uint64_t>(len)};
  at += end - at >= len + 2 ? len + 2 : len;
  return true;
}

}  // namespace

bool Arguments::room(const weir_scope *scope, uint64_t n) {
  void *place = scope->arena->alloc(scope->arena, (n + 1) * sizeof(weir_bytes), alignof(weir_bytes));
  args_ = static_cast<weir_bytes *>(place);
  return place != nullptr;
}

bool Arguments::read(const weir_scope *scope, const uint8_t *message, uint64_t size, uint32_t most) {
  message_ = message;
  size_ = size;
  count_ = 0;
  if (!message || size == 0) return false;
  return *message == '*' ? read_resp(scope, most) : read_inline(scope, most);
}

bool Arguments::read_resp(const weir_scope *scope, uint32_t most) {
  const uint8_t *at = message_, *end = message_ + size_;
  int64_t argc = 0;
  if (!read_length(at, end, argc)) return false;
  uint64_t wanted = argc < static_cast<int64_t>(most) ? static_cast<uint64_t>(argc) : most;
  if (!room(scope, wanted)) return false;
  while (count_ < wanted && read_argument(at, end, args_[count_])) ++count_;
  return count_ == wanted;
}

bool Arguments::read_inline(const weir_scope *scope, uint32_t most) {
  uint64_t len = inline_length(message_, size_);
  uint64_t words = len / 2 + 1;
  if (!room(scope, words < most ? words : most)) return false;
  InlineReader reader(message_, len);
  InlineArg arg;
  while (count_ < most && reader.next(arg) == 1) {
    args_[count_] = {arg.content, arg.len};
    if (!arg.verbatim) {
      auto place = static_cast<uint8_t *>(scope->arena->alloc(scope->arena, arg.len + 1, 1));
      if (!place) return false;
      InlineReader::decode(arg, place);
      args_[count_].ptr = place;
    }
    ++count_;
  }
  return true;
}

static weir_bytes word_of(const weir_scope *scope, const InlineArg &arg) {
  if (arg.verbatim) return {arg.content, arg.len};
  auto place = static_cast<uint8_t *>(scope->arena->alloc(scope->arena, arg.len + 1, 1));
  if (!place) return {arg.raw, arg.raw_len};
  InlineReader::decode(arg, place);
  return {place, arg.len};
}

uint32_t list_arguments(const weir_scope *scope, weir_bytes message, weir_bytes *out, uint32_t cap) {
  uint32_t n = 0;
  if (message.len == 0) return 0;
  if (*message.ptr != '*') {
    InlineReader reader(message.ptr, inline_length(message.ptr, message.len));
    InlineArg arg;
    for (; reader.next(arg) == 1; ++n)
      if (n < cap) out[n] = word_of(scope, arg);
    return n;
  }
  const uint8_t *at = message.ptr, *end = at + message.len;
  int64_t argc = 0;
  weir_bytes arg;
  if (!read_length(at, end, argc)) return 0;
  for (; n < argc && read_argument(at, end, arg); ++n)
    if (n < cap) out[n] = arg;
  return n;
}

}  // namespace weir::redis
