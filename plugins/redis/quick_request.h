// The common case of parse_req(): a RESP command that lies whole in the window and whose keys stand at fixed places.
// One straight run, without the client's state; what it does not take is left to RequestParser, which says the same of
// every request, only slower.
#pragma once

#include <weir/protocol.h>

namespace weir::redis {

// Appends requests to p as long as they are plain. cur: the first byte of a request, in the window, of a client that
// may send commands. profile: theirs. Returns the first byte of what it did not take.
const uint8_t *take_plain_requests(weir_parse *p, const uint8_t *cur, uint64_t profile);

}  // namespace weir::redis
