#include "core/app/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/app/option_table.h"
#include "core/base/stats.h"

namespace weir::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

ParsedOptions parse(std::vector<const char *> args) {
  args.insert(args.begin(), "weir");
  return parse_options(static_cast<int>(args.size()), args.data());
}

Options accepted(std::vector<const char *> args) {
  ParsedOptions parsed = parse(std::move(args));
  EXPECT_TRUE(parsed.options.has_value()) << parsed.err;
  return parsed.options.value_or(Options());
}

// The first line of the complaint, without "weir: ".
std::string complaint(std::vector<const char *> args) {
  ParsedOptions parsed = parse(std::move(args));
  EXPECT_FALSE(parsed.options.has_value());
  EXPECT_EQ(parsed.exit_code, 1);
  EXPECT_EQ(parsed.out, "");
  EXPECT_THAT(parsed.err, StartsWith("weir: "));
  EXPECT_THAT(parsed.err, HasSubstr("\nUsage: weir "));
  std::string line = parsed.err.substr(0, parsed.err.find('\n'));
  return line.substr(std::min<size_t>(6, line.size()));
}

TEST(Options, DefaultsAreTwemproxys) {
  Options o = accepted({});
  EXPECT_EQ(o.task, Task::run);
  EXPECT_FALSE(o.daemonize);
  EXPECT_EQ(o.log_level, 5);
  EXPECT_EQ(o.log_file, "");
  EXPECT_EQ(o.config_file, "conf/nutcracker.yml");
  EXPECT_EQ(o.pid_file, "");
  EXPECT_EQ(o.stats_address, "127.0.0.1");
  EXPECT_EQ(o.stats_port, 22222);
  EXPECT_EQ(o.stats_interval_ms, 30'000u);
  EXPECT_FALSE(o.pool.has_value());
}

TEST(Options, ShortFormsWorkApartAndStuckTogether) {
  Options o = accepted({"-td", "-v9", "-o", "log", "-cfile", "-s", "1", "-a", "::1", "-i5", "-p", "pid", "-m", "512"});
  EXPECT_EQ(o.task, Task::test_config);
  EXPECT_TRUE(o.daemonize);
  EXPECT_EQ(o.log_level, 9);
  EXPECT_EQ(o.log_file, "log");
  EXPECT_EQ(o.config_file, "file");
  EXPECT_EQ(o.stats_port, 1);
  EXPECT_EQ(o.stats_address, "::1");
  EXPECT_EQ(o.stats_interval_ms, 5u);
  EXPECT_EQ(o.pid_file, "pid");
}

TEST(Options, LongFormsWorkWithAndWithoutEqualSign) {
  Options o =
      accepted({"--test-conf", "--daemonize", "--verbose=9", "--output", "log", "--conf-file=file", "--stats-port",
                "65535", "--stats-addr=h", "--stats-interval", "0", "--pid-file=pid", "--mbuf-size=16777216"});
  EXPECT_EQ(o.task, Task::test_config);
  EXPECT_TRUE(o.daemonize);
  EXPECT_EQ(o.log_level, 9);
  EXPECT_EQ(o.log_file, "log");
  EXPECT_EQ(o.config_file, "file");
  EXPECT_EQ(o.stats_port, 65535);
  EXPECT_EQ(o.stats_address, "h");
  EXPECT_EQ(o.stats_interval_ms, 0u);
  EXPECT_EQ(o.pid_file, "pid");
}

TEST(Options, LongFormsMayBeShortened) {
  EXPECT_EQ(accepted({"--conf", "file"}).config_file, "file");
}

TEST(Options, TheLastOfSeveralWins) {
  EXPECT_EQ(accepted({"-s", "1", "--stats-port=2"}).stats_port, 2);
}

TEST(Options, TheLogLevelIsClamped) {
  EXPECT_EQ(accepted({"-v", "99"}).log_level, 11);
}

TEST(Options, ComplaintsAreTwemproxys) {
  EXPECT_EQ(complaint({"-v", "5x"}), "option -v requires a number");
  EXPECT_EQ(complaint({"-v", "-3"}), "option -v requires a number");
  EXPECT_EQ(complaint({"--verbose"}), "option -v requires a number");
  EXPECT_EQ(complaint({"-i", "x"}), "option -i requires a number");
  EXPECT_EQ(complaint({"-s"}), "option -s requires a number");
  EXPECT_EQ(complaint({"-s", "-1"}), "option -s requires a number");
  EXPECT_EQ(complaint({"-s", "0"}), "option -s value 0 is not a valid port");
  EXPECT_EQ(complaint({"-s", "70000"}), "option -s value 70000 is not a valid port");
  EXPECT_EQ(complaint({"-m", "x"}), "option -m requires a non-zero number");
  EXPECT_EQ(complaint({"-m", "0"}), "option -m requires a non-zero number");
  EXPECT_EQ(complaint({"-m", "511"}), "mbuf chunk size must be between 512 and 16777216 bytes");
  EXPECT_EQ(complaint({"-m", "16777217"}), "mbuf chunk size must be between 512 and 16777216 bytes");
  EXPECT_EQ(complaint({"-o"}), "option -o requires a file name");
  EXPECT_EQ(complaint({"-c"}), "option -c requires a file name");
  EXPECT_EQ(complaint({"--pid-file"}), "option -p requires a file name");
  EXPECT_EQ(complaint({"-a"}), "option -a requires a string");
  EXPECT_EQ(complaint({"--stats-addr="}), "option -a requires a string");
  EXPECT_EQ(complaint({"-q"}), "invalid option -- 'q'");
  EXPECT_EQ(complaint({"-hx"}), "invalid option -- 'x'");
  EXPECT_EQ(complaint({"-h", "-x"}), "invalid option -- 'x'");
}

TEST(Options, LongFormsThatDoNotExistAreNamed) {
  EXPECT_EQ(complaint({"--listn=3"}), "invalid option -- 'listn'; did you mean --listen?");
  EXPECT_EQ(complaint({"--qqqqq"}), "invalid option -- 'qqqqq'");
  EXPECT_EQ(complaint({"--ver=3"}), "option --ver is ambiguous: --verbose --version");
  EXPECT_EQ(complaint({"--help=3"}), "option --help takes no value");
}

TEST(Options, StrayWordsAreRefused) {
  EXPECT_EQ(complaint({"-t", "weir.yml"}),
            "'weir.yml' is not an option; all options begin with '-', and -c FILE names a configuration");
}

TEST(Options, AWordIsACommandOfSomePluginAndAllBehindItIsItsOwn) {
  Options o = accepted({"--plugin-path", "a", "-c", "f.yml", "--plugin-path=b", "lua-test", "-v", "x.lua", "--help"});
  EXPECT_EQ(o.task, Task::own_command);
  EXPECT_EQ(o.command, "lua-test");
  EXPECT_THAT(o.words, ElementsAre("-v", "x.lua", "--help"));
  EXPECT_THAT(o.plugin_paths, ElementsAre("a", "b"));
  EXPECT_EQ(o.config_file, "f.yml");
  EXPECT_EQ(accepted({"lua-test"}).task, Task::own_command);
  EXPECT_EQ(complaint({"-c", "f.yml", "reload"}), "reload must be the first word");
  EXPECT_EQ(complaint({"-v", "5", "lua-test"}),
            "'lua-test' is not an option; all options begin with '-', and -c FILE names a configuration");
  ParsedOptions help = parse({"--plugin-path", "a", "-h"});
  EXPECT_TRUE(help.lists_commands);
  EXPECT_THAT(help.plugin_paths, ElementsAre("a"));
}

TEST(Options, HelpShowsEveryOption) {
  ParsedOptions parsed = parse({"-h"});
  EXPECT_EQ(parsed.exit_code, 0);
  EXPECT_FALSE(parsed.options.has_value());
  for (const OptionRow &row : option_table()) {
    EXPECT_THAT(parsed.out, HasSubstr("--" + std::string(row.long_name)));
    EXPECT_THAT(parsed.out, HasSubstr(row.help));
  }
  for (size_t at = 0, end = 0; end != std::string::npos; at = end + 1) {
    end = parsed.out.find('\n', at);
    EXPECT_LE(std::min(end, parsed.out.size()) - at, 120u) << parsed.out.substr(at, end - at);
  }
}

TEST(Options, VersionIsOneLine) {
  ParsedOptions parsed = parse({"-V"});
  EXPECT_EQ(parsed.out, "This is weir-0.1.0\n");
  EXPECT_EQ(parsed.exit_code, 0);
}

TEST(Options, DescribeStatsKeepsTwemproxysLayout) {
  ParsedOptions parsed = parse({"--describe-stats"});
  EXPECT_EQ(parsed.exit_code, 0);
  EXPECT_THAT(parsed.out, StartsWith("This is weir-0.1.0\n\npool stats:\n"
                                     "  client_eof          \"# eof on client connections\"\n"));
  EXPECT_THAT(parsed.out, HasSubstr("\n\nserver stats:\n  server_eof          \"# eof on server connections\"\n"));
  EXPECT_THAT(parsed.out, HasSubstr("  out_queue_bytes     \"current request bytes in outgoing queue\"\n"));
}

TEST(Options, APoolCanDoWithoutAFile) {
  Options o = accepted({"--protocol", "p", "--listen", "127.0.0.1:1", "--server=a:1:1", "--server", "b:2:1 name",
                        "--hash=md5", "--distribution=modula", "--workers=3"});
  ASSERT_TRUE(o.pool.has_value());
  EXPECT_EQ(o.pool->protocol, "p");
  EXPECT_EQ(o.pool->listen, "127.0.0.1:1");
  EXPECT_THAT(o.pool->servers, ElementsAre("a:1:1", "b:2:1 name"));
  EXPECT_EQ(o.pool->hash, "md5");
  EXPECT_EQ(o.pool->distribution, "modula");
  EXPECT_EQ(o.workers, 3u);
}

TEST(Options, APoolWithoutAFileMustBeWhole) {
  EXPECT_THAT(complaint({"--listen", "a:1", "--server", "b:1:1"}), HasSubstr("needs --protocol"));
  EXPECT_THAT(complaint({"--protocol", "p", "--server", "b:1:1"}), HasSubstr("needs --listen"));
  EXPECT_THAT(complaint({"--protocol", "p", "--listen", "a:1"}), HasSubstr("needs --server"));
  EXPECT_THAT(complaint({"-c", "f", "--protocol", "p", "--listen", "a:1", "--server", "b:1:1"}),
              HasSubstr("not from both"));
}

TEST(Options, WorkersHaveBounds) {
  for (const char *bad : {"0", "1025", "-1", "x"}) {
    EXPECT_EQ(complaint({"--workers", bad}), "option --workers requires a number from 1 to 1024") << bad;
  }
}

TEST(Options, PluginTasks) {
  EXPECT_EQ(accepted({"--list-plugins"}).task, Task::list_plugins);
  EXPECT_EQ(accepted({"--print-config"}).task, Task::print_config);
  EXPECT_EQ(accepted({"--print-config-reference"}).task, Task::print_reference);
  Options o = accepted({"--plugin-info", "x.so", "--json", "--plugin-path", "a", "--plugin-path=b"});
  EXPECT_EQ(o.task, Task::plugin_info);
  EXPECT_EQ(o.plugin_file, "x.so");
  EXPECT_TRUE(o.json);
  EXPECT_THAT(o.plugin_paths, ElementsAre("a", "b"));
  EXPECT_THAT(complaint({"--json"}), HasSubstr("--list-plugins or --plugin-info"));
}

TEST(Options, WeirRouteTakesKeysAndWeirRingConfigurations) {
  Options route = accepted({"route", "-c", "file", "--pool", "alpha", "foo", "bar", "--json", "--", "--odd"});
  EXPECT_EQ(route.task, Task::route);
  EXPECT_EQ(route.query.pool, "alpha");
  EXPECT_THAT(route.query.keys, ElementsAre("foo", "bar", "--odd"));
  EXPECT_TRUE(route.json);
  Options ring = accepted({"ring", "--samples", "7", "--against", "new.yml", "--keys", "-"});
  EXPECT_EQ(ring.task, Task::ring);
  EXPECT_EQ(ring.query.samples, 7u);
  EXPECT_EQ(ring.query.against, "new.yml");
  EXPECT_EQ(ring.query.keys_file, "-");
}

TEST(Options, WhatGoesWithAnotherTaskIsRefused) {
  EXPECT_EQ(complaint({"--pool", "alpha"}), "option --pool goes with weir route or weir ring");
  EXPECT_EQ(complaint({"reload", "--samples", "7"}), "option --samples goes with weir route or weir ring");
  EXPECT_EQ(complaint({"route", "-t"}), "weir route is a task of its own; leave the other one out");
  EXPECT_EQ(complaint({"route", "--against", "new.yml"}), "option --against goes with weir ring");
  EXPECT_EQ(complaint({"ring", "--as", "get"}), "option --as goes with weir route");
  EXPECT_EQ(complaint({"ring", "--from", "::1"}), "option --from goes with weir route");
  EXPECT_EQ(complaint({"route", "key", "--keys", "-"}), "keys come with the command or with --keys, not both");
  EXPECT_EQ(complaint({"ring", "key"}),
            "'key' is not an option; all options begin with '-', and -c FILE names a configuration");
  EXPECT_EQ(complaint({"ring", "--samples", "0"}), "option --samples requires a number from 1 to 100000000");
}

}  // namespace
}  // namespace weir::app
