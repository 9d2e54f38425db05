// Puts back the keys that a client asked for where a server's reply names those that filters made of them. Finds the
// places; who writes the reply writes the client's keys there. On the stack of one merge().
#pragma once

#include <weir/protocol.h>

#include "writer.h"

namespace weir::redis {

// A run of bytes of the reply, counted from its first, and what the client is to read instead: a bulk string, or the
// text of one. In the order of the reply.
struct Echo {
  uint64_t off, len;
  weir_bytes key;
  bool in_line;  // the key stands in an error's line, without a length
};

struct Echoes {
  const Echo *next = nullptr, *end = nullptr;

  bool any() const { return next != end; }
  // Whether the next one begins at off; it is written then, and its length given.
  uint64_t put_at(uint64_t off, Writer &w) {
    if (next == end || next->off != off) return 0;
    const Echo &echo = *next++;
    if (echo.in_line)
      write_in_line(echo.key, w);
    else
      w.head('$', echo.key.len).copy(echo.key.ptr, echo.key.len).lit("\r\n");
    return echo.len;
  }

 private:
  static void write_in_line(const weir_bytes &key, Writer &w);
};

// In the one reply of the one part of m, which has client_keys; its bytes begin at `reply`. None when the command's
// replies name no keys. Commands that are split do not name keys.
//
//   BLPOP, LMPOP ...  the first element is the key
//   XREAD ...         pairs of a key and what it has, or in RESP3 a map of them
//   errors            "No such key 'k' ..."
weir_status find_echoes(const weir_scope *scope, const weir_merge *m, const uint8_t *reply, Echoes &out);

// The reply as it is, which begins at source 1's first byte, but for the echoes.
void write_with(Echoes &echoes, uint64_t size, Writer &w);

}  // namespace weir::redis
