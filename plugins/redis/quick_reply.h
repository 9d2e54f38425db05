// The common cases of parse_rsp(): replies of one small line or bulk, and the bulks of an array, that lie whole in the
// window. Straight runs without the connection's state; what they do not take is left to ReplyParser, which says the
// same of every reply, only slower.
#pragma once

#include <weir/protocol.h>

namespace weir::redis {

// Appends replies to p as long as they are plain. cur: the first byte of a reply. Returns the first byte of what it did
// not take.
const uint8_t *take_plain_replies(weir_parse *p, const uint8_t *cur);

// Passes over at most `most` bulks, as long as they are plain, and returns how many; cur moves behind them. want: each
// becomes an item. shift: where data[0] lies in the reply, modulo 2^64.
uint64_t take_bulks(weir_parse *p, const uint8_t *&cur, uint64_t most, uint64_t shift, bool want);

}  // namespace weir::redis
