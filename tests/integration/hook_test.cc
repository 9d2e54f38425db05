// What the core does for filters: their configuration, their files, their statistics, their time, their commands.
#include <signal.h>

#include <filesystem>
#include <fstream>

#include "tests/integration/story.h"

namespace weir::test {
namespace {

class Hooks : public testing::Test {
 protected:
  void SetUp() override { SKIP_ON_TWEMPROXY("has no filters"); }

  PoolText pool(const std::string &lines) {
    PoolText out = redis_pool(servers_);
    return out.set("hook", lines);
  }
  std::unique_ptr<Proxy> start(const PoolText &pool) {
    return std::make_unique<Proxy>(
        std::vector<PoolText>{pool},
        Proxy::Options{.workers = 2, .more = {"--plugin-path", HOOK_DIR, "--admin", dir_.file("admin.sock")}});
  }
  void write(const std::string &name, const std::string &text) const { std::ofstream(dir_.file(name)) << text; }
  std::string reload() const {
    Stream admin = Stream::unix_socket(dir_.file("admin.sock"));
    admin.send("reload\n");
    return admin.read_until_close();
  }
  Finished check(const PoolText &pool) const {
    return run({proxy_binary(), "-t", "--plugin-path", HOOK_DIR, "-c", dir_.write("conf.yml", pool.text())});
  }

  RedisServers servers_ = redis_servers(1);
  TempDir dir_;
};

TEST_F(Hooks, AreMadeAnewWhenTheirFileChanges) {
  write("a.txt", "level\n");
  auto proxy = start(pool("[{file: " + dir_.file("a.txt") + "}, {on_error: continue}]"));
  auto shown = [&](const char *hook, const char *gauge) {
    return proxy->stats().at("alpha").at("plugins").at(hook).has(gauge);
  };
  EXPECT_TRUE(shown("hook", "level"));
  EXPECT_TRUE(shown("hook#2", "level"));
  Stream client = proxy->connect();
  EXPECT_EQ(kOk, client.ask(resp({"SET", "k", "v"})));

  EXPECT_EQ("ok\nnothing has changed\n", reload());
  write("a.txt", "height\n");
  EXPECT_EQ("ok\n1 change:\n  pool alpha: " + dir_.file("a.txt") + " has changed\n", reload());
  EXPECT_EQ("$1\r\nv\r\n", client.ask(resp({"GET", "k"})));
  EXPECT_TRUE(shown("hook", "height"));
  EXPECT_FALSE(shown("hook", "level"));

  write("a.txt", "No Name\n");
  EXPECT_THAT(reload(), testing::ContainsRegex("^error\n.*pools.alpha.hook\\[0\\]: hook: the file's first line is no"));
  EXPECT_EQ("$1\r\nv\r\n", client.ask(resp({"GET", "k"})));
}

TEST_F(Hooks, CountAndKeepTimeAndGoOnOverAReload) {
  write("a.txt", "level\n");
  auto proxy = start(pool("[{file: " + dir_.file("a.txt") + "}, {on_error: continue}]"));
  auto ticks = [](const Json &stats, const char *hook) {
    return stats.at("alpha").at("plugins").at(hook).number("ticks");
  };
  ASSERT_TRUE(proxy->stats_reach([&](const Json &stats) {
    return ticks(stats, "hook") == 2 && ticks(stats, "hook#2") == 2;  // a timer on each worker
  })) << proxy->stats_text();
  const Json first = proxy->stats().at("alpha").at("plugins").at("hook");
  EXPECT_EQ(14, first.number("level"));
  EXPECT_EQ(2, first.at("size").number("count"));
  EXPECT_EQ(1000, first.at("size").number("max"));
  Stream client = proxy->connect();
  EXPECT_EQ(kOk, client.ask(resp({"SET", "k", "v"})));

  EXPECT_EQ("ok\nnothing has changed\n", reload());
  write("a.txt", "height\n");
  EXPECT_EQ("ok\n1 change:\n  pool alpha: " + dir_.file("a.txt") + " has changed\n", reload());
  EXPECT_EQ("$1\r\nv\r\n", client.ask(resp({"GET", "k"})));
  ASSERT_TRUE(proxy->stats_reach([&](const Json &stats) { return ticks(stats, "hook") == 4; })) << proxy->stats_text();
  const Json now = proxy->stats().at("alpha").at("plugins").at("hook");
  EXPECT_EQ(14, now.number("height")) << "a gauge is that of now";
  EXPECT_EQ(4, now.at("size").number("count"));
  EXPECT_EQ(2, now.number("seen"));
  const Json tag = proxy->stats().at("alpha").at("tags").at("all");
  EXPECT_EQ(2, tag.number("requests"));
  EXPECT_EQ(2, tag.at("latency_us").number("count"));
}

TEST_F(Hooks, AreCheckedWithTheConfiguration) {
  write("refuse.txt", "refuse get\n");
  EXPECT_THAT(check(pool("{file: refuse.txt}")).err,
              testing::ContainsRegex("conf.yml:[0-9]+: pools.alpha.hook: hook: cannot bear get\n"));
  EXPECT_THAT(check(pool("{file: none.txt}")).err,
              HasSubstr("pools.alpha.hook.file: the file " + dir_.file("none.txt") + " cannot be read"));
  EXPECT_THAT(check(pool("{}")).err, HasSubstr("syntax is ok"));
}

TEST_F(Hooks, BringCommandsOfTheirOwn) {
  auto weir = [](std::vector<std::string> words) {
    words.insert(words.begin(), {proxy_binary(), "--plugin-path", HOOK_DIR});
    return run(words);
  };
  const Finished told = weir({"hook-hash", "a", "--help"});
  EXPECT_EQ((Ended{0, 0}), told.ended) << told.err;
  EXPECT_EQ(told.out, "1 commands\na 8601ec8c\n--help c8a8bf3c\n");
  EXPECT_EQ((Ended{2, 0}), weir({"hook-hash"}).ended);
  const Finished wrong = weir({"hook-hasch"});
  EXPECT_EQ((Ended{2, 0}), wrong.ended);
  EXPECT_THAT(wrong.err, HasSubstr("there is no command 'hook-hasch'; did you mean hook-hash?"));
  EXPECT_THAT(weir({"qqqqqqqqq"}).err, HasSubstr("there are reload, route, ring, "));
  EXPECT_THAT(weir({"--help"}).out, HasSubstr("  weir hook-hash KEY...           hash keys\n"));
}

}  // namespace
}  // namespace weir::test
