#include "core/app/runtime.h"

#include <unistd.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string>

#include "core/app/file_limit.h"
#include "core/app/notify.h"
#include "core/app/privileges.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/text.h"

namespace weir::app {
namespace {

constexpr uint32_t kAdminMode = 0600;  // of a unix socket for commands that says nothing of its mode

// Logging from any thread wakes the control thread through this; set while a Runtime runs.
boost::asio::io_context *log_context = nullptr;

void wake_log() {
  if (log_context != nullptr) boost::asio::post(*log_context, [] { log::drain(); });
}

// What the statistics port is called in other processes.
std::string stats_key(const Options &options) {
  return "statistics:" + options.stats_address + ":" + std::to_string(options.stats_port);
}

void change_log_level(int step) {
  log::set_level(log::level() + step);
  log::line(LogLevel::emerg, "log level is " + std::to_string(log::level()));
}

}  // namespace

Runtime::Runtime(const Options &options, std::shared_ptr<Loaded> loaded, CommandLine command, Inheritance *inherited)
    : options_(options),
      loaded_(std::move(loaded)),
      inherited_(inherited),
      book_(loaded_->workers + 1),
      own_stats_(book_.page(loaded_->workers)),
      stats_names_(admin::stats_names(loaded_->settings, book_)),
      started_us_(monotonic_us()),
      drain_timer_(io_),
      resolver_(std::make_shared<net::Resolver>(io_, loaded_->settings.dns)),
      listeners_(io_, own_stats_),
      command_port_(io_,
                    {{"reload", "reads the configuration again and says what changed",
                      [this](const admin::Reply &reply) { reload(reply); }},
                     {"stats", "the statistics as JSON", [this](const admin::Reply &reply) { reply(statistics()); }},
                     {"config", "the configuration in force, without secrets",
                      [this](const admin::Reply &reply) {
                        reply(config::print(loaded_->settings, loaded_->registry.catalog()));
                      }}}),
      upgrade_(io_, std::move(command), [this](pid_t successor) { leave(successor); }) {}

Runtime::~Runtime() {
  for (auto &worker : workers_) worker->stop_now();
  for (auto &worker : workers_) worker->join();
  log::synchronous(true);
  log::on_pending(nullptr);
  log_context = nullptr;
  io_.restart();
  io_.poll();  // rings that were on their way to be dropped
}

// ---- start -----------------------------------------------------------------------------------------------

Status Runtime::start() {
  auto room = room_for_clients(loaded_->settings, loaded_->workers, raise_file_limit());
  if (!room) return room.error();
  client_room_ = *room;
  listeners_.ask_first([this] { return has_room_for_client(); });
  int stats_fd = -1;
  if (inherited_ != nullptr) {
    stats_fd = inherited_->take_socket(stats_key(options_));
    for (const HandedSocket &socket : inherited_->take_sockets()) listeners_.adopt(socket.key, socket.fd);
  }
  for (auto &pool : loaded_->pools) {
    pools_.push_back(serve(loaded_, std::move(pool), resolver_));
    if (Status listening = listen(*pools_.back()->pool); !listening) return listening;
  }
  if (Status listening = listen_for_stats(stats_fd); !listening) return listening;
  if (Status listening = listen_for_commands(); !listening) return listening;
  if (Status changed = drop_privileges(); !changed) return changed;
  std::vector<route::Pool *> pools;
  for (auto &served : pools_) pools.push_back(served->pool.get());
  look_up_names(pools, loaded_->settings.dns);
  WorkerEvents events{[this] { boost::asio::post(io_, [this] { worker_changed(); }); },
                      [this](route::Pool *pool) { boost::asio::post(io_, [=, this] { pool_left(pool); }); },
                      [this](uint32_t worker, uint32_t pool, uint32_t server) {
                        boost::asio::post(io_, [=, this] { server_tripped(worker, pool, server); });
                      },
                      [this](uint32_t pool, uint32_t server, bool good, const std::string &why) {
                        boost::asio::post(io_, [=, this] {
                          if (ServedPool *served = pool_of(pool)) served->health->probed(server, good, why);
                        });
                      },
                      [this](uint32_t worker) { boost::asio::post(io_, [=, this] { worker_finished(worker); }); }};
  for (uint32_t i = 0; i < loaded_->workers; ++i) {
    workers_.push_back(std::make_unique<Worker>(i, book_.page(i), pools, memory_share(), events));
  }
  log_context = &io_;
  log::on_pending(&wake_log);
  log::synchronous(false);
  for (auto &served : pools_) {
    served->names->start();
    served->health->show(true);
  }
  signals_ = std::make_unique<Signals>(
      io_, Signals::Handlers{[this] { stop(); }, [this] { stop_now(); }, [](int step) { change_log_level(step); },
                             [] {
                               if (!log::reopen()) {
                                 WEIR_LOG(err, "cannot open the log file again: %s; writing to the old one",
                                          std::strerror(errno));
                               }
                             },
                             [this] { reload([](const Result<std::string> &) {}); }, [this] { upgrade(); }});
  for (auto &worker : workers_) worker->start();
  ended_.assign(workers_.size(), false);
  probe_servers();
  return Done{};
}

std::shared_ptr<ServedPool> Runtime::serve(std::shared_ptr<Loaded> from, std::unique_ptr<route::Pool> pool,
                                           const std::shared_ptr<net::Resolver> &resolver) {
  pool->count_in(book_, loaded_->workers + 1);
  auto served = std::make_shared<ServedPool>();
  served->from = std::move(from);
  served->resolver = resolver;
  served->health = std::make_unique<HealthKeeper>(
      io_, *pool, [this, of = std::weak_ptr<ServedPool>(served)](std::unique_ptr<route::Ring> ring) {
        retire(std::move(ring), of.lock());
      });
  served->names = std::make_unique<NameKeeper>(io_, std::vector<route::Pool *>{pool.get()}, *resolver,
                                               [this](route::Pool &p, uint32_t server) { server_moved(p, server); });
  served->pool = std::move(pool);
  return served;
}

uint64_t Runtime::memory_share() const {
  uint64_t limit = loaded_->settings.memory_limit;
  return limit == 0 ? UINT64_MAX : limit / loaded_->workers;
}

Status Runtime::listen(route::Pool &pool) {
  const config::Address &where = pool.settings.listen;
  auto bound = listeners_.bind(where, pool.settings.backlog, pool.settings.reuseport);
  if (!bound) return Error{"pool " + pool.settings.name + ": " + bound.error().text};
  feed(pool);
  const size_t servers = pool.backends.size();
  WEIR_LOG(notice, "pool %s: listening on %s, %zu server%s", pool.settings.name.c_str(), where.text.c_str(), servers,
           servers == 1 ? "" : "s");
  return Done{};
}

void Runtime::feed(route::Pool &pool) {
  listeners_.feed(pool.settings.listen, [this, &pool](int client) { accepted(pool, client); });
}

Status Runtime::listen_for_stats(int inherited_fd) {
  auto text = [this] { return statistics(); };
  auto server = inherited_fd >= 0 ? admin::StatsServer::adopt(io_, inherited_fd, text, {})
                                  : admin::StatsServer::listen(io_, options_.stats_address, options_.stats_port, text);
  if (!server) return server.error();
  stats_server_.emplace(std::move(*server));
  return Done{};
}

std::string Runtime::statistics() const {
  return admin::stats_json(book_, stats_names_, (monotonic_us() - started_us_) / 1'000'000, wall_us() / 1'000'000,
                           [this](const std::string &pool) { return plugin_numbers(pool); });
}

// A pool that was replaced may still be counting, for clients that have not gone over.
std::vector<PluginNumbers> Runtime::plugin_numbers(const std::string &pool) const {
  auto is_it = [&pool](const auto &served) { return served->pool->settings.name == pool; };
  auto place = std::find_if(pools_.begin(), pools_.end(), is_it);
  if (place == pools_.end()) return {};
  std::vector<PluginNumbers> numbers = (*place)->pool->plugin_numbers();
  for (const auto &served : replaced_) {
    if (is_it(served)) add_numbers(numbers, served->pool->plugin_numbers());
  }
  plugin_past_.add_to(pool, numbers);
  return numbers;
}

Status Runtime::listen_for_commands() {
  std::string complaint;
  bool wanted = !options_.admin_address.empty() || !loaded_->settings.admin.text.empty();
  admin_ = wanted ? admin_address(options_, complaint) : std::nullopt;
  if (!wanted) return Done{};
  if (!admin_) return Error{complaint};
  if (listeners_.has(*admin_)) return Error{"admin: " + admin_->text + " is where a pool listens; it needs its own"};
  if (admin_->is_unix() && admin_->mode == 0) admin_->mode = kAdminMode;
  if (auto bound = listeners_.bind(*admin_, 16, false); !bound) return Error{"admin: " + bound.error().text};
  listeners_.feed(*admin_, [this](int fd) { command_port_.serve(fd); });
  WEIR_LOG(notice, "admin: listening on %s", admin_->text.c_str());
  return Done{};
}

// Before any thread is there. What this process opens or changes again later becomes the user's.
Status Runtime::drop_privileges() const {
  const config::Settings &settings = loaded_->settings;
  std::vector<std::string> files;
  for (const config::Pool &pool : settings.pools) {
    if (pool.listen.is_unix()) files.push_back(pool.listen.path);
  }
  if (admin_ && admin_->is_unix()) files.push_back(admin_->path);
  for (const std::string &file : {options_.log_file, options_.pid_file}) {
    if (!file.empty()) files.push_back(file);
  }
  return become(settings.user, settings.group, files);
}

// Beside those, the descriptors are wanted for servers: a client that reaches none is of no use.
bool Runtime::has_room_for_client() const {
  size_t clients = 0;
  for (const auto &worker : workers_) clients += worker->clients();
  return clients < client_room_;
}

// ---- while it runs ---------------------------------------------------------------------------------------

int Runtime::run() {
  io_.run();
  return 0;
}

void Runtime::accepted(route::Pool &pool, int fd) {
  if (!pool.settings.listen.is_unix()) net::set_nodelay(fd);
  net::watch_peer(fd, pool.settings);
  uint32_t most = pool.settings.client_connections;
  bool refused = most > 0 && pool.clients.load(std::memory_order_relaxed) >= most;
  if (uint32_t in_all = loaded_->settings.max_clients; in_all > 0 && !refused) {
    size_t clients = 0;
    for (const auto *all : {&pools_, &replaced_}) {
      for (const auto &any : *all) clients += any->pool->clients.load(std::memory_order_relaxed);
    }
    refused = clients >= in_all;
  }
  if (!refused) pool.clients.fetch_add(1, std::memory_order_relaxed);
  auto least = std::min_element(workers_.begin(), workers_.end(),
                                [](const auto &a, const auto &b) { return a->clients() < b->clients(); });
  (*least)->take_client(pool, fd, refused);
}

void Runtime::server_tripped(uint32_t worker, uint32_t pool, uint32_t server) {
  if (ServedPool *served = pool_of(pool)) served->health->tripped(server);
  workers_[worker]->trip_noted();
}

ServedPool *Runtime::pool_of(uint32_t id) {
  auto is_it = [id](const auto &served) { return served->pool->id == id; };
  for (auto *some : {&pools_, &replaced_}) {
    if (auto place = std::find_if(some->begin(), some->end(), is_it); place != some->end()) return place->get();
  }
  return nullptr;
}

void Runtime::server_moved(route::Pool &pool, uint32_t server) {
  for (auto &worker : workers_) worker->addresses_changed(pool, server);
}

// A worker reads a ring within one turn of its loop: once each has come to the next, nobody reads the old one, and it
// is dropped on this thread again.
void Runtime::retire(std::unique_ptr<route::Ring> ring, std::shared_ptr<ServedPool> of) {
  // Its pool's distribution drops it.
  auto drop = [this, of = std::move(of)](route::Ring *r) mutable {
    boost::asio::post(io_, [r, of = std::move(of)] { delete r; });
  };
  std::shared_ptr<route::Ring> last(ring.release(), std::move(drop));
  for (auto &worker : workers_) worker->post([last] {});
}

// ---- end -------------------------------------------------------------------------------------------------

void Runtime::upgrade() {
  if (leaving_ || stopping_) return;
  std::vector<HandedSocket> sockets = listeners_.sockets();
  sockets.push_back({stats_key(options_), stats_server_->fd()});
  upgrade_.start(sockets, loaded_->settings.upgrade_timeout_us);
}

// Another process serves who comes from now on. Those who are here stay until they leave, or for drain_timeout.
void Runtime::leave(pid_t successor) {
  leaving_ = true;
  WEIR_LOG(notice, "upgrade: process %d serves now; %s more for the clients of process %d", successor,
           format_duration_us(loaded_->settings.drain_timeout_us).c_str(), getpid());
  notify("MAINPID=" + std::to_string(successor));
  listeners_.hand_over();
  stats_server_.reset();
  for (auto &worker : workers_) worker->leave();
  drain_timer_.expires_after(std::chrono::microseconds(loaded_->settings.drain_timeout_us));
  drain_timer_.async_wait([this](boost::system::error_code error) {
    if (!error) stop();
  });
}

void Runtime::stop() {
  if (stopping_) return;
  stopping_ = true;
  upgrade_.cancel();
  WEIR_LOG(notice, "stopping: answering what is under way");
  if (!leaving_) notify("STOPPING=1");
  listeners_.close_all();
  for (auto &worker : workers_) worker->drain();
  drain_timer_.expires_after(std::chrono::microseconds(loaded_->settings.drain_timeout_us));
  drain_timer_.async_wait([this](boost::system::error_code error) {
    if (error) return;
    WEIR_LOG(warn, "some requests were still unanswered after %s",
             format_duration_us(loaded_->settings.drain_timeout_us).c_str());
    stop_now();
  });
}

void Runtime::stop_now() {
  for (auto &worker : workers_) worker->stop_now();
}

// One worker is enough to know how servers are: the first that has not ended.
void Runtime::probe_servers() {
  while (prober_ < workers_.size() && ended_[prober_]) ++prober_;
  if (prober_ < workers_.size()) workers_[prober_]->probe_servers();
}

void Runtime::worker_finished(uint32_t worker) {
  ended_[worker] = true;
  if (worker == prober_) probe_servers();
  if (++finished_ < workers_.size()) return;
  WEIR_LOG(notice, "stopped");
  drain_timer_.cancel();
  for (auto &served : pools_) served->stop();
  for (auto &served : replaced_) served->stop();
  signals_->cancel();
  stats_server_.reset();
  io_.stop();
}

}  // namespace weir::app
