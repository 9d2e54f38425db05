#include "core/client/front.h"

#include <algorithm>

#include "core/client/client_connection.h"

namespace weir::client {
namespace {

// b is as long as a.
std::vector<uint8_t> either(std::vector<uint8_t> a, const uint8_t *b) {
  for (uint8_t &one : a) one |= *b++;
  return a;
}

}  // namespace

Front::Front(net::Reactor &r, route::Pool &p, upstream::EjectionListener &ejections)
    : reactor(r),
      pool(p),
      settings(p.settings),
      protocol(p.protocol->protocol()),
      cells(*p.counters[r.worker_id].pool),
      arrays(RequestArrays::of_this_thread()),
      protocol_worker(p.protocol->worker_init(r.worker_id)),
      dist_worker(p.dist->worker_init(r.worker_id)),
      upstream(
          {r, p.settings, p.id, *p.protocol, protocol_worker, p.backends, p.counters[r.worker_id].servers, ejections}),
      router(p, r.worker_id, r.arena.abi(), dist_worker),
      reach(*this),
      slices(r),
      topics(*this),
      filters(*this),
      apart(either(p.filters.requests, p.routes.concerned())),
      hooked(p.filters.requests.data()),
      routed(p.routes.concerned()),
      output_pause(p.settings.client_output_limit / 4),
      keeps_reads(p.settings.resends() == config::Retry::reads),
      small_reply(p.settings.client_output_limit / 2 / std::max<uint64_t>(p.settings.client_inflight, 1)) {}

Front::~Front() {
  for (Request *request : held_) reactor.requests.release(request);
  for (Part *part : for_ring_) reactor.requests.release(*part);
  pool.protocol->worker_fini(protocol_worker);
  pool.dist->worker_fini(dist_worker);
}

void Front::accept(int fd, bool refused) {
  auto client = std::make_unique<ClientConnection>(*this, next_lane_++);
  ClientConnection &connection = *client;
  connection.place_ = clients_.size();
  clients_.push_back(std::move(client));
  connection.start(fd, refused);
}

void Front::forget(ClientConnection &client) {
  reactor.bury(take_out(client));
}

std::unique_ptr<ClientConnection> Front::take_out(ClientConnection &client) {
  size_t place = client.place_;
  std::unique_ptr<ClientConnection> out = std::move(clients_[place]);
  if (place + 1 < clients_.size()) {
    clients_[place] = std::move(clients_.back());
    clients_[place]->place_ = place;
  }
  clients_.pop_back();
  slices.remove(client);
  std::erase(to_resume_, &client);
  std::erase(to_move_, &client);
  std::erase_if(waiters_, [&client](const Waiter &w) { return w.client == &client; });
  return out;
}

void Front::drain() {
  for (size_t i = clients_.size(); i-- > 0;) {
    if (i < clients_.size()) clients_[i]->drain();
  }
}

void Front::close_all() {
  while (!clients_.empty()) clients_.back()->close();
}

// ---- waiting
// ---------------------------------------------------------------------------------------------------------

void Front::resume_soon(ClientConnection &client) {
  if (to_resume_.empty()) reactor.later([this] { resume_clients(); });
  if (std::find(to_resume_.begin(), to_resume_.end(), &client) == to_resume_.end()) to_resume_.push_back(&client);
}

void Front::resume_clients() {
  // A client that is closed meanwhile takes itself out of the list.
  for (size_t n = to_resume_.size(); n > 0 && !to_resume_.empty(); --n) {
    ClientConnection *client = to_resume_.front();
    to_resume_.erase(to_resume_.begin());
    client->go_on();
  }
  if (!to_resume_.empty()) reactor.later([this] { resume_clients(); });
}

void Front::wait_for_room(ClientConnection &client, upstream::ServerConnection &connection) {
  waiters_.push_back({&client, &connection});
}

void Front::forget_waiter(upstream::ServerConnection &connection) {
  for (size_t i = waiters_.size(); i-- > 0;) {
    if (waiters_[i].connection != &connection) continue;
    ClientConnection *client = waiters_[i].client;
    waiters_.erase(waiters_.begin() + static_cast<ptrdiff_t>(i));
    client->unpause(ClientConnection::kServerQueue);
  }
}

void Front::wake_waiters() {
  topics.check_time(reactor.now_us);
  if (waiters_.empty()) return;
  std::vector<ClientConnection *> awake;
  std::erase_if(waiters_, [&awake](const Waiter &w) {
    if (w.connection->is_crowded()) return false;
    awake.push_back(w.client);
    return true;
  });
  for (ClientConnection *client : awake) client->unpause(ClientConnection::kServerQueue);
}

void Front::hold_back(Request &request) {
  if (request.held_back++ > 0) return;
  ++request.holders;
  held_.push_back(&request);
}

void Front::release_held() {
  topics.ring_changed();
  // What they listen to may be said elsewhere now; they come again and ask.
  for (size_t i = clients_.size(); i-- > 0;) {
    if (i < clients_.size()) clients_[i]->ring_changed_under_leases();
  }
  std::vector<Part *> parts;
  parts.swap(for_ring_);
  for (Part *part : parts) {
    RequestOwner *owner = part->request->owner;
    owner != nullptr ? owner->ring_changed(*part) : reactor.requests.release(*part);
  }
  std::vector<Request *> held;
  held.swap(held_);
  for (Request *request : held) {
    request->held_back = 0;
    if (request->owner != nullptr) request->owner->released(*request);
    reactor.requests.release(request);
  }
}

// From the last to the first: the client that takes the place of one that is closed has been looked at. One that moves
// between two calls may be missed, until the next round.
bool Front::check_time(uint64_t now_us, bool new_round) {
  if (to_check_ == 0 && new_round) to_check_ = clients_.size();
  for (size_t n = kChecksAtOnce; n > 0 && to_check_ > 0; --n) {
    --to_check_;
    if (to_check_ < clients_.size()) clients_[to_check_]->check_time(now_us);
  }
  if (to_check_ > 0) return true;
  if (successor_ == nullptr) return false;
  for (size_t i = clients_.size(); i-- > 0;) {
    if (i < clients_.size()) move(*clients_[i]);
  }
  return false;
}

}  // namespace weir::client
