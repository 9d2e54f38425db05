// What a plugin is told about the client it works for. In a header of its own, since every request needs it and it
// takes both a client connection and its front to say.
#pragma once

#include "core/client/client_connection.h"
#include "core/client/front.h"

namespace weir::client {

inline void *ClientConnection::state() {
  auto at = reinterpret_cast<uintptr_t>(protocol_state_.data());
  return reinterpret_cast<void *>((at + 15) & ~uintptr_t{15});
}

[[gnu::always_inline]] inline weir_scope ClientConnection::scope() {
  return front_->scope(state(), conn_id_, static_cast<const plugin::ClientView *>(this));
}

// Once a reply: a test or two, and no call.
[[gnu::always_inline]] inline void ClientConnection::note_output() {
  if (out_.size() + held_bytes_ > front_->output_pause || pauses_ != 0) check_output();
}

}  // namespace weir::client
