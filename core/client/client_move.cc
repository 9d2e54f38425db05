// How the clients of a pool go over to the one that replaces it after a reload: each when nothing of it is under way,
// so that every request is answered by the pool it was sent to. What has arrived of the next request goes with them.
#include <algorithm>

#include "core/client/client_connection.h"
#include "core/client/client_scope.h"
#include "core/client/front.h"

namespace weir::client {

// ---- the client
// -----------------------------------------------------------------------------------------------------------------

void ClientConnection::leave() {
  if (front_->move(*this)) return;
  if (!open() || input_ended_) return;
  // Who has connections or topics of this pool gives them back by what it says next, so it must be heard. And where its
  // state cannot go along it has to be found between two requests, which Front::check_time() tries.
  bool stays = !leases_.empty() || !topics_.empty() || postponed_ != nullptr;
  front_->state_moves_ && !stays ? pause(kMoving) : unpause(kMoving);
}

void ClientConnection::reach_changed() {
  if (open() && !input_ended_ && !order_.empty()) pause(kSpare);
}

bool ClientConnection::may_move(bool with_state) {
  if (!leases_.empty() || !topics_.empty() || postponed_ != nullptr) return false;
  if (!open() || !order_.empty() || large_ != nullptr || parsing_ || input_ended_) return false;
  if (with_state) return true;
  bool between = !awaiting_ && discard_ == 0 && body_.bytes().empty() && inbox_.held() == 0;
  return between &&
         std::all_of(protocol_state_.begin(), protocol_state_.end(), [](uint64_t word) { return word == 0; });
}

// It belongs to `to` now.
void ClientConnection::moved(Front &to, bool with_state) {
  bool slow = (pauses_ & kOutput) != 0;
  front_->slow_clients -= slow ? 1 : 0;
  to.slow_clients += slow ? 1 : 0;
  front_->cells.client_connections.sub();
  to.cells.client_connections.add();
  front_->pool.clients.fetch_sub(1, std::memory_order_relaxed);
  to.pool.clients.fetch_add(1, std::memory_order_relaxed);
  if (!with_state) {
    if (front_->protocol.closed != nullptr) {
      weir_scope before = scope();
      front_->protocol.closed(&before, 0);
    }
    protocol_state_.assign((to.protocol.client_state_size + 7) / 8 + 2, 0);
    body_.clear(reactor_.chunks);
  }
  front_ = &to;
  changed_at = 0;  // it was a position of the other upstream
  usual_reply_ = std::max(usual_reply_, to.small_reply);
  weigh_inflight();
  pauses_ &= kOutput;
  if (pauses_ == 0) {
    to.resume_soon(*this);
  } else {
    check_output();
  }
}

// ---- its fronts
// -----------------------------------------------------------------------------------------------------------------

void Front::hand_over(Front &to) {
  successor_ = &to;
  const auto *here = pool.protocol->component().module, *there = to.pool.protocol->component().module;
  state_moves_ = here->info == there->info;
  for (size_t i = clients_.size(); i-- > 0;) {
    if (i < clients_.size()) clients_[i]->leave();
  }
}

void Front::set_spare(Front *spare) {
  bool sends_there = reach.spare() != nullptr && reach.spare() != spare && pool.ring().diverts();
  if (reach.spare() != nullptr && reach.spare() != spare) {
    topics.leave_spare();
    close_lessees_elsewhere();
  }
  change_reach([this, spare] { reach.set_spare(spare); });
  if (sends_there) hold_clients();
}

void Front::set_targets(const Reach::Fronts &targets) {
  if (reach.has_targets(targets)) return;
  if (!reach.keeps_places(targets)) close_lessees_elsewhere();
  change_reach([this, &targets] { reach.set_targets(targets); });
  hold_clients();
}

void Front::forget_pool(const Front &gone) {
  if (!reach.uses(&gone)) return;
  if (reach.spare() == &gone) set_spare(nullptr);
  set_targets(reach.targets_without(gone));
}

// What is under way keeps the server it was sent to: should it have to be sent again, it is so in that one's pool.
template <class F>
void Front::change_reach(F change) {
  struct Sent {
    Part *part;
    uint32_t way, server;
  };
  std::vector<Sent> elsewhere;
  auto note = [this, &elsewhere](Part &part) {
    const uint32_t place = part.server;
    if (place != WEIR_NO_SERVER && !reach.is_own(place)) {
      elsewhere.push_back({&part, reach.way_of(place), reach.server_of(place)});
    }
  };
  for (const auto &client : clients_) client->each_part(note);
  for (Part *part : for_ring_) {
    if (part->request->owner == nullptr) note(*part);
  }
  change();
  for (const Sent &sent : elsewhere) sent.part->server = reach.place_in_row(sent.way, sent.server);
}

// Nothing may overtake, on another connection, what went to the pool before.
void Front::hold_clients() {
  for (size_t i = clients_.size(); i-- > 0;) clients_[i]->reach_changed();
}

// The numbers of other pools' servers will mean others. Whoever has a connection of its own there is in the middle of
// something.
void Front::close_lessees_elsewhere() {
  for (size_t i = clients_.size(); i-- > 0;) {
    if (i < clients_.size() && clients_[i]->leases_elsewhere()) clients_[i]->close();
  }
}

bool Front::move(ClientConnection &client) {
  if (successor_ == nullptr || !client.may_move(state_moves_)) return false;
  std::unique_ptr<ClientConnection> moving = take_out(client);
  client.place_ = successor_->clients_.size();
  successor_->clients_.push_back(std::move(moving));
  client.moved(*successor_, state_moves_);
  return true;
}

void Front::move_soon(ClientConnection &client) {
  if (to_move_.empty()) reactor.later([this] { move_clients(); });
  if (std::find(to_move_.begin(), to_move_.end(), &client) == to_move_.end()) to_move_.push_back(&client);
}

void Front::move_clients() {
  // A client that is closed meanwhile takes itself out of the list.
  while (!to_move_.empty()) {
    ClientConnection *client = to_move_.back();
    to_move_.pop_back();
    client->leave();
  }
}

bool Front::is_done() const {
  return clients_.empty() && upstream.idle();
}

}  // namespace weir::client
