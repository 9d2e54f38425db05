// The request parser's other half: inline commands. They are encoded again as RESP before they go to a server.
#include <cstring>

#include "command_lookup.h"
#include "inline_reader.h"
#include "request_parser.h"

namespace weir::redis {

namespace {
constexpr uint64_t kTailBytes = 1024;  // decoded arguments of AUTH and HELLO
}

RequestParser::Step RequestParser::inline_line() {
  uint64_t have = static_cast<uint64_t>(end_ - cur_);
  auto newline = static_cast<const uint8_t *>(std::memchr(cur_ + st_.scanned, '\n', have - st_.scanned));
  if (!newline) {
    if (have > kMaxToken) return fail("Protocol error: too big inline request");
    st_.scanned = static_cast<uint32_t>(have);
    return more(cur_);
  }
  st_.scanned = 0;
  uint64_t size = static_cast<uint64_t>(newline + 1 - cur_);
  if (size > kMaxToken + 2) return fail("Protocol error: too big inline request");
  return inline_arguments(cur_, inline_length(cur_, size), size);
}

RequestParser::Step RequestParser::inline_arguments(const uint8_t *line, uint64_t len, uint64_t size) {
  if (len && std::memchr(line, 0, len)) return fail("Protocol error: NUL byte in an inline request");
  InlineReader count(line, len);
  InlineArg arg;
  st_.argc = 0;
  for (int got; (got = count.next(arg)) != 0; ++st_.argc) {
    if (got < 0) return fail("Protocol error: unbalanced quotes in request");
    if (st_.argc == 0 && (same_word(arg.raw, arg.raw_len, "post") || same_word(arg.raw, arg.raw_len, "host:")))
      return fail("Protocol error: this is a redis port, and what came looks like HTTP");
  }
  if (st_.argc == 0) return drop(size);
  weir_status status = inline_plan(line, len);
  if (status != WEIR_OK) {
    failure_ = status;
    return Step::kFailed;
  }
  if (st_.route != WEIR_ROUTE_LOCAL) st_.req_flags |= WEIR_REQ_RENDER;
  return emit(size);
}

weir_status RequestParser::inline_plan(const uint8_t *line, uint64_t len) {
  InlineReader reader(line, len);
  InlineArg arg;
  uint8_t word[kLongestWord];
  st_.look = 0;
  for (uint32_t i = 0; i < st_.argc && reader.next(arg) == 1; ++i) {
    if (i < st_.look) continue;
    SeenArg seen = {nullptr, arg.len, 0, offset(arg.raw), arg.raw_len, arg.verbatim};
    if (arg.verbatim) {
      seen.ptr = arg.content;
      seen.off = offset(arg.content);
    } else if (arg.len <= kLongestWord) {
      InlineReader::decode(arg, word);
      seen.ptr = word;
    }
    weir_status status = WEIR_OK;
    if (i == 0)
      planner_.begin(seen);
    else if (st_.watch != Watch::kTail)
      status = planner_.see(i, seen, p_);
    if (status != WEIR_OK) return status;
    if (i > 0 && st_.watch == Watch::kTail && !inline_tail(line, len)) planner_.reject(Verdict::kSyntax);
  }
  return WEIR_OK;
}

bool RequestParser::inline_tail(const uint8_t *line, uint64_t len) {
  InlineReader reader(line, len);
  InlineArg arg;
  weir_bytes args[kMaxTail];
  uint8_t decoded[kTailBytes];
  uint64_t room = kTailBytes;
  if (st_.argc - 1 > kMaxTail) return false;
  for (uint32_t i = 0; i < st_.argc && reader.next(arg) == 1; ++i) {
    if (i == 0) continue;
    args[i - 1] = {arg.content, arg.len};
    if (arg.verbatim) continue;
    if (arg.len > room) return false;
    uint8_t *place = decoded + kTailBytes - room;
    InlineReader::decode(arg, place);
    args[i - 1].ptr = place;
    room -= arg.len;
  }
  planner_.tail(args, st_.argc - 1);
  return true;
}

}  // namespace weir::redis
