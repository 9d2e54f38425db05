// The keys of the whole process.
#include "core/config/schema.h"
#include "core/config/schema_bounds.h"

namespace weir::config {
namespace {

const Key<Settings> kTop[] = {
    {"pools", {Type::section}, nullptr, kRequired, kWeirOnly, {}, "The pools, each under its name."},
    {"plugins", {Type::section}, nullptr, kOptional, kWeirOnly, {}, "Which plugins to load, see below."},
    {"workers",
     {Type::integer, 1, 1024},
     nullptr,
     kOptional,
     kWeirOnly,
     &Settings::workers,
     "How many threads serve clients. Not set: chosen by the number of cores."},
    {"admin",
     {Type::listen},
     nullptr,
     kOptional,
     kWeirOnly,
     &Settings::admin,
     "Where to listen for commands like `reload`, written as `listen` is. Who reaches it may give them: prefer a unix "
     "socket with a mode, or a loopback address."},
    {"memory_limit",
     {Type::memory, 1 << 20, 1LL << 50},
     "75%",
     kOptional,
     kWeirOnly,
     &Settings::memory_limit,
     "What all requests and replies under way may hold together; a client that would go beyond it gets an error."},
    {"max_clients",
     {Type::integer, 0, kInt},
     "0",
     kOptional,
     kWeirOnly,
     &Settings::max_clients,
     "How many clients all pools may have together; 0 = as many as there are file descriptors. weir does not start "
     "when the limit of file descriptors is too low for it."},
    {"drain_timeout",
     {Type::duration, 0, kYearUs},
     "10s",
     kOptional,
     kWeirOnly,
     &Settings::drain_timeout_us,
     "How long an end may take: what is then still unanswered is given up. After an upgrade, how long the process "
     "before "
     "serves the clients it has, before it ends in the same way."},
    {"upgrade_timeout",
     {Type::duration, 1'000, kYearUs},
     "60s",
     kOptional,
     kWeirOnly,
     &Settings::upgrade_timeout_us,
     "How long a new process may take to be ready to take over (SIGUSR2); then it is ended."},
    {"dns",
     {Type::list},
     nullptr,
     kOptional,
     kWeirOnly,
     &Settings::dns,
     "The DNS servers that are asked for the names of servers: `10.0.0.2`, `10.0.0.2:5353`, `\"[::1]:5353\"`. Not set: "
     "those of `/etc/resolv.conf`."},
    {"user",
     {Type::text},
     nullptr,
     kOptional,
     kWeirOnly,
     &Settings::user,
     "Who the process becomes, by name or number, once its addresses are bound. Needs root at start. Not set: it stays "
     "who it is."},
    {"group",
     {Type::text},
     nullptr,
     kOptional,
     kWeirOnly,
     &Settings::group,
     "Its group then. Not set: that of the user."},
};

const Key<Plugins> kPlugins[] = {
    {"path",
     {Type::list},
     nullptr,
     kOptional,
     kWeirOnly,
     &Plugins::folders,
     "Folders whose plugins are all loaded, searched in this order, before the folder beside the program."},
    {"files",
     {Type::list},
     nullptr,
     kOptional,
     kWeirOnly,
     &Plugins::files,
     "Plugin files loaded besides what the folders hold."},
};

}  // namespace

std::span<const Key<Settings>> top_keys() {
  return kTop;
}

std::span<const Key<Plugins>> plugin_keys() {
  return kPlugins;
}

}  // namespace weir::config
