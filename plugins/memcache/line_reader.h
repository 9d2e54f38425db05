// What one command line asks for, given all of it: every command but the gets, which take their keys as they arrive.
// Pure functions; any thread.
#pragma once

#include <weir/protocol.h>

#include "local_replies.h"
#include "settings.h"

namespace weir::memcache {

struct LineRequest {
  weir_req req;
  weir_key key;  // meant when req.key_count is 1
};

// begin..end: the line without its end. line_size: with it. pipelined: other requests came with it, in front of it.
LineRequest read_line(const Settings &settings, uint16_t cmd, const uint8_t *begin, const uint8_t *end,
                      uint64_t line_size, bool pipelined);

// A request that weir answers by itself.
LineRequest local_line(uint16_t cmd, uint64_t size, Local what);

}  // namespace weir::memcache
