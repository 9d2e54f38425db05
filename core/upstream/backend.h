// One server of a pool as the whole process sees it: where it is, and how it has been doing.
// Owner: the pool. Threads: health by all workers, only on failure; addresses set by control, read per connect.
#pragma once

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <vector>

#include "core/config/settings.h"
#include "core/net/socket.h"

namespace weir::upstream {

// Failures in a row, over all workers and connections.
class Health {
 public:
  // [worker] A reply came: a load, and a store only after failures.
  void replied() {
    if (failures_.load(std::memory_order_relaxed) != 0) failures_.store(0, std::memory_order_relaxed);
  }
  // [worker] Whether a request that runs out of time now is news: what runs out during one standstill of the server,
  // however many requests, connections and workers see it, is one failure.
  bool is_new_timeout(uint64_t now_us, uint64_t timeout_us) {
    uint64_t last = last_timeout_us_.load(std::memory_order_relaxed);
    if (last != 0 && now_us < last + timeout_us) return false;
    return last_timeout_us_.compare_exchange_strong(last, now_us, std::memory_order_relaxed);
  }
  // [worker] True when this failure reached the limit.
  bool failed(uint32_t limit) {
    if (failures_.fetch_add(1, std::memory_order_relaxed) + 1 < limit) return false;
    failures_.store(0, std::memory_order_relaxed);
    return true;
  }

 private:
  std::atomic<uint32_t> failures_{0};
  std::atomic<uint64_t> last_timeout_us_{0};
};

class Backend;

// Who looks a server's name up again. Implemented by the process.
class DoubtListener {
 public:
  virtual ~DoubtListener() = default;
  virtual void in_doubt(Backend &backend) = 0;  // [any]
};

class Backend {
 public:
  explicit Backend(const config::Server &server) : config(server) {
    net::SocketAddress address;
    if (net::to_socket_address(server.address, address)) addresses_.push_back(address);
  }

  const config::Server &config;
  Health health;

  // [any] The address to try next; nothing when the name has not been resolved.
  std::optional<net::SocketAddress> address() const {
    std::lock_guard lock(mutex_);
    if (addresses_.empty()) return std::nullopt;
    return addresses_[next_ % addresses_.size()];
  }
  // [any] The address that was tried did not answer. Of several workers that found out, one moves on.
  void try_another(const net::SocketAddress &tried) {
    std::lock_guard lock(mutex_);
    if (!addresses_.empty() && net::same_address(addresses_[next_ % addresses_.size()], tried)) ++next_;
  }
  // [control] What the name stands for now. False when these are the addresses it had, in whatever order. The address
  // in use stays so if it is among them.
  bool set_addresses(std::vector<net::SocketAddress> addresses) {
    std::lock_guard lock(mutex_);
    bool same = addresses.size() == addresses_.size() &&
                std::all_of(addresses.begin(), addresses.end(), [this](const auto &a) { return holds(addresses_, a); });
    if (same) return false;
    size_t next = 0;
    if (!addresses_.empty()) {
      const net::SocketAddress &in_use = addresses_[next_ % addresses_.size()];
      while (next < addresses.size() && !net::same_address(addresses[next], in_use)) ++next;
    }
    next_ = next < addresses.size() ? next : 0;
    addresses_ = std::move(addresses);
    return true;
  }
  bool resolved() const {
    std::lock_guard lock(mutex_);
    return !addresses_.empty();
  }
  std::vector<net::SocketAddress> addresses() const {
    std::lock_guard lock(mutex_);
    return addresses_;
  }
  size_t address_count() const {
    std::lock_guard lock(mutex_);
    return addresses_.size();
  }
  // [any] Whether the name stands for this address still.
  bool is_at(const net::SocketAddress &address) const {
    std::lock_guard lock(mutex_);
    return holds(addresses_, address);
  }

  // [worker] The server may not be where its name pointed to any more: a connect failed, a connection was lost, or it
  // says that another one is the primary now. The name is looked up again soon, but at most once a second, however
  // often this is called. Servers that were given by address have nothing to look up.
  void address_in_doubt() {
    DoubtListener *listener = doubts_.load(std::memory_order_acquire);
    if (listener != nullptr && !in_doubt_.exchange(true, std::memory_order_relaxed)) listener->in_doubt(*this);
  }
  // [control] The listener outlives the workers' use of this backend.
  void tell_doubts_to(DoubtListener *listener) { doubts_.store(listener, std::memory_order_release); }
  // [control] The doubt was acted upon: the next one is news again.
  void doubt_is_settled() { in_doubt_.store(false, std::memory_order_relaxed); }

 private:
  static bool holds(const std::vector<net::SocketAddress> &all, const net::SocketAddress &one) {
    return std::any_of(all.begin(), all.end(), [&one](const auto &a) { return net::same_address(a, one); });
  }

  mutable std::mutex mutex_;  // guards addresses_ and next_; taken once a connect
  std::vector<net::SocketAddress> addresses_;
  size_t next_ = 0;
  std::atomic<DoubtListener *> doubts_{nullptr};
  std::atomic<bool> in_doubt_{false};
};

}  // namespace weir::upstream
