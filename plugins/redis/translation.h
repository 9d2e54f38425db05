// Writes a RESP2 server's reply as RESP3 has it: for a client that asked HELLO 3 of a server that refused it. What is
// RESP3 already stays what it is. On the stack of one merge().
#pragma once

#include <string_view>

#include "key_echo.h"

namespace weir::redis {

class Translation {
 public:
  // bytes: the reply, which begins at `base` of source `src`. echoes: of this reply.
  Translation(Writer &w, uint32_t src, uint64_t base, const uint8_t *bytes, uint64_t size, Echoes echoes = {})
      : w_(w), run_(w), src_(src), base_(base), bytes_(bytes), size_(size), echoes_(echoes) {}
  // pattern: see shapes.h. false: this is no reply.
  bool run(std::string_view pattern);

 private:
  // A header or a line, and with a string what it holds.
  struct Token {
    uint8_t type = 0;
    int64_t number = 0;  // bytes or elements; negative: null
    uint64_t begin = 0, body = 0, end = 0;

    bool is_null() const { return number < 0 && (type == '$' || type == '*'); }
  };

  bool next(Token &token) const;
  bool value(std::string_view pattern, int depth);
  bool array(std::string_view pattern, int depth);
  bool elements(uint64_t n, std::string_view pattern, int depth);
  bool tuple(uint64_t n, std::string_view pattern, int depth);
  bool record(uint64_t n, char name, int depth);
  bool untyped();
  void take(const Token &token);
  bool put_echo(const Token &token);
  void head(const Token &token, char mark, uint64_t n);
  void text(const Token &token, bool is_double);
  std::string_view next_name() const;

  Writer &w_;
  RefRun run_;
  uint32_t src_;
  uint64_t base_;
  const uint8_t *bytes_;
  uint64_t size_, at_ = 0;
  Echoes echoes_;
};

}  // namespace weir::redis
