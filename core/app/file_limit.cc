#include "core/app/file_limit.h"

#include <sys/resource.h>

#include <algorithm>
#include <string>

#include "core/base/log.h"

namespace weir::app {
namespace {

// What the process has beside clients and servers: the log, the statistics port and who asks there, look-ups of names,
// libraries; for each worker its loop, its mailbox and its pipe; clients that are being refused.
constexpr size_t kOwn = 128;
constexpr size_t kOwnOfWorker = 8;
constexpr size_t kLeastClients = 16;  // however low the limit is
constexpr const char *kHow = "raise it (ulimit -n, LimitNOFILE= in a systemd unit)";

size_t server_connections(const config::Settings &settings, uint32_t workers) {
  size_t n = 0;
  for (const config::Pool &pool : settings.pools) n += pool.servers.size() * pool.server_connections * workers;
  return n;
}

// The most clients the configuration lets in; 0: it does not say.
size_t most_clients(const config::Settings &settings) {
  size_t n = 0;
  for (const config::Pool &pool : settings.pools) {
    if (pool.client_connections == 0) return settings.max_clients;
    n += pool.client_connections;
  }
  return settings.max_clients == 0 ? n : std::min<size_t>(n, settings.max_clients);
}

}  // namespace

uint64_t raise_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return UINT64_MAX;
  rlimit raised{limit.rlim_max, limit.rlim_max};
  if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  return limit.rlim_cur;
}

Result<size_t> room_for_clients(const config::Settings &settings, uint32_t workers, uint64_t limit) {
  size_t to_servers = server_connections(settings, workers);
  size_t others = to_servers + kOwn + kOwnOfWorker * workers + settings.pools.size();
  for (const config::Pool &pool : settings.pools) others += pool.servers.size();  // those that are probed
  size_t clients = most_clients(settings), wanted = std::max(clients, kLeastClients);
  WEIR_LOG(notice, "%u workers, up to %zu server connections, %llu file descriptors", workers, to_servers,
           static_cast<unsigned long long>(limit));
  size_t room = limit > others ? std::max<size_t>(limit - others, kLeastClients) : kLeastClients;
  if (others + wanted <= limit) return room;
  std::string need = std::to_string(wanted) + " clients, " + std::to_string(to_servers) +
                     " server connections and weir itself can need " + std::to_string(others + wanted) +
                     " file descriptors, and the limit is " + std::to_string(limit) + ": " + kHow;
  if (settings.max_clients > 0 && settings.max_clients == clients) {
    return Error{need + ", or lower max_clients"};
  }
  WEIR_LOG(warn, "%s; until then %zu clients are served and more have to wait", need.c_str(), room);
  return room;
}

}  // namespace weir::app
