// What weir route and weir ring say is what a weir does, and slots are those of a cluster.
#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <sstream>

#include "tests/integration/story.h"

namespace weir::test {
namespace {

std::vector<std::string> lines_of(const std::string &text) {
  std::vector<std::string> lines;
  std::istringstream from(text);
  for (std::string line; std::getline(from, line);) lines.push_back(line);
  return lines;
}

// The objects of a JSON list that stand on lines of their own.
std::vector<std::string> objects_of(const std::string &text) {
  std::vector<std::string> objects;
  for (std::string line : lines_of(text)) {
    if (line.empty() || line.front() != '{' || line.find('}') == std::string::npos) continue;
    if (line.back() == ',') line.pop_back();
    objects.push_back(line);
  }
  return objects;
}

// A key as weir route --json tells of it.
struct Place {
  std::string key, how;
  size_t index = 0;
};

std::vector<Place> places_of(const std::string &text) {
  std::vector<Place> places;
  for (const std::string &object : objects_of(text)) {
    const Json told = Json::parse(object);
    places.push_back({told.at("key").text, told.at("how").text, static_cast<size_t>(told.number("index"))});
  }
  return places;
}

std::vector<std::string> numbered_keys(size_t n) {
  std::vector<std::string> keys;
  for (size_t i = 0; i < n; ++i) keys.push_back((i % 4 == 0 ? "{t" : "user:{") + std::to_string(i * i) + "}:" + "k");
  return keys;
}

std::string file_of(const std::vector<std::string> &keys) {
  std::string text;
  for (const std::string &key : keys) text += key + "\n";
  return text;
}

class EachMenu : public testing::TestWithParam<std::pair<const char *, const char *>> {};

TEST_P(EachMenu, KeysAreWhereWeirRouteSaysTheyAre) {
  SKIP_ON_TWEMPROXY("has neither these distributions nor weir route");
  static RedisServers servers = redis_servers(3);
  for (const auto &server : servers) server->call({"FLUSHALL"});
  PoolText pool;
  pool.redis().set("hash", GetParam().first).set("distribution", GetParam().second).set("hash_tag", "\"{}\"");
  pool.servers(servers);
  const std::vector<std::string> keys = numbered_keys(150);
  Proxy proxy(pool);
  Stream client = proxy.connect();
  for (const std::string &key : keys) ASSERT_EQ(kOk, client.ask(resp({"SET", key, "v"})));

  TempDir dir;
  const Finished told =
      run({proxy_binary(), "route", "-c", proxy.config_file(), "--json", "--keys", dir.write("keys", file_of(keys))});
  ASSERT_EQ((Ended{0, 0}), told.ended) << told.err;
  const std::vector<Place> places = places_of(told.out);
  ASSERT_EQ(keys.size(), places.size());
  std::set<size_t> used;
  for (size_t i = 0; i < keys.size(); ++i) {
    EXPECT_EQ(keys[i], places[i].key);
    EXPECT_EQ(integer(1), servers.at(places[i].index)->call({"EXISTS", keys[i]})) << keys[i];
    used.insert(places[i].index);
  }
  EXPECT_EQ(3u, used.size());
}

INSTANTIATE_TEST_SUITE_P(All, EachMenu,
                         testing::Values(std::pair{"xxh64", "ketama"}, std::pair{"fnv1a_64", "jump"},
                                         std::pair{"xxh64", "rendezvous"}, std::pair{"murmur3", "maglev"},
                                         std::pair{"murmur3_32", "modula"}, std::pair{"crc16", "slots"}),
                         [](const auto &p) { return std::string(p.param.first) + "_" + p.param.second; });

TEST(WeirRoute, FollowsTheRoutesOfThePool) {
  SKIP_ON_TWEMPROXY("has no routes and no weir route");
  RedisServers own = redis_servers(2), users = redis_servers(3), local = redis_servers(1);
  auto pool_of = [](const RedisServers &servers, const std::string &name) {
    return PoolText(name).redis().servers(servers);
  };
  const PoolText alpha = pool_of(own, "alpha")
                             .set("routes",
                                  "[{prefix: \"user:\", pool: users}, {prefix: \"user:7\", pool: self}, "
                                  "{commands: write, prefix: \"w:\", pool: users}, "
                                  "{client: 127.0.0.0/8, prefix: \"here:\", pool: local}]");
  Proxy proxy({alpha, pool_of(users, "users").set("distribution", "maglev"), pool_of(local, "local")}, {.workers = 1});
  Stream client = proxy.connect();
  std::vector<std::string> keys;
  for (int i = 0; i < 40; ++i) {
    for (const char *prefix : {"user:", "order:", "w:", "here:"}) keys.push_back(prefix + std::to_string(i));
  }
  for (const std::string &key : keys) ASSERT_EQ(kOk, client.ask(resp({"SET", key, "v"})));

  TempDir dir;
  std::vector<std::string> words = {proxy_binary(),
                                    "route",
                                    "-c",
                                    proxy.config_file(),
                                    "--pool",
                                    "alpha",
                                    "--json",
                                    "--keys",
                                    dir.write("keys", file_of(keys))};
  const Finished any = run(words);
  words.insert(words.end(), {"--as", "SET", "--from", "127.0.0.1"});
  const Finished told = run(words);
  ASSERT_EQ((Ended{0, 0}), told.ended) << told.err;
  const std::vector<std::string> places = objects_of(told.out);
  ASSERT_EQ(keys.size(), places.size());
  std::map<std::string, RedisServers *> pools = {{"alpha", &own}, {"users", &users}, {"local", &local}};
  std::map<std::string, int> used;
  for (size_t i = 0; i < keys.size(); ++i) {
    const Json place = Json::parse(places[i]);
    const std::string pool = place.at("pool").text;
    ++used[pool];
    RedisServers &there = *pools.at(pool);
    EXPECT_EQ(integer(1), there.at(static_cast<size_t>(place.number("index")))->call({"EXISTS", keys[i]})) << keys[i];
  }
  EXPECT_EQ((std::map<std::string, int>{{"alpha", 41}, {"users", 79}, {"local", 40}}), used);

  // Of a command and a client nobody spoke of, entries that name some say nothing.
  std::map<std::string, int> of_any;
  for (const std::string &object : objects_of(any.out)) ++of_any[Json::parse(object).at("pool").text];
  EXPECT_EQ((std::map<std::string, int>{{"alpha", 121}, {"users", 39}}), of_any);
}

TEST(Slots, AreWhatAClusterSaysOfAnyKey) {
  SKIP_ON_TWEMPROXY("has no slots");
  TempDir dir;
  const RedisServer cluster({.more = {"--cluster-enabled", "yes", "--cluster-config-file", dir.file("nodes"),
                                      "--cluster-port", std::to_string(free_port())}});
  std::vector<std::string> keys = numbered_keys(100);
  std::mt19937 numbers(7);
  for (int i = 0; i < 400; ++i) {
    std::string key(numbers() % 24 + 1, ' ');
    for (char &c : key) c = i % 2 == 0 ? "{}ab"[numbers() % 4] : static_cast<char>(numbers() % 256);
    key.erase(std::remove(key.begin(), key.end(), '\n'), key.end());
    if (!key.empty()) keys.push_back(key);
  }
  std::string questions;
  for (const std::string &key : keys) questions += resp({"CLUSTER", "KEYSLOT", key});
  Stream server = cluster.connect();
  server.send(questions);
  const std::vector<std::string> slots = lines_of(server.read_replies(keys.size()));

  PoolText pool;
  pool.redis().set("distribution", "slots").server("127.0.0.1:1").server("127.0.0.1:2");
  const Finished told = run({proxy_binary(), "route", "-c", dir.write("conf.yml", pool.text()), "--json", "--keys",
                             dir.write("keys", file_of(keys))});
  const std::vector<Place> places = places_of(told.out);
  ASSERT_EQ(keys.size(), places.size()) << told.err;
  ASSERT_EQ(keys.size(), slots.size());
  for (size_t i = 0; i < keys.size(); ++i) {
    const std::string slot = slots[i].substr(1, slots[i].find('\r') - 1);
    EXPECT_EQ("slot " + slot, places[i].how) << keys[i];
    EXPECT_EQ(std::stoi(slot) < 8192 ? 0u : 1u, places[i].index) << keys[i];
  }
}

class Asking : public testing::Test {
 protected:
  void SetUp() override { SKIP_ON_TWEMPROXY("has no weir route and no weir ring"); }
  static PoolText pool(int servers, const std::string &distribution = "rendezvous") {
    PoolText pool;
    pool.redis().set("hash", "xxh64").set("distribution", distribution).set("hash_tag", "\"{}\"");
    for (int i = 0; i < servers; ++i) pool.server("10.0.0." + std::to_string(i) + ":6379");
    return pool;
  }
  Finished ask(std::vector<std::string> words, const PoolText &about) {
    words.insert(words.begin(), proxy_binary());
    words.insert(words.end(), {"-c", dir_.write("conf.yml", about.text())});
    return run(words);
  }
  TempDir dir_;
};

TEST_F(Asking, WeirRouteLinesUpKeyTagHashServerAndReason) {
  const Finished told = ask({"route", "abc", "{user:7}:cart"}, pool(2, "jump"));
  EXPECT_EQ((Ended{0, 0}), told.ended) << told.err;
  EXPECT_EQ(told.out,
            "KEY            TAG     HASH                SERVER         INDEX  HOW\n"
            "abc                    0x44bc2cf5ad770999  10.0.0.0:6379      0  bucket 0 of 2\n"
            "{user:7}:cart  user:7  0x2679338e453be04f  10.0.0.1:6379      1  bucket 1 of 2\n");
}

TEST_F(Asking, WeirRingShowsSharesByServer) {
  const Finished told = ask({"ring", "--samples", "10000"}, pool(4, "maglev"));
  EXPECT_EQ((Ended{0, 0}), told.ended) << told.err;
  EXPECT_THAT(told.out, StartsWith("pool alpha: xxh64, maglev, 10000 keys\n\nSERVER "));
  EXPECT_THAT(told.out, testing::ContainsRegex("10\\.0\\.0\\.3:6379 +1 +2[0-9]{3} +2[0-9]\\.[0-9]{2} % +25\\.00 %"));
  EXPECT_THAT(told.out, HasSubstr("The fullest server has 10"));
}

TEST_F(Asking, WeirRingSaysWhichKeysMoveToAnotherConfiguration) {
  const std::string then = dir_.write("then.yml", pool(5).text());
  const Finished told = ask({"ring", "--samples", "20000", "--json", "--against", then}, pool(4));
  EXPECT_EQ((Ended{0, 0}), told.ended) << told.err;
  long long moved = 0;
  for (const std::string &object : objects_of(told.out)) {
    const Json move = Json::parse(object);
    EXPECT_EQ("10.0.0.4:6379", move.at("to").text);
    moved += move.number("keys");
  }
  EXPECT_NEAR(static_cast<double>(moved), 4000, 300);
  EXPECT_THAT(told.out, HasSubstr("\"moved\": " + std::to_string(moved) + ","));
  const Finished same = ask({"ring", "--samples", "100", "--against", dir_.file("conf.yml")}, pool(4));
  EXPECT_THAT(same.out, HasSubstr("0 of 100 keys move, 0.00 %; the servers' weights alone ask for 0.00 %.\n"));
}

TEST_F(Asking, QuestionsThatCannotBeAnsweredSaySo) {
  EXPECT_EQ(ask({"route", "--pool", "beta", "key"}, pool(2)).err,
            "weir: " + dir_.file("conf.yml") + " has no pool 'beta'; it has alpha\n");
  EXPECT_EQ(ask({"route", "--as", "gett", "key"}, pool(2)).err,
            "weir: protocol redis has no command 'gett'; did you mean get?\n");
  EXPECT_EQ(ask({"route", "--from", "10.0.0.0/8", "key"}, pool(2)).err,
            "weir: a client is an address like 10.1.2.3 or fd00::1, or unix, and not '10.0.0.0/8'\n");
  const Finished none = ask({"ring", "--keys", dir_.file("none")}, pool(2));
  EXPECT_EQ((Ended{1, 0}), none.ended);
  EXPECT_EQ(none.err, "weir: cannot read the keys in " + dir_.file("none") + ": No such file or directory\n");
  EXPECT_THAT(ask({"route", "key"}, pool(2, "jump").server("10.0.0.9:6379", "", 3)).err,
              HasSubstr("jump has no weights, but 10.0.0.0:6379 has 1 and 10.0.0.9:6379 has 3"));
}

TEST_F(Asking, AnAnswerThatCannotBeWrittenIsAFailure) {
  const std::string conf = dir_.write("conf.yml", pool(2).text());
  for (const char *command : {"route </dev/null", "route --json key", "ring"}) {
    const Finished told = run({"/bin/sh", "-c", proxy_binary() + " " + command + " -c " + conf + " >/dev/full"});
    EXPECT_EQ((Ended{1, 0}), told.ended) << command;
    EXPECT_EQ(told.err, "weir: standard output took not all of the answer\n") << command;
  }
}

TEST_F(Asking, SlotsOfServersAreAsWrittenAndMistakesAreNamed) {
  auto conf = [](const std::string &ranges) {
    return "pools:\n  alpha:\n    listen: 127.0.0.1:1\n    protocol: redis\n    servers: [127.0.0.1:7000:1 a, "
           "127.0.0.1:7001:1 b]\n    distribution: {use: slots, ranges: {" +
           ranges + "}}\n";
  };
  auto told = [&](const std::string &ranges) {
    return run({proxy_binary(), "route", "-c", dir_.write("conf.yml", conf(ranges)), "foo", "bar"});
  };
  EXPECT_THAT(told("a: 12182, b: \"0-12181, 12183-16383\"").out,
              testing::ContainsRegex("foo +a +0  slot 12182\nbar +b +1  slot 5061\n"));
  EXPECT_THAT(
      told("a: 1-16384").err,
      HasSubstr(":6: pools.alpha.distribution.ranges.a: expected slots such as 0-5460 or 0-100,200, each at most "
                "16383, found '1-16384'"));
  EXPECT_THAT(told("a: 1-16383").err, HasSubstr("ranges: slot 0 has no server; together they must be 0-16383"));
  EXPECT_THAT(told("c: 0-16383").err, HasSubstr("ranges: the pool has no server named c"));
  EXPECT_THAT(told("").err, HasSubstr("expected a map from servers' names to slots"));
}

}  // namespace
}  // namespace weir::test
