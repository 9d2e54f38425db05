// Copies of requests for another pool: sent along, never waited for. Nobody gets the replies; what has no room on its
// connection, whose server is down, or for which memory is short is dropped and counted.
//
// Thread: the worker's alone.
#pragma once

#include "core/client/front.h"
#include "core/client/slices.h"

namespace weir::client {

// A copy is made in one turn of the loop, so one of more keys is dropped.
inline constexpr uint32_t kMostCopiedKeys = 4 * kSlice;

// A request as it is sent, perhaps rewritten. Not one with a lease or of topics.
struct Original {
  const weir_req &req;
  weir_bytes message;   // no bytes when they are in `pieces`
  const Chain *pieces;  // NULLABLE
  const weir_key *keys;
  const weir_bytes *key_bytes;
  const uint8_t *rekeyed;  // NULLABLE: as in weir_render
};

// Whether such a request may be copied at all.
bool may_be_mirrored(const weir_req &req);

// To the pool of that way; each key goes to its server there. scope, lane: its client's.
void mirror(Front &front, const weir_scope &scope, uint32_t lane, const Original &original, uint32_t way);

}  // namespace weir::client
