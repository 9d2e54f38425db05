#include "core/app/name_keeper.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "core/base/log.h"

namespace weir::app {
namespace {

using std::chrono::microseconds;
using std::chrono::steady_clock;

std::string listed(const std::vector<net::SocketAddress> &addresses) {
  std::string list;
  for (const net::SocketAddress &address : addresses) list.append(list.empty() ? "" : ", ").append(to_text(address));
  return list.empty() ? "nowhere" : list;
}

bool is_name(const config::Address &address) {
  net::SocketAddress numeric;
  return !address.is_unix() && !net::to_socket_address(address, numeric);
}

}  // namespace

NameKeeper::NameKeeper(boost::asio::io_context &io, const std::vector<route::Pool *> &pools, net::NameSource &source,
                       Moved moved)
    : io_(io), source_(source), moved_(std::move(moved)), first_(io) {
  for (route::Pool *pool : pools) {
    for (uint32_t i = 0; i < pool->backends.size(); ++i) {
      if (is_name(pool->backends[i].config.address)) names_.emplace_back(io, *pool, i);
    }
  }
}

NameKeeper::~NameKeeper() {
  stop();
}

void NameKeeper::look_up_first(std::function<void()> known) {
  auto left = std::make_shared<size_t>(1);
  auto done = [this, left, known = std::move(known)] {
    if (--*left > 0) return;
    first_.cancel();
    known();
  };
  for (Name &name : names_) {
    if (name.backend().resolved()) continue;
    ++*left;
    look_up(name, done);
  }
  first_.expires_after(kFirstMs);
  first_.async_wait([this, left, done, self = self_](boost::system::error_code error) {
    if (error || *self == nullptr || *left == 0) return;
    for (Name &name : names_) {
      if (name.under_way) failed(name, "no answer yet");
    }
    *left = 1;
    done();
    *left = SIZE_MAX;  // those that answer later have nobody to tell
  });
  done();
}

void NameKeeper::start() {
  started_ = true;
  for (Name &name : names_) {
    name.failing = !name.backend().resolved();
    name.backend().tell_doubts_to(this);
    if (!name.under_way) wait(name);
  }
}

void NameKeeper::stop() {
  *self_ = nullptr;
  first_.cancel();
  for (Name &name : names_) {
    name.backend().tell_doubts_to(nullptr);
    name.timer.cancel();
  }
}

// ---- looking up ------------------------------------------------------------------------------------------

void NameKeeper::look_up(Name &name, std::function<void()> done) {
  name.under_way = true;
  name.doubted = false;
  name.backend().doubt_is_settled();
  name.asked = steady_clock::now();
  const config::Address &address = name.backend().config.address;
  auto found = [&name, done = std::move(done), self = self_](const std::vector<net::SocketAddress> &addresses,
                                                             const std::string &error) {
    if (*self == nullptr) return;
    name.under_way = false;
    (*self)->answered(name, addresses, error);
    if ((*self)->started_) (*self)->wait(name);
    if (done) done();
  };
  source_.resolve(address.host, address.port, std::move(found));
}

void NameKeeper::answered(Name &name, const std::vector<net::SocketAddress> &found, const std::string &error) {
  if (found.empty()) return failed(name, error.empty() ? "no address" : error);
  upstream::Backend &backend = name.backend();
  std::vector<net::SocketAddress> before = backend.addresses();
  bool moved = backend.set_addresses(found);
  if (moved && (!before.empty() || name.failing)) {
    WEIR_LOG(notice, "pool %s: server %s is at %s now, was at %s", name.pool.settings.name.c_str(),
             backend.config.name.c_str(), listed(found).c_str(), listed(before).c_str());
  } else if (name.failing) {
    WEIR_LOG(notice, "pool %s: server %s: its name is found again", name.pool.settings.name.c_str(),
             backend.config.name.c_str());
  }
  name.failing = false;
  if (moved && !before.empty()) moved_(name.pool, name.server);
}

void NameKeeper::failed(Name &name, const std::string &error) {
  if (std::exchange(name.failing, true)) return;
  const upstream::Backend &backend = name.backend();
  std::string then = backend.resolved() ? "keeping " + listed(backend.addresses()) : "trying again";
  WEIR_LOG(warn, "pool %s: server %s: %s: %s; %s", name.pool.settings.name.c_str(), backend.config.name.c_str(),
           backend.config.address.host.c_str(), error.c_str(), then.c_str());
}

// ---- when ------------------------------------------------------------------------------------------------

microseconds NameKeeper::jittered(microseconds time) {
  return time * std::uniform_int_distribution<int>(75, 125)(random_) / 100;
}

// How long until its next look-up.
microseconds NameKeeper::due_in(const Name &name) {
  microseconds interval(name.pool.settings.resolve_interval_us);
  if (name.doubted) {
    auto since = std::chrono::duration_cast<microseconds>(steady_clock::now() - name.asked);
    return std::max(microseconds(0), microseconds(kDoubtMs) - since);
  }
  if (name.backend().resolved()) return interval.count() == 0 ? microseconds::max() : jittered(interval);
  return jittered(interval.count() == 0 ? microseconds(kUnknownMs) : std::min<microseconds>(interval, kUnknownMs));
}

void NameKeeper::wait(Name &name) {
  microseconds due = due_in(name);
  if (due == microseconds::max()) return;
  name.timer.expires_after(due);
  name.timer.async_wait([this, &name, self = self_](boost::system::error_code error) {
    if (!error && *self != nullptr && !name.under_way) look_up(name);
  });
}

void NameKeeper::in_doubt(upstream::Backend &backend) {
  boost::asio::post(io_, [self = self_, &backend] {
    if (*self != nullptr) (*self)->doubted(&backend);
  });
}

void NameKeeper::doubted(const upstream::Backend *backend) {
  for (Name &name : names_) {
    if (&name.backend() != backend) continue;
    name.doubted = true;
    if (!name.under_way) wait(name);
  }
}

// ---- at start --------------------------------------------------------------------------------------------

void look_up_names(const std::vector<route::Pool *> &pools, const std::vector<std::string> &dns) {
  boost::asio::io_context io{1};
  net::Resolver resolver(io, dns);
  NameKeeper names(io, pools, resolver, [](route::Pool &, uint32_t) {});
  names.look_up_first([&io] { io.stop(); });
  io.run();
}

}  // namespace weir::app
