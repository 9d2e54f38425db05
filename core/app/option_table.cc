#include "core/app/option_table.h"

#include <algorithm>
#include <climits>

#include "core/base/log.h"
#include "core/base/text.h"

namespace weir::app {
namespace {

constexpr uint64_t kMinChunk = 512, kMaxChunk = 16'777'216;
constexpr uint64_t kMaxWorkers = 1024;
constexpr uint64_t kMaxSamples = 100'000'000;

using Apply = std::string (*)(OptionSink &, const OptionRow &, const std::string &);

// twemproxy counts in int: what does not fit is no number to it either.
bool number(const std::string &text, uint64_t &value) {
  return parse_decimal(text, value) && value <= INT_MAX;
}

template <bool OptionSink::*kFlag>
std::string set(OptionSink &sink, const OptionRow &, const std::string &) {
  sink.*kFlag = true;
  return "";
}

template <bool Options::*kFlag>
std::string set_option(OptionSink &sink, const OptionRow &, const std::string &) {
  sink.options.*kFlag = true;
  return "";
}

template <std::string Options::*kText>
std::string text(OptionSink &sink, const OptionRow &row, const std::string &value) {
  if (value.empty()) return requires_text(row);
  sink.options.*kText = value;
  return "";
}

template <std::string InlinePool::*kText>
std::string pool_text(OptionSink &sink, const OptionRow &row, const std::string &value) {
  if (value.empty()) return requires_text(row);
  if (!sink.options.pool) sink.options.pool.emplace();
  (*sink.options.pool).*kText = value;
  return "";
}

template <Task kTask>
std::string task(OptionSink &sink, const OptionRow &, const std::string &) {
  sink.options.task = kTask;
  return "";
}

std::string config_file(OptionSink &sink, const OptionRow &row, const std::string &value) {
  sink.config_given = true;
  return text<&Options::config_file>(sink, row, value);
}

std::string plugin_info(OptionSink &sink, const OptionRow &row, const std::string &value) {
  sink.options.task = Task::plugin_info;
  return text<&Options::plugin_file>(sink, row, value);
}

std::string plugin_path(OptionSink &sink, const OptionRow &row, const std::string &value) {
  if (value.empty()) return requires_text(row);
  sink.options.plugin_paths.push_back(value);
  return "";
}

std::string server(OptionSink &sink, const OptionRow &row, const std::string &value) {
  if (value.empty()) return requires_text(row);
  if (!sink.options.pool) sink.options.pool.emplace();
  sink.options.pool->servers.push_back(value);
  return "";
}

std::string verbose(OptionSink &sink, const OptionRow &row, const std::string &value) {
  uint64_t n = 0;
  if (!number(value, n)) return requires_text(row);
  sink.options.log_level = static_cast<int>(std::min<uint64_t>(n, log::kMaxLevel));
  return "";
}

std::string stats_port(OptionSink &sink, const OptionRow &row, const std::string &value) {
  uint64_t n = 0;
  if (!number(value, n)) return requires_text(row);
  if (n == 0 || n > UINT16_MAX) return "option -s value " + value + " is not a valid port";
  sink.options.stats_port = static_cast<uint16_t>(n);
  return "";
}

std::string stats_interval(OptionSink &sink, const OptionRow &row, const std::string &value) {
  return number(value, sink.options.stats_interval_ms) ? "" : requires_text(row);
}

std::string mbuf_size(OptionSink &, const OptionRow &row, const std::string &value) {
  uint64_t n = 0;
  if (!number(value, n) || n == 0) return requires_text(row);
  return n >= kMinChunk && n <= kMaxChunk ? "" : "mbuf chunk size must be between 512 and 16777216 bytes";
}

std::string workers(OptionSink &sink, const OptionRow &row, const std::string &value) {
  uint64_t n = 0;
  if (!number(value, n) || n == 0 || n > kMaxWorkers) return requires_text(row);
  sink.options.workers = static_cast<uint32_t>(n);
  return "";
}

template <std::string KeyQuery::*kText>
std::string query_text(OptionSink &sink, const OptionRow &row, const std::string &value) {
  if (value.empty()) return requires_text(row);
  sink.options.query.*kText = value;
  sink.query_given = row.long_name;
  return "";
}

std::string samples(OptionSink &sink, const OptionRow &row, const std::string &value) {
  uint64_t n = 0;
  if (!number(value, n) || n == 0 || n > kMaxSamples) return requires_text(row);
  sink.options.query.samples = n;
  sink.query_given = row.long_name;
  return "";
}

constexpr const char *kGeneral = "General";
constexpr const char *kRunning = "Running";
constexpr const char *kStats = "Log and statistics";
constexpr const char *kInline = "A pool without a file";
constexpr const char *kPlugins = "Plugins and configuration";
constexpr const char *kKeys = "Where keys go: weir route, weir ring";

}  // namespace

const std::vector<OptionRow> &option_table() {
  static const std::vector<OptionRow> kTable = {
      {kGeneral, 'h', "help", nullptr, nullptr, "print this help and exit", set<&OptionSink::help>},
      {kGeneral, 'V', "version", nullptr, nullptr, "print the version and exit", set<&OptionSink::version>},
      {kGeneral, 't', "test-conf", nullptr, nullptr, "check the configuration, say all that is wrong with it, and exit",
       task<Task::test_config>},
      {kGeneral, 'D', "describe-stats", nullptr, nullptr, "print what each statistic means and exit",
       set<&OptionSink::describe_stats>},
      {kRunning, 'c', "conf-file", "FILE", "a file name", "the configuration (default: conf/nutcracker.yml)",
       config_file},
      {kRunning, 'd', "daemonize", nullptr, nullptr, "run in the background", set_option<&Options::daemonize>},
      {kRunning, 'p', "pid-file", "FILE", "a file name", "write the process id here (default: off)",
       text<&Options::pid_file>},
      {kRunning, 0, "workers", "N", "a number from 1 to 1024", "worker threads (default: the configuration's)",
       workers},
      {kRunning, 'm', "mbuf-size", "N", "a non-zero number",
       "accepted and checked, without effect: buffers fit themselves to the load", mbuf_size},
      {kStats, 'v', "verbose", "N", "a number", "log level, 0 to 11 (default: 5)", verbose},
      {kStats, 'o', "output", "FILE", "a file name", "write the log here (default: standard error)",
       text<&Options::log_file>},
      {kStats, 's', "stats-port", "N", "a number", "port of the statistics (default: 22222)", stats_port},
      {kStats, 'a', "stats-addr", "ADDRESS", "a string", "address of the statistics (default: 127.0.0.1)",
       text<&Options::stats_address>},
      {kStats, 'i', "stats-interval", "MSEC", "a number",
       "accepted and checked, without effect: statistics are always current", stats_interval},
      {kStats, 0, "admin", "ADDRESS", "an address",
       "listen for commands here: host:port or /path/of/socket (default: the file's admin:)",
       text<&Options::admin_address>},
      {kInline, 0, "protocol", "NAME", "a name", "protocol of the pool; --list-plugins shows the names",
       pool_text<&InlinePool::protocol>},
      {kInline, 0, "listen", "ADDRESS", "an address", "where clients connect: host:port or /path/of/socket",
       pool_text<&InlinePool::listen>},
      {kInline, 0, "server", "ADDRESS", "an address", "a server, host:port:weight [name]; once for each server",
       server},
      {kInline, 0, "hash", "NAME", "a name", "hash function (default: fnv1a_64)", pool_text<&InlinePool::hash>},
      {kInline, 0, "distribution", "NAME", "a name", "distribution (default: ketama)",
       pool_text<&InlinePool::distribution>},
      {kPlugins, 0, "plugin-path", "DIR", "a folder", "load the plugins in this folder too; may be repeated",
       plugin_path},
      {kPlugins, 0, "list-plugins", nullptr, nullptr, "list what the loaded plugins offer and exit",
       task<Task::list_plugins>},
      {kPlugins, 0, "plugin-info", "FILE", "a file name",
       "say what a plugin file holds, or why it does not load, and exit", plugin_info},
      {kPlugins, 0, "json", nullptr, nullptr, "print JSON: --list-plugins, --plugin-info, weir route and weir ring",
       set_option<&Options::json>},
      {kPlugins, 0, "print-config", nullptr, nullptr, "print the configuration with every default filled in and exit",
       task<Task::print_config>},
      {kPlugins, 0, "print-config-reference", nullptr, nullptr,
       "print the reference of all configuration keys and exit", task<Task::print_reference>},
      {kKeys, 0, "pool", "NAME", "a name", "the pool, where the configuration has several",
       query_text<&KeyQuery::pool>},
      {kKeys, 0, "keys", "FILE", "a file name", "take keys from this file, one a line; - is standard input",
       query_text<&KeyQuery::keys_file>},
      {kKeys, 0, "samples", "N", "a number from 1 to 100000000",
       "weir ring: how many keys to make up (default: 100000)", samples},
      {kKeys, 0, "against", "FILE", "a file name", "weir ring: which keys move when this configuration replaces -c's",
       query_text<&KeyQuery::against>},
      {kKeys, 0, "as", "COMMAND", "the name of a command", "weir route: by the routes for this command too",
       query_text<&KeyQuery::as>},
      {kKeys, 0, "from", "CLIENT", "an address, or unix", "weir route: by the routes for this client too",
       query_text<&KeyQuery::from>},
  };
  return kTable;
}

std::string option_name(const OptionRow &row) {
  return row.short_name != 0 ? std::string("-") + row.short_name : "--" + std::string(row.long_name);
}

std::string requires_text(const OptionRow &row) {
  return "option " + option_name(row) + " requires " + row.needs;
}

std::string usage_text() {
  return "Usage: weir [-hVtDd] [-c FILE] [-p FILE] [-v N] [-o FILE] [-s PORT] [-a ADDRESS] [OPTION...]\n"
         "       weir --protocol NAME --listen ADDRESS --server ADDRESS [--server ADDRESS...]\n"
         "       weir reload [-c FILE] [--admin ADDRESS]\n"
         "       weir route [-c FILE] [--pool NAME] [--as COMMAND] [--from CLIENT] [--json] [--keys FILE | KEY...]\n"
         "       weir ring [-c FILE] [--pool NAME] [--json] [--keys FILE | --samples N] [--against FILE]\n"
         "       weir [--plugin-path DIR] [-c FILE] COMMAND [ARGUMENT...]\n";
}

std::string help_text() {
  std::string out = usage_text();
  const char *group = nullptr;
  for (const OptionRow &row : option_table()) {
    if (row.group != group) out.append("\n").append(row.group).append(":\n");
    group = row.group;
    std::string left = row.short_name != 0 ? std::string("  -") + row.short_name + ", --" : "      --";
    left.append(row.long_name);
    if (row.value != nullptr) left.append("=").append(row.value);
    left.resize(std::max<size_t>(left.size() + 2, 34), ' ');
    out.append(left).append(row.help).append("\n");
  }
  return out +
         "\nweir reload asks the weir that runs with this configuration to read it again, and says what came of it.\n"
         "weir route says where keys go and why: those given, or of standard input. weir ring says how evenly keys "
         "are\n"
         "spread, or how many move from one configuration to another. Neither speaks to a server.\n"
         "\nSignals: TERM and INT stop after the requests under way (a second one at once), USR1 reads the\n"
         "configuration again, USR2 starts the program anew and hands over to it, HUP reopens the log, TTIN and TTOU\n"
         "raise and lower the log level.\n"
         "\nExit status: 0 when all went well; 1 when not, with the reason on standard error, and in the log; 2 for a\n"
         "command that is not there or was used wrongly. With -d it is known once the process in the background\n"
         "serves, or could not start.\n";
}

}  // namespace weir::app
