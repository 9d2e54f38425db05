// What the protocol's operations on a connection to a server are called with.
#pragma once

#include <weir/types.h>

#include <cstdint>
#include <vector>

#include "core/upstream/upstream.h"

namespace weir::upstream {

// state: the connection's server_state, with room to be 16-aligned.
inline weir_scope scope_of(const Upstream &upstream, std::vector<uint64_t> &state, uint64_t conn_id) {
  auto at = reinterpret_cast<uintptr_t>(state.data());
  return {sizeof(weir_scope),
          upstream.with.reactor.worker_id,
          upstream.with.protocol.inst(),
          upstream.with.protocol_worker,
          reinterpret_cast<void *>((at + 15) & ~uintptr_t{15}),
          upstream.with.reactor.arena.abi(),
          upstream.with.reactor.now_us,
          conn_id,
          nullptr};
}

}  // namespace weir::upstream
