// What most requests are, which therefore have short ways.
#pragma once

#include <weir/protocol.h>

#include "core/client/lease.h"

namespace weir::client {

// A request with any of these does not take a short way.
constexpr uint32_t kUnusual = kOutOfTurn | WEIR_REQ_OPEN | WEIR_REQ_KEEP | WEIR_REQ_TRANSFORM | WEIR_REQ_RENDER |
                              WEIR_REQ_FENCE | WEIR_REQ_CLOSE | WEIR_REQ_CODED_KEYS | WEIR_REQ_APART;

// One key, one server, the bytes as they came.
inline bool is_plain(const weir_req &req) {
  return req.route == WEIR_ROUTE_KEY && req.key_count == 1 && req.reply == WEIR_REPLY_EXACT &&
         (req.flags & kUnusual) == 0 && req.profile == 0;
}

}  // namespace weir::client
