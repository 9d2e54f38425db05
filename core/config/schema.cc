#include "core/config/schema.h"

#include <weir/module.h>

#include "core/base/text.h"

namespace weir::config {
namespace {

constexpr int64_t kInt = 2'147'483'647;                     // twemproxy's numbers are of type int
constexpr int64_t kYearUs = 365LL * 24 * 3600 * 1'000'000;  // far from where sums of times overflow
constexpr int64_t kTera = 1LL << 40;
constexpr int64_t kKeepaliveUs = 32'767LL * 1'000'000;  // what the kernel takes
constexpr int64_t kUserTimeoutUs = 24LL * 3600 * 1'000'000;

constexpr bool kRequired = true, kOptional = false;
constexpr bool kBoth = true, kWeirOnly = false;

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

const Key<Pool> kPool[] = {
    {"listen",
     {Type::listen},
     nullptr,
     kRequired,
     kBoth,
     &Pool::listen,
     "Where clients connect: `host:port`, `\"[::1]:port\"`, or `/path [mode]` for a unix socket with octal permissions "
     "of at most 0777."},
    {"protocol",
     {Type::component},
     nullptr,
     kOptional,
     kWeirOnly,
     &Pool::protocol,
     "What clients and servers speak. A protocol may also be picked by a key of its own, see below.",
     WEIR_K_PROTOCOL},
    {"hash", {Type::component}, "fnv1a_64", kOptional, kBoth, &Pool::hash, "The hash function of keys.", WEIR_K_HASH},
    {"hash_tag",
     {Type::tag},
     nullptr,
     kOptional,
     kBoth,
     &Pool::hash_tag,
     "Two characters, like `\"{}\"`: only what stands between them in a key is hashed, so that related keys share a "
     "server."},
    {"distribution",
     {Type::component},
     "ketama",
     kOptional,
     kBoth,
     &Pool::distribution,
     "How hashes are spread over the servers.",
     WEIR_K_DIST},
    {"filters",
     {Type::components},
     nullptr,
     kOptional,
     kWeirOnly,
     &Pool::filters,
     "Filters that see requests, in this order; after them come those that are written as keys of their own, see "
     "below. "
     "At most 8 in all.",
     WEIR_K_FILTER},
    {"routes",
     {Type::routes},
     nullptr,
     kOptional,
     kWeirOnly,
     &Pool::routes,
     "Which requests go to other pools, see below. They are looked at before filters."},
    {"servers", {Type::servers}, nullptr, kRequired, kBoth, &Pool::servers, "The servers, see below."},
    {"timeout",
     {Type::duration, 0, kYearUs},
     "0",
     kOptional,
     kBoth,
     &Pool::timeout_us,
     "How long a request may wait for its answer, from its arrival until its reply is there; 0 = for ever. A request "
     "that "
     "is late fails alone: its client gets an error, the connection to the server stays. A connection on which nothing "
     "at all comes for four such times (and a second) is closed."},
    {"connect_timeout",
     {Type::duration, 0, kYearUs},
     "5s",
     kOptional,
     kWeirOnly,
     &Pool::connect_timeout_us,
     "How long a connection to a server may take to come up, with what the protocol says first (AUTH, SELECT); also "
     "without a `timeout`; 0 = for ever. Requests that wait for it keep their own `timeout`."},
    {"reconnect_delay",
     {Type::duration, 0, kYearUs},
     "500ms",
     kOptional,
     kWeirOnly,
     &Pool::reconnect_delay_us,
     "What a connection waits at most from one failed try to reach a server to the next: 10 ms after the first, then "
     "twice as long after each, shortened by up to half at random. Requests that come meanwhile get the last try's "
     "error at once. 0 = each request tries anew. Not with `on_failure` or "
     "`auto_eject_hosts`: there each request tries until the server is down."},
    {"retry",
     {Type::choice, 0, 0, "none|unsent|reads"},
     "unsent",
     kOptional,
     kWeirOnly,
     &Pool::retry,
     "What is sent again, on a new connection, when one to a server is lost: `none`, nothing; `unsent`, requests of "
     "which not a byte had left; `reads`, also those that the protocol knows to change nothing, once, within their "
     "`timeout`; weir keeps a copy of these until they are answered."},
    {"backlog",
     {Type::integer, 0, kInt},
     "512",
     kOptional,
     kBoth,
     &Pool::backlog,
     "How many connections the system holds until they are accepted."},
    {"client_connections",
     {Type::integer, 0, kInt},
     "0",
     kOptional,
     kBoth,
     &Pool::client_connections,
     "How many clients may be connected; 0 = as many as there are file descriptors."},
    {"idle_timeout",
     {Type::duration, 0, kYearUs},
     "0",
     kOptional,
     kWeirOnly,
     &Pool::idle_timeout_us,
     "How long a client may neither send nor take anything, with no request under way, before it is closed; looked at "
     "once a second; 0 = for ever."},
    {"client_inflight",
     {Type::integer, 1, kInt},
     "65536",
     kOptional,
     kWeirOnly,
     &Pool::client_inflight,
     "How many requests of one client may wait for an answer before it is read no further."},
    {"client_output_limit",
     {Type::size, 1024, kTera},
     "64m",
     kOptional,
     kWeirOnly,
     &Pool::client_output_limit,
     "How much may be held for one client that does not read its replies."},
    {"client_stall_timeout",
     {Type::duration, 0, kYearUs},
     "30s",
     kOptional,
     kWeirOnly,
     &Pool::client_stall_timeout_us,
     "How long a client at its output limit may read nothing before it is closed; 0 = for ever."},
    {"request_limit",
     {Type::size, 1024, kTera},
     "512m",
     kOptional,
     kWeirOnly,
     &Pool::request_limit,
     "The largest request."},
    {"max_keys",
     {Type::integer, 1, kInt},
     "1048576",
     kOptional,
     kWeirOnly,
     &Pool::max_keys,
     "How many keys one request may have."},
    {"resolve_interval",
     {Type::duration, 0, kYearUs},
     "30s",
     kOptional,
     kWeirOnly,
     &Pool::resolve_interval_us,
     "How often the names of servers are looked up again; 0 = only when a connection failed or was lost."},
    {"server_connections",
     {Type::integer, 1, kInt},
     "1",
     kOptional,
     kBoth,
     &Pool::server_connections,
     "How many connections each worker opens to each server."},
    {"server_queue_limit",
     {Type::size, 1024, kTera},
     "64m",
     kOptional,
     kWeirOnly,
     &Pool::server_queue_limit,
     "How much may wait to be sent on one server connection."},
    {"server_inflight",
     {Type::integer, 1, kInt},
     "262144",
     kOptional,
     kWeirOnly,
     &Pool::server_inflight,
     "How many requests one server connection may have that are not answered before clients that ask for more are read "
     "no further."},
    {"max_profiles",
     {Type::integer, 1, kInt},
     "64",
     kOptional,
     kWeirOnly,
     &Pool::max_profiles,
     "How many kinds of server connections a worker keeps beside the plain ones: for databases that clients select, "
     "versions and dialects of the protocol."},
    {"lease_limit",
     {Type::integer, 1, kInt},
     "1000",
     kOptional,
     kWeirOnly,
     &Pool::lease_limit,
     "How many connections to one server a worker gives to clients of their own: for transactions, subscriptions and "
     "commands that block."},
    {"auto_eject_hosts",
     {Type::boolean},
     "false",
     kOptional,
     kBoth,
     &Pool::auto_eject_hosts,
     "Whether a server that fails `server_failure_limit` times in a row is left out for `server_retry_timeout`."},
    {"server_retry_timeout",
     {Type::duration, 0, kYearUs},
     "30s",
     kOptional,
     kBoth,
     &Pool::server_retry_timeout_us,
     "How long a server stays left out."},
    {"server_failure_limit",
     {Type::integer, 0, kInt},
     "2",
     kOptional,
     kBoth,
     &Pool::server_failure_limit,
     "How many failures in a row it takes."},
    {"on_failure",
     {Type::choice, 0, 0, "rehash|fail_fast|failover"},
     nullptr,
     kOptional,
     kWeirOnly,
     &Pool::on_failure,
     "What becomes of the keys of a server that is down, for having failed `server_failure_limit` times in a row or by "
     "its probes: `rehash` spreads them over the others, `fail_fast` answers with an error at once, `failover` sends "
     "them to `failover_pool`. Not set: `rehash` with `auto_eject_hosts: true`, else each request tries the server."},
    {"failover_pool",
     {Type::text},
     nullptr,
     kOptional,
     kWeirOnly,
     &Pool::failover_pool,
     "The pool that gets the keys of servers that are down, with `on_failure: failover`. It has the same protocol."},
    {"health_check",
     {Type::section},
     nullptr,
     kOptional,
     kWeirOnly,
     &Pool::health_check,
     "How servers are probed, see below. Not set: they are not."},
    {"slow_start",
     {Type::duration, 0, kYearUs},
     "0",
     kOptional,
     kWeirOnly,
     &Pool::slow_start_us,
     "How long a server that came back takes to get all its keys again, with `on_failure: rehash` or `failover`; 0 = "
     "it gets them at once."},
    {"preconnect",
     {Type::boolean},
     "false",
     kOptional,
     kBoth,
     &Pool::preconnect,
     "Whether servers are connected to at start instead of on first use."},
    {"tcpkeepalive",
     {Type::boolean},
     "false",
     kOptional,
     kBoth,
     &Pool::tcpkeepalive,
     "Whether the system probes idle connections, of clients and to servers, and ends those whose peer has vanished."},
    {"tcpkeepalive_idle",
     {Type::duration, 0, kKeepaliveUs},
     "0",
     kOptional,
     kWeirOnly,
     &Pool::tcpkeepalive_idle_us,
     "How long a connection is idle before it is probed, in whole seconds; 0 = as the system has it (often two "
     "hours)."},
    {"tcpkeepalive_interval",
     {Type::duration, 0, kKeepaliveUs},
     "0",
     kOptional,
     kWeirOnly,
     &Pool::tcpkeepalive_interval_us,
     "How long after a probe the next one follows, in whole seconds; 0 = as the system has it."},
    {"tcpkeepalive_count",
     {Type::integer, 0, 127},
     "0",
     kOptional,
     kWeirOnly,
     &Pool::tcpkeepalive_count,
     "How many probes may go unanswered; 0 = as the system has it."},
    {"tcp_user_timeout",
     {Type::duration, 0, kUserTimeoutUs},
     "0",
     kOptional,
     kWeirOnly,
     &Pool::tcp_user_timeout_us,
     "How long what was sent to a client or a server may go without an acknowledgement of its system before the "
     "connection is broken; 0 = as the system has it (a quarter of an hour and more)."},
    {"reuseport",
     {Type::boolean},
     "false",
     kOptional,
     kBoth,
     &Pool::reuseport,
     "Whether other programs may listen on the same port (SO_REUSEPORT)."},
};

const Key<FilterUse> kFilter[] = {
    {"on_error",
     {Type::choice, 0, 0, "reject|continue"},
     "reject",
     kOptional,
     kWeirOnly,
     &FilterUse::on_error,
     "What becomes of a request on which the filter fails: `reject` answers it with an error, `continue` lets it go on "
     "as "
     "if the filter had not been asked. Either is counted."},
};

const Key<HealthCheck> kHealthCheck[] = {
    {"interval",
     {Type::duration, 10'000, kYearUs},
     "2s",
     kOptional,
     kWeirOnly,
     &HealthCheck::interval_us,
     "From one probe of a server to the next, up to a tenth more or less."},
    {"timeout",
     {Type::duration, 1'000, kYearUs},
     "1s",
     kOptional,
     kWeirOnly,
     &HealthCheck::timeout_us,
     "How long a probe may take, with the connection it may have to open."},
    {"rise",
     {Type::integer, 1, kInt},
     "2",
     kOptional,
     kWeirOnly,
     &HealthCheck::rise,
     "How many good probes in a row bring a server back."},
    {"fall",
     {Type::integer, 1, kInt},
     "3",
     kOptional,
     kWeirOnly,
     &HealthCheck::fall,
     "How many bad ones in a row take it down."},
};

const Key<Route> kRoute[] = {
    {"commands",
     {Type::texts},
     nullptr,
     kOptional,
     kWeirOnly,
     &Route::commands,
     "`read`, `write`, `admin`, `multikey`, `all`, or names of the protocol's commands. Not set: all."},
    {"prefix",
     {Type::texts},
     nullptr,
     kOptional,
     kWeirOnly,
     &Route::prefix,
     "What the key begins with. Of several entries that fit, the one with the longest prefix is taken, and of those "
     "the "
     "first. Requests without a key fit none."},
    {"client",
     {Type::texts},
     nullptr,
     kOptional,
     kWeirOnly,
     &Route::client,
     "Where the client comes from: networks like `10.0.0.0/8` or `\"fd00::/8\"`, addresses, or `unix` for unix "
     "sockets. "
     "Not set: anywhere."},
    {"pool",
     {Type::text},
     nullptr,
     kOptional,
     kWeirOnly,
     &Route::pool,
     "The pool that takes such requests; it has the same protocol, and its own `routes` are not looked at. `self`: "
     "they "
     "stay. May only be left out beside `mirror`."},
    {"mirror",
     {Type::text},
     nullptr,
     kOptional,
     kWeirOnly,
     &Route::mirror,
     "A pool that gets a copy. Its replies are thrown away, and a copy that would have to wait is dropped."},
};

std::string bounds_text(const Rule &rule, std::string (*format)(uint64_t)) {
  if (rule.min == 0 && rule.max == 0) return "";
  return " from " + format(static_cast<uint64_t>(rule.min)) + " to " + format(static_cast<uint64_t>(rule.max));
}

std::string number_text(const Rule &rule) {
  if (rule.min == 0 && rule.max == 0) return "a number (digits only)";
  return "a number from " + std::to_string(rule.min) + " to " + std::to_string(rule.max);
}

}  // namespace

std::span<const Key<Settings>> top_keys() {
  return kTop;
}
std::span<const Key<Plugins>> plugin_keys() {
  return kPlugins;
}
std::span<const Key<Pool>> pool_keys() {
  return kPool;
}
std::span<const Key<Route>> route_keys() {
  return kRoute;
}
std::span<const Key<HealthCheck>> health_check_keys() {
  return kHealthCheck;
}
std::span<const Key<FilterUse>> filter_keys() {
  return kFilter;
}

Rule rule_of(const weir_schema_key &key) {
  Rule rule;
  switch (key.type) {
    case WEIR_T_BOOL:
      rule.type = Type::boolean;
      break;
    case WEIR_T_INT:
      rule.type = Type::integer;
      break;
    case WEIR_T_STR:
      rule.type = Type::text;
      break;
    case WEIR_T_ENUM:
      rule.type = Type::choice;
      break;
    case WEIR_T_DURATION:
      rule.type = Type::duration;
      break;
    case WEIR_T_SIZE:
      rule.type = Type::size;
      break;
    case WEIR_T_LIST:
      rule.type = Type::list;
      break;
    case WEIR_T_FILE:
      rule.type = Type::file;
      break;
    default:
      rule.type = Type::any;
      break;
  }
  if (key.type == WEIR_T_INT) {
    rule.min = key.min;
    rule.max = key.max;
  }
  if (key.choices != nullptr) rule.choices = key.choices;
  rule.secret = (key.flags & WEIR_KEY_SECRET) != 0;
  return rule;
}

std::string_view kind_name(uint32_t kind) {
  switch (kind) {
    case WEIR_K_PROTOCOL:
      return "protocol";
    case WEIR_K_HASH:
      return "hash";
    case WEIR_K_DIST:
      return "distribution";
    case WEIR_K_FILTER:
      return "filter";
    default:
      return "component";
  }
}

std::vector<std::string_view> split_choices(std::string_view choices) {
  std::vector<std::string_view> words;
  while (!choices.empty()) {
    size_t bar = choices.find('|');
    words.push_back(choices.substr(0, bar));
    if (bar == std::string_view::npos) break;
    choices.remove_prefix(bar + 1);
  }
  return words;
}

std::string expected_text(const Rule &rule) {
  switch (rule.type) {
    case Type::boolean:
      return "true or false";
    case Type::integer:
      return number_text(rule);
    case Type::text:
      return rule.secret ? "text, {file: PATH} or {env: NAME}" : "text";
    case Type::choice:
      return "one of " + join(split_choices(rule.choices));
    case Type::duration:
      if (rule.max == kYearUs) return "a duration of at most a year like 250ms, 2s or 400 (milliseconds)";
      return "a duration like 250ms, 2s or 400 (milliseconds)" + bounds_text(rule, format_duration_us);
    case Type::size:
      return "a size like 512k, 64m or 1g" + bounds_text(rule, format_size);
    case Type::list:
      return "a list of texts";
    case Type::memory:
      return "a size like 2g from 1m up, or a share of the machine's memory from 1% to 100%";
    case Type::tag:
      return "exactly two characters, like \"{}\"";
    case Type::listen:
      return "\"host:port\" or \"/path [mode]\"";
    case Type::servers:
      return "a list of \"host:port:weight [name]\" or \"/path:weight [name]\"";
    case Type::component:
      return "a name, or a map like {use: name, key: value}";
    case Type::components:
      return "a list of names, or of maps like {use: name, key: value}";
    case Type::section:
      return "a map of keys";
    case Type::routes:
      return "a list of maps like {commands: read, pool: name}";
    case Type::texts:
      return "a text or a list of texts";
    case Type::file:
      return "the path of a file";
    case Type::any:
      break;
  }
  return "a value";
}

std::string type_text(const Rule &rule) {
  switch (rule.type) {
    case Type::boolean:
      return "`true` or `false`";
    case Type::integer:
      if (rule.min == 0 && rule.max == 0) return "number";
      if (rule.max >= kInt) return "number, at least " + std::to_string(rule.min);
      return "number, " + std::to_string(rule.min) + " to " + std::to_string(rule.max);
    case Type::text:
      return "text";
    case Type::choice:
      return "one of `" + join(split_choices(rule.choices), "`, `") + "`";
    case Type::duration:
      return "duration";
    case Type::size:
      return "size";
    case Type::list:
      return "list of texts";
    case Type::memory:
      return "size or share";
    case Type::tag:
      return "two characters";
    case Type::listen:
      return "address";
    case Type::servers:
      return "list of servers";
    case Type::component:
      return "component";
    case Type::components:
      return "list of components";
    case Type::section:
      return "map";
    case Type::routes:
      return "list of maps";
    case Type::texts:
      return "text or list of texts";
    case Type::file:
      return "file";
    case Type::any:
      break;
  }
  return "any";
}

}  // namespace weir::config
