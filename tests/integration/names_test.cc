// Servers that are given by name: the name moves, is not known yet, stands for several addresses, or its DNS fails.
#include <algorithm>
#include <array>
#include <atomic>

#include "tests/integration/story.h"
#include "tests/support/servers/fake_dns.h"

namespace weir::test {
namespace {

// Two real servers on one port of two addresses, and a name that may stand for either.
struct NamesStory : WithWorkers {
  static constexpr const char *kFirst = "127.0.0.1", *kSecond = "127.0.0.2";
  void SetUp() override { SKIP_ON_TWEMPROXY("looks names up once"); }

  PoolText pool(const std::string &resolve_interval) const {
    PoolText text;
    // The dot at the end keeps the search domains of this machine out of it.
    return text.redis().set("resolve_interval", resolve_interval).server("cache.test.:" + std::to_string(port), "s0");
  }
  std::unique_ptr<Proxy> proxy(const std::string &resolve_interval) const {
    return std::make_unique<Proxy>(std::vector<PoolText>{pool(resolve_interval)},
                                   Proxy::Options{.workers = GetParam(), .top = "dns: [\"" + dns.address() + "\"]\n"});
  }
  static bool has(const RedisServer &server, const std::string &key) {
    return server.call({"EXISTS", key}) == integer(1);
  }
  // How many connections it has besides the one that asks.
  static int connections(const RedisServer &server) { return std::stoi(server.info("connected_clients")) - 1; }
  static size_t count(const std::string &text, const std::string &what) {
    size_t n = 0;
    for (size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += what.size()) ++n;
    return n;
  }

  uint16_t port = free_port();
  RedisServer first{{.host = kFirst, .port = port}}, second{{.host = kSecond, .port = port}};
  FakeDns dns;
};

// Each client counts on a key of its own, from 0 on the first server and from a million on the second. A request that
// was lost, doubled, overtaken by the next one or sent to both would show in the numbers.
TEST_P(NamesStory, AServerThatMovesTakesItsClientsAlongAndNoRequestFails) {
  constexpr int kClients = 6, kAtOnce = 50, kMoves = 12;
  constexpr long kMillion = 1'000'000;
  dns.set("cache.test", {kFirst});
  auto weir = proxy("20");
  for (int me = 0; me < kClients; ++me) second.call({"SET", "n" + std::to_string(me), std::to_string(kMillion)});
  std::array<std::atomic<int>, kClients> at{};  // where each client's last reply came from
  std::atomic<bool> over{false};
  std::jthread mover([&] {
    for (int move = 1; move <= kMoves && !over; ++move) {
      dns.set("cache.test", {move % 2 == 0 ? kFirst : kSecond});
      EXPECT_TRUE(eventually(
          [&] { return over || std::all_of(at.begin(), at.end(), [&](auto &a) { return a == move % 2; }); }));
    }
    over = true;
  });
  side_by_side(kClients, [&](int me) {
    struct End {
      std::atomic<bool> &over;
      ~End() { over = true; }
    } end{over};
    Stream client = weir->connect();
    std::string many;
    for (int i = 0; i < kAtOnce; ++i) many += resp({"INCR", "n" + std::to_string(me)});
    long counts[] = {0, kMillion};
    while (!over) {
      client.send(many);
      for (int i = 0; i < kAtOnce; ++i) {
        std::string reply = client.read_reply();
        ASSERT_THAT(reply, StartsWith(":"));
        int which = std::stol(reply.substr(1)) > kMillion ? 1 : 0;
        ASSERT_EQ(reply, integer(++counts[which])) << "client " << me << " on server " << which;
        at[static_cast<size_t>(me)] = which;
      }
    }
  });
  mover.join();
  EXPECT_TRUE(eventually([&] { return connections(second) == 0; }));
  EXPECT_EQ(weir->stats().at("alpha").at("s0").number("server_err"), 0);
  EXPECT_THAT(weir->log(), HasSubstr("pool alpha: server s0 is at 127.0.0.2:" + std::to_string(port) +
                                     " now, was at 127.0.0.1:" + std::to_string(port)));
}

TEST_P(NamesStory, ANameThatIsNotKnownYetKeepsNothingElseFromBeingServed) {
  dns.set_mood(FakeDns::Mood::silent);
  PoolText named = pool("1000"), numeric("beta");
  numeric.redis().server(second.address());
  Proxy weir({named, numeric}, {.workers = GetParam(), .top = "dns: \"" + dns.address() + "\"\n"});
  EXPECT_EQ(kOk, weir.connect(1).ask(resp({"SET", "key", "v"})));
  Stream client = weir.connect();
  EXPECT_THAT(client.ask(resp({"GET", "key"})), StartsWith("-ERR Host is down"));
  dns.set("cache.test", {kFirst});
  dns.set_mood(FakeDns::Mood::answers);
  EXPECT_TRUE(eventually([&] { return client.ask(resp({"SET", "key", "v"})) == kOk; }));
  EXPECT_TRUE(has(first, "key"));
  EXPECT_THAT(weir.log(), HasSubstr("server s0: cache.test.: "));
}

TEST_P(NamesStory, AnEndDoesNotWaitForANameThatIsBeingLookedUp) {
  dns.set("cache.test", {kFirst});
  auto weir = proxy("20");
  dns.set_mood(FakeDns::Mood::silent);
  int before = dns.asked("cache.test");
  EXPECT_TRUE(eventually([&] { return dns.asked("cache.test") > before; }));
  EXPECT_EQ(0, weir->stop().code);
}

TEST_P(NamesStory, ALookUpThatFailsKeepsTheAddressAndSaysSoOnce) {
  dns.set("cache.test", {kFirst});
  auto weir = proxy("20");
  Stream client = weir->connect();
  EXPECT_EQ(kOk, client.ask(resp({"SET", "key", "v"})));
  for (bool gone : {false, true}) {
    if (gone) dns.forget("cache.test");
    dns.set_mood(gone ? FakeDns::Mood::answers : FakeDns::Mood::fails);
    int before = dns.asked("cache.test");
    EXPECT_TRUE(eventually([&] { return dns.asked("cache.test") > before + 5; }));
    EXPECT_EQ(bulk("v"), client.ask(resp({"GET", "key"})));
  }
  EXPECT_EQ(1U, count(weir->log(), "keeping 127.0.0.1:"));
  dns.set("cache.test", {kFirst});
  EXPECT_TRUE(eventually([&] { return count(weir->log(), "its name is found again") == 1; }));
  EXPECT_EQ(bulk("v"), client.ask(resp({"GET", "key"})));
  EXPECT_EQ(0U, count(weir->log(), " now, was at "));
}

TEST_P(NamesStory, ALostConnectionIsAReasonToLookAgain) {
  dns.set("cache.test", {kFirst});
  auto weir = proxy("0");  // never by itself
  Stream client = weir->connect();
  EXPECT_EQ(kOk, client.ask(resp({"SET", "before", "v"})));
  int looked_up = dns.asked("cache.test");
  dns.set("cache.test", {kSecond});
  EXPECT_EQ(kOk, client.ask(resp({"SET", "still", "v"})));
  EXPECT_TRUE(has(first, "still"));
  EXPECT_EQ(looked_up, dns.asked("cache.test"));
  first.kill();
  EXPECT_TRUE(eventually([&] { return client.ask(resp({"SET", "after", "v"})) == kOk; }));
  EXPECT_TRUE(has(second, "after"));
}

TEST_P(NamesStory, OfSeveralAddressesThoseThatRefuseArePassedOver) {
  dns.set("cache.test", {"127.0.0.3", "::1", kSecond, "127.0.0.4"});
  auto weir = proxy("20");
  side_by_side(4, [&](int me) { EXPECT_EQ(kOk, weir->connect().ask(resp({"SET", "key" + std::to_string(me), "v"}))); });
  for (int me = 0; me < 4; ++me) EXPECT_TRUE(has(second, "key" + std::to_string(me)));
  EXPECT_EQ(weir->stats().at("alpha").at("s0").number("server_err"), 0);
}

TELL_WITH_WORKERS(NamesStory);

}  // namespace
}  // namespace weir::test
