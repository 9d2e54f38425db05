// The words of an inline command, by redis's rules of quoting. Reads the line in place; copies nothing.
#pragma once

#include <cstdint>

namespace weir::redis {

struct InlineArg {
  const uint8_t *raw;  // as it was typed, with quotes
  uint64_t raw_len;
  const uint8_t *content;  // what it means; only when verbatim
  uint64_t len;            // of what it means
  bool verbatim;           // what it means stands in the line as one run of bytes
};

class InlineReader {
 public:
  // line: without its line end.
  InlineReader(const uint8_t *line, uint64_t len) : at_(line), end_(line + len) {}
  // 1: arg is the next word. 0: no more. -1: quotes are unbalanced.
  int next(InlineArg &arg);
  // Writes what the word means: arg.len bytes.
  static void decode(const InlineArg &arg, uint8_t *out);

 private:
  const uint8_t *at_, *end_;
};

// Length of the line without its "\n" or "\r\n". size counts the newline.
inline uint64_t inline_length(const uint8_t *line, uint64_t size) {
  return size >= 2 && line[size - 2] == '\r' ? size - 2 : size - 1;
}

}  // namespace weir::redis
