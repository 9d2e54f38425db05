#include "core/plugin/instance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "core/base/timers.h"

#include "tests/unit/plugin/evil/seen.h"

namespace weir::plugin {
namespace {

using config::Node;
using evil::Seen;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::shared_ptr<Node> node(Node::Kind kind, int line) {
  auto out = std::make_shared<Node>();
  out->kind = kind;
  out->place = {"weir.yml", line};
  return out;
}

std::shared_ptr<Node> scalar(const std::string &text, int line, bool quoted = false) {
  auto out = node(Node::Kind::scalar, line);
  out->text = text;
  out->quoted = quoted;
  return out;
}

class InstanceTest : public testing::Test {
 protected:
  void SetUp() override {
    Status loaded = registry_.load(std::string(EVIL_DIR) + "/evil_create.so");
    ASSERT_TRUE(loaded) << loaded.error().text;
  }

  // Adds key: value to the options, each on a line of its own from 11 on.
  void put(const std::string &key, std::shared_ptr<Node> value) {
    const int line = 11 + static_cast<int>(options_->entries.size());
    options_->entries.push_back({key, {"weir.yml", line}, std::move(value)});
  }
  void put(const std::string &key, const std::string &text, bool quoted = false) { put(key, scalar(text, 0, quoted)); }

  std::unique_ptr<Instance> make(const char *name, uint32_t kind = WEIR_K_PROTOCOL) {
    const Component *c = registry_.find(kind, name);
    EXPECT_NE(c, nullptr);
    config::Use use{name, options_, {"weir.yml", 10}};
    return Instance::make(*c, use, "pools.beta.protocol", 1, pools_, 3, complaints_);
  }

  const Seen &seen(const Instance &i) { return *static_cast<const Seen *>(i.inst()); }

  Registry registry_;
  std::shared_ptr<Node> options_ = node(Node::Kind::map, 10);
  const PoolNames pools_ = {{"alpha", 2}, {"beta", 5}};
  config::Complaints complaints_;
};

TEST_F(InstanceTest, TellsTheTextOfARefusalWithItsPlace) {
  EXPECT_EQ(make("text"), nullptr);
  EXPECT_EQ(complaints_.text(), "weir.yml:10: pools.beta.protocol: text: green is sold out\n");
}

TEST_F(InstanceTest, TellsThatNoReasonWasGiven) {
  EXPECT_EQ(make("silent"), nullptr);
  EXPECT_EQ(complaints_.text(),
            "weir.yml:10: pools.beta.protocol: silent refused its configuration without saying why\n");
}

TEST_F(InstanceTest, BelievesNoTextLongerThanItsBuffer) {
  EXPECT_EQ(make("long"), nullptr);
  EXPECT_EQ(complaints_.size(), 1u);
  EXPECT_LT(complaints_.text().size(), 1100u);
}

TEST_F(InstanceTest, RefusesWhoComplainedWhateverCreateReturned) {
  put("colour", "green");
  EXPECT_EQ(make("complain"), nullptr);
  EXPECT_EQ(complaints_.text(), "weir.yml:11: pools.beta.protocol.colour: green is sold out\n");
}

TEST_F(InstanceTest, ComplainsAboutKeysThatNobodyRead) {
  put("colour", "green");
  EXPECT_EQ(make("nothing"), nullptr);
  EXPECT_EQ(complaints_.text(),
            "weir.yml:11: pools.beta.protocol.colour: unknown key, the component takes none: remove it\n");
}

TEST_F(InstanceTest, SuggestsTheKeyThatWasMeant) {
  put("nmuber", "1");
  EXPECT_EQ(make("everything"), nullptr);
  EXPECT_THAT(complaints_.text(), HasSubstr("nmuber: unknown key, did you mean 'number'? Known here:"));
}

TEST_F(InstanceTest, TellsAKeyWrittenTwiceFromAnUnknownOne) {
  put("number", "1");
  put("number", "2");
  EXPECT_EQ(make("everything"), nullptr);
  EXPECT_EQ(complaints_.text(), "weir.yml:12: pools.beta.protocol.number: is written twice: keep one of the two\n");
}

TEST_F(InstanceTest, TellsAKeyWithoutEffectFromAnUnknownOne) {
  put("depth", "1");
  EXPECT_EQ(make("everything"), nullptr);
  EXPECT_THAT(complaints_.text(), HasSubstr("depth: has no effect together with the other keys"));
}

TEST_F(InstanceTest, ComplainsAboutKeysInsideAMapThatWasRead) {
  auto map = node(Node::Kind::map, 0);
  map->entries.push_back({"first", {"weir.yml", 21}, scalar("1", 21)});
  map->entries.push_back({"second", {"weir.yml", 22}, scalar("2", 22)});
  put("map", map);
  EXPECT_EQ(make("everything"), nullptr);
  EXPECT_THAT(complaints_.text(), HasSubstr("weir.yml:22: pools.beta.protocol.map.second: unknown key"));
  EXPECT_THAT(complaints_.text(), Not(HasSubstr("first:")));
}

TEST_F(InstanceTest, ReadsEveryType) {
  put("flag", "true");
  put("number", "-42");
  put("ratio", "0.25");
  put("wait", "250ms");
  put("room", "64k");
  put("text", "12345");
  auto instance = make("everything");
  ASSERT_NE(instance, nullptr) << complaints_.text();
  EXPECT_EQ(seen(*instance).flag, 1u);
  EXPECT_EQ(seen(*instance).number, -42);
  EXPECT_EQ(seen(*instance).ratio, 0.25);
  EXPECT_EQ(seen(*instance).wait_us, 250'000u);
  EXPECT_EQ(seen(*instance).room, 65'536u);
  EXPECT_EQ(seen(*instance).text, "12345");
}

TEST_F(InstanceTest, WalksListsAndMaps) {
  auto list = node(Node::Kind::list, 0);
  for (const char *text : {"true", "5", "1.5", "word", "-"}) list->entries.push_back({"", {}, scalar(text, 0)});
  list->entries.push_back({"", {}, scalar("true", 0, true)});
  list->entries.push_back({"", {}, node(Node::Kind::null, 0)});
  list->entries.push_back({"", {}, node(Node::Kind::map, 0)});
  put("list", list);
  auto map = node(Node::Kind::map, 0);
  map->entries.push_back({"first", {}, scalar("1", 0)});
  put("map", map);
  auto instance = make("everything");
  ASSERT_NE(instance, nullptr) << complaints_.text();
  EXPECT_THAT(seen(*instance).kinds, ElementsAre(WEIR_N_BOOL, WEIR_N_INT, WEIR_N_FLOAT, WEIR_N_STR, WEIR_N_STR,
                                                 WEIR_N_STR, WEIR_N_NULL, WEIR_N_MAP));
  EXPECT_FALSE(seen(*instance).past_the_end);
  EXPECT_EQ(seen(*instance).first_key, "first");
}

struct Mistyped {
  const char *key, *value, *says;
  bool quoted = false;
};

class Types : public InstanceTest, public testing::WithParamInterface<Mistyped> {};

TEST_P(Types, AreNotMixed) {
  put(GetParam().key, GetParam().value, GetParam().quoted);
  EXPECT_EQ(make("everything"), nullptr);
  EXPECT_EQ(complaints_.text(),
            std::string("weir.yml:11: pools.beta.protocol.") + GetParam().key + ": expected " + GetParam().says + "\n");
}

INSTANTIATE_TEST_SUITE_P(
    Of, Types,
    testing::Values(
        Mistyped{"flag", "yes", "true or false, found 'yes'"},
        Mistyped{"flag", "true", "true or false, found the string \"true\"", true},
        Mistyped{"flag", "1", "true or false, found '1'"}, Mistyped{"number", "1.5", "a whole number, found '1.5'"},
        Mistyped{"number", "9223372036854775808", "a whole number, found '9223372036854775808'"},
        Mistyped{"number", "+-5", "a whole number, found '+-5'"},
        Mistyped{"number", "0x10", "a whole number, found '0x10'"}, Mistyped{"number", "", "a whole number, found ''"},
        Mistyped{"ratio", "nan", "a number, found 'nan'"}, Mistyped{"ratio", "1.5x", "a number, found '1.5x'"},
        Mistyped{"wait", "2 days", "a duration such as 250ms, 2s or 5m, found '2 days'"},
        Mistyped{"room", "-1", "a size in bytes such as 512, 64k or 8m, found '-1'"}));

TEST_F(InstanceTest, NeverShowsASecret) {
  put("pin", "hunter2");
  EXPECT_EQ(make("everything"), nullptr);
  EXPECT_THAT(complaints_.text(), HasSubstr("pin: expected a whole number, found another value (a secret, not shown)"));
  EXPECT_THAT(complaints_.text(), Not(HasSubstr("hunter2")));
}

TEST_F(InstanceTest, GivesWhatThisCoreOffers) {
  auto instance = make("host");
  ASSERT_NE(instance, nullptr) << complaints_.text();
  const Seen &s = seen(*instance);
  EXPECT_EQ(s.none, nullptr);
  EXPECT_EQ(s.host->abi_major, WEIR_ABI_MAJOR);
  EXPECT_EQ(s.host->abi_minor, WEIR_ABI_MINOR);
  EXPECT_STRNE(s.host->core_version, "");
  EXPECT_EQ(s.pools->own(s.host), 1u);
  EXPECT_EQ(s.pools->pool(s.host, "alpha"), 0u);
  EXPECT_EQ(s.pools->pool(s.host, "gamma"), UINT32_MAX);
  EXPECT_EQ(s.pools->servers(s.host, 1), 5u);
  EXPECT_EQ(s.pools->servers(s.host, 2), 0u);
  EXPECT_EQ(s.pools->protocol(s.host, 2).len, 0u);
  EXPECT_EQ(s.loop->workers(s.host), 3u);
}

TEST_F(InstanceTest, LogsWithPoolAndComponentInFront) {
  auto instance = make("host");
  ASSERT_NE(instance, nullptr);
  testing::internal::CaptureStderr();
  seen(*instance).host->log(seen(*instance).host, WEIR_LOG_ERROR, "two\nlines, not this", 9);
  const std::string logged = testing::internal::GetCapturedStderr();
  EXPECT_THAT(logged, testing::ContainsRegex("beta/host: two\n.* beta/host: lines\n$"));
}

TEST_F(InstanceTest, SumsTheWorkersCounters) {
  auto instance = make("host");
  ASSERT_NE(instance, nullptr);
  const Seen &s = seen(*instance);
  ASSERT_THAT(s.handles, ElementsAre(0u, 1u, UINT32_MAX, UINT32_MAX));  // a name twice, an illegal one
  for (uint32_t worker = 0; worker < 3; ++worker) weir_count(s.stats->cells(s.host, worker), 0, worker + 1);
  weir_count(s.stats->cells(s.host, 2), 1, 9);
  weir_count(s.stats->cells(s.host, 3), 1, 1000);  // there is no fourth worker
  const std::vector<PluginStat> stats = instance->stats();
  ASSERT_EQ(stats.size(), 3u);
  EXPECT_EQ(stats[0].name, "hits");
  EXPECT_EQ(stats[0].value, 6u);
  EXPECT_EQ(stats[1].name, "misses");
  EXPECT_EQ(stats[1].help, "counts");
  EXPECT_EQ(stats[1].value, 9u);
}

TEST_F(InstanceTest, SumsTheWorkersHistograms) {
  auto instance = make("host");
  ASSERT_NE(instance, nullptr);
  const Seen &s = seen(*instance);
  for (uint32_t worker = 0; worker < 3; ++worker) s.stats->observe(s.host, worker, s.histogram, 100 * (worker + 1));
  s.stats->observe(s.host, 3, s.histogram, 5'000);        // there is no fourth worker
  s.stats->observe(s.host, 0, s.handles[0], 5'000);       // a counter
  s.stats->observe(s.host, 0, UINT32_MAX, 5'000);         // nothing at all
  weir_count(s.stats->cells(s.host, 0), s.histogram, 7);  // which is not for histograms
  const std::vector<PluginStat> stats = instance->stats();
  ASSERT_EQ(stats.size(), 3u);
  EXPECT_EQ(stats[2].kind, uint32_t{WEIR_S_HISTOGRAM});
  ASSERT_NE(stats[2].spread, nullptr);
  EXPECT_EQ(stats[2].spread->count(), 3u);
  EXPECT_EQ(stats[2].spread->sum(), 600u);
  EXPECT_EQ(stats[2].spread->max(), 300u);
  EXPECT_EQ(stats[2].value, 0u);
  EXPECT_EQ(stats[0].value, 0u);
}

TEST_F(InstanceTest, KeepsWorkersOffEachOthersCacheLines) {
  auto instance = make("host");
  ASSERT_NE(instance, nullptr);
  const Seen &s = seen(*instance);
  const auto first = reinterpret_cast<uintptr_t>(s.stats->cells(s.host, 0));
  const auto second = reinterpret_cast<uintptr_t>(s.stats->cells(s.host, 1));
  EXPECT_EQ(first % 64, 0u);
  EXPECT_GE(second - first, 64u);
}

TEST_F(InstanceTest, DefinesNoCountersOnceCreateHasReturned) {
  auto instance = make("host");
  ASSERT_NE(instance, nullptr);
  const Seen &s = seen(*instance);
  EXPECT_EQ(s.stats->define(s.host, WEIR_S_COUNTER, "late", ""), UINT32_MAX);
}

TEST_F(InstanceTest, FindsHashesAndCommandsOfAllThatIsLoaded) {
  auto instance = make("host");
  ASSERT_NE(instance, nullptr);
  const Seen &s = seen(*instance);
  ASSERT_NE(s.hash, nullptr);
  EXPECT_EQ(s.hash, s.same_hash);
  EXPECT_EQ(s.refused_hash, nullptr);
  EXPECT_EQ(s.no_hash, nullptr);
  EXPECT_EQ(s.hashes->find(s.host, "null"), nullptr) << "create() has returned";
  const uint8_t key[] = {'k'};
  EXPECT_EQ(s.hashes->run(s.hash, {key, 1}), 78u);
  EXPECT_EQ(s.hashes->run(s.hash, {key, 0}), 0u);
  uint32_t n = 0;
  const weir_protocol &self = instance->protocol();
  EXPECT_EQ(s.commands->table(s.host, "host", &n), self.cmds);
  EXPECT_EQ(n, self.cmd_count);
  EXPECT_EQ(s.commands->table(s.host, "nobody", &n), nullptr);
  EXPECT_EQ(n, 0u);
}

TEST_F(InstanceTest, HasTimersWhereALoopRuns) {
  auto instance = make("host");
  ASSERT_NE(instance, nullptr);
  const Seen &s = seen(*instance);
  int called = 0;
  auto call = [](void *ud) { ++*static_cast<int *>(ud); };
  EXPECT_EQ(s.loop->timer(s.host, 0, 1'000, 0, call, &called), 0u) << "no loop runs here";
  std::thread([&] {
    uint64_t now_us = 0;
    Timers timers(now_us);
    timers.serve_this_thread();
    EXPECT_NE(s.loop->timer(s.host, 0, 1'000, 0, call, &called), 0u);
    s.loop->cancel(s.host, 0, s.loop->timer(s.host, 0, 1'000, 0, call, &called));
    EXPECT_NE(s.loop->timer(s.host, 0, 9'000, 9'000, call, &called), 0u);
    now_us = 5'000;
    timers.run();
    EXPECT_EQ(called, 1);
    instance->worker_fini(nullptr);
    EXPECT_EQ(timers.count(), 0u) << "what is left ends with the instance";
  }).join();
}

TEST_F(InstanceTest, LetsAHashDoWithoutAnObjectOrCreate) {
  for (const char *name : {"bare", "null"}) {
    auto instance = make(name, WEIR_K_HASH);
    ASSERT_NE(instance, nullptr) << complaints_.text();
    EXPECT_EQ(instance->inst(), nullptr);
    EXPECT_EQ(instance->hash().bits, 64u);
    EXPECT_EQ(instance->worker_init(0), nullptr);
    instance->worker_fini(nullptr);
  }
  EXPECT_EQ(make("refuse", WEIR_K_HASH), nullptr);
  EXPECT_THAT(complaints_.text(), HasSubstr("refuse: green is sold out"));
}

TEST_F(InstanceTest, ComplainsAboutKeysOfAComponentWithoutCreate) {
  put("seed", "7");
  EXPECT_EQ(make("bare", WEIR_K_HASH), nullptr);
  EXPECT_THAT(complaints_.text(), HasSubstr("seed: unknown key"));
}

}  // namespace
}  // namespace weir::plugin
