// What once went wrong under hostile clients and servers, each by what its victim saw of it.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/client/world.h"

namespace weir::testing {
namespace {

constexpr uint64_t kMinute = 60'000'000;
constexpr uint64_t kHour = 60 * kMinute;

std::string times(const std::string &text, size_t n) {
  std::string all;
  for (size_t i = 0; i < n; ++i) all += text;
  return all;
}

size_t lines(const std::string &text) {
  return static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
}

// A set of the key 0 that is `size` bytes long, and then its line.
std::string set_of(size_t size) {
  return "set 0 " + std::to_string(size) + "\n" + std::string(size, 'x');
}

// One step: "h", and whatever line comes back makes the connection ready.
void say_hello_first() {
  line_hooks().handshake = [](const weir_scope &, uint32_t, const weir_rsp *prev, const std::string &, weir_out &out,
                              weir_errbuf &) -> weir_status {
    if (prev != nullptr) return WEIR_HS_READY;
    static const uint8_t hello[] = {'h', '\n'};
    out.segs[out.len++] = {WEIR_SEG_LIT, 0, hello, 0, 2};
    out.swallow = 1;
    return WEIR_HS_SENT;
  };
}

// ---- replies
// ---------------------------------------------------------------------------------------------------------

TEST(Symptom, BytesBehindAReplyThatEndsItsConnectionReachNobodyOnTheNext) {
  for (const char *behind : {"+sta", "+stale\n+sta"}) {
    World world({.tune = [](config::Pool &pool) {
      pool.server_queue_limit = 256 << 20;
      pool.request_limit = 64 << 20;
    }});
    Peer &a = world.connect(), &b = world.connect(), &c = world.connect();
    a.say("get 0\n");
    world.server(0).say("+first\n");
    ASSERT_TRUE(world.got(a, "+first\n"));
    world.server(0).listens = false;
    a.say(set_of(32 << 20));  // more than the sockets take: what comes after it stays unsent
    ASSERT_TRUE(world.until([&] { return a.unsaid() == 0 && world.cells(0).out_queue.get() == 1; }));
    b.say("get 0b\n");
    world.settle();
    c.say("get 0c\n");
    world.settle();
    ASSERT_EQ(world.cells(0).in_queue.get(), 2U);

    world.server(0).say(std::string(".bye\n") + behind);
    EXPECT_TRUE(world.got(a, ".bye\n"));
    Peer &next = world.server(0, 1);
    EXPECT_TRUE(world.got(next, "get 0b\nget 0c\n"));
    EXPECT_EQ(b.got + c.got, "") << "nobody has answered them yet";
    next.say("+b\n+c\n");
    EXPECT_TRUE(world.got(b, "+b\n"));
    EXPECT_TRUE(world.got(c, "+c\n"));
    EXPECT_EQ(world.servers[0].connections.size(), 2U);
    EXPECT_EQ(world.leftovers(), "");
  }
}

TEST(Symptom, AClientThatHasNothingToReadYetIsNotClosedForNotReading) {
  World world({.servers = 2, .tune = [](config::Pool &pool) {
                 pool.client_output_limit = 1 << 20;
                 pool.client_stall_timeout_us = 1'000'000;
               }});
  Peer &client = world.connect();
  client.say("get 0\nget 1\n");
  world.server(0);
  std::string large = "$400000\n" + std::string(400'000, 'x');
  world.server(1).say(large);
  ASSERT_TRUE(world.until([&] { return world.front->wants_checks(); })) << "what is held must be worth a pause";
  world.front->check_time(world.reactor.now_us + 5'000'000);
  ASSERT_EQ(world.front->clients(), 1U);
  world.server(0).say("+a\n");
  EXPECT_TRUE(world.got(client, "+a\n" + large));
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Symptom, ALargeSplitReplyDoesNotCloseTheClientThatReadsIt) {
  constexpr size_t kEach = 800'000;
  World world({.servers = 4,
               .tune = [](config::Pool &pool) { pool.client_output_limit = 1 << 20; },
               .rig = [](const Tables &tables) { tables.protocol.max_head = 1 << 20; }});
  Peer &client = world.connect();
  client.say("mget 0 1 2 3\n");
  std::string expected = "*";
  for (uint32_t i = 0; i < 4; ++i) {
    std::string value(kEach, static_cast<char>('a' + i));
    expected += (i > 0 ? "," : "") + value;
    world.server(i).say("*" + value + "\n");
    world.settle();
  }
  EXPECT_TRUE(world.got(client, expected + "\n"));
  EXPECT_FALSE(client.ended);
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Symptom, APartsReplyThatIsTooLargeToHoldDoesNotTakeTheSharedConnectionWithIt) {
  World world({.servers = 2,
               .tune = [](config::Pool &pool) { pool.client_output_limit = 1 << 20; },
               .rig = [](const Tables &tables) { tables.protocol.max_head = 4 << 20; }});
  Peer &greedy = world.connect(), &other = world.connect();
  greedy.say("mget 0 1\n");
  world.settle();
  other.say("get 0\nget 0\n");
  EXPECT_TRUE(world.got(world.server(0), "mget 0\nget 0\nget 0\n"));
  world.server(1).say("*B\n");
  world.server(0).say("*" + std::string(1'300'000, 'x'));  // over the limit before its end has come
  EXPECT_TRUE(world.got(greedy, "*failed,B\n"));
  world.server(0).say(std::string(200'000, 'x') + "\n+b\n");
  EXPECT_TRUE(world.got(other, "+b\n"));
  world.server(0).say("+c\n");
  EXPECT_TRUE(world.got(other, "+c\n"));
  EXPECT_FALSE(world.server(0).ended);
  EXPECT_EQ(world.servers[0].connections.size(), 1U);
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Symptom, SmallRepliesHeldBehindASlowOneDoNotTakeAPageEach) {
  constexpr size_t kHeld = 1000;
  World world({.servers = 2, .tune = [](config::Pool &pool) {
                 pool.client_inflight = 2 * kHeld;
                 pool.client_output_limit = 64 << 20;
               }});
  Peer &client = world.connect();
  client.say("get 0\n" + times("get 1\n", kHeld));
  world.server(0);
  Peer &server = world.server(1);
  for (size_t answered = 0; answered < kHeld;) {
    world.settle();
    size_t asked = lines(server.take());
    ASSERT_GT(asked, 0U) << "it stands still after " << answered;
    server.say(times("+b\n", asked));
    answered += asked;
  }
  world.settle();
  EXPECT_LT(world.reactor.chunks.in_use(), 512 * kHeld);
  world.server(0).say("+a\n");
  EXPECT_TRUE(world.got(client, "+a\n" + times("+b\n", kHeld)));
  EXPECT_EQ(world.leftovers(), "");
}

// ---- clients
// ---------------------------------------------------------------------------------------------------------

TEST(Symptom, ARefusedClientThatLingersIsNotCountedAmongTheServed) {
  World world;
  Peer &served = world.connect(), &refused = world.connect(true);
  ASSERT_TRUE(world.until([&] { return refused.ended; }));
  EXPECT_EQ(world.front->clients(), 2U) << "it lingers";
  EXPECT_EQ(world.made->pool->clients.load(), 1U);
  refused.close();
  ASSERT_TRUE(world.until([&] { return world.front->clients() == 1; }));
  EXPECT_EQ(world.made->pool->clients.load(), 1U) << "it takes a served one's place with it";
  served.close();
  ASSERT_TRUE(world.until([&] { return world.front->clients() == 0; }));
  EXPECT_EQ(world.made->pool->clients.load(), 0U);
  EXPECT_EQ(world.leftovers(), "");
}

// Waiting for a server that is not ready yet keeps its queue as full as it is.
TEST(Symptom, AServersQueueThatIsHalfFullDoesNotRefuseTheRestOfAClientsWindow) {
  World world({.handshake = true, .tune = [](config::Pool &pool) { pool.server_queue_limit = 100'000; }});
  say_hello_first();
  Peer &first = world.connect(), &second = world.connect();
  std::string large = set_of(60'000), many = times(set_of(1'000), 50);
  first.say(large);
  world.settle();
  second.say(many);
  world.settle();
  EXPECT_EQ(second.got, "");
  world.server(0).say("+welcome\n");
  EXPECT_TRUE(world.got(world.server(0), "h\n" + large + many));
  world.server(0).say(times("+\n", 51));
  EXPECT_TRUE(world.got(first, "+\n"));
  EXPECT_TRUE(world.got(second, times("+\n", 50)));
  EXPECT_EQ(world.leftovers(), "");
}

// ---- servers
// ---------------------------------------------------------------------------------------------------------

TEST(Symptom, OneStandstillIsOneFailureHoweverManyRequestsItDelays) {
  World world({.servers = 2, .tune = [](config::Pool &pool) {
                 pool.timeout_us = kHour;
                 pool.auto_eject_hosts = true;
                 pool.server_failure_limit = 3;
               }});
  Peer &client = world.connect();
  std::string no = times("-1 Connection timed out\n", 10);
  world.reactor.refresh_clock();
  uint64_t begin = world.reactor.now_us;
  // Each a little more than one timeout after the one before; after four the connection would be given up.
  auto stand_still = [&](uint64_t nth) {
    client.say(times("get 0\n", 10));
    EXPECT_TRUE(world.until([&] { return world.cells(0).out_queue.get() == 10 * nth; }));
    world.reactor.now_us = begin + nth * (kHour + 5 * kMinute);
    world.front->upstream.check_time(world.reactor.now_us);
  };
  for (uint64_t nth = 1; nth <= 2; ++nth) {
    stand_still(nth);
    EXPECT_TRUE(world.got(client, no));
    EXPECT_TRUE(world.tripped.empty()) << "after " << nth;
  }
  stand_still(3);
  EXPECT_EQ(world.tripped, std::vector<uint32_t>{0});
  world.front->release_held();
  EXPECT_TRUE(world.got(client, no));
  EXPECT_EQ(world.cells(0).server_timedout.get(), 30U);
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Symptom, AServersQueueIsTheSumOfItsConnectionsNotTheLastOneThatMoved) {
  World world({.tune = [](config::Pool &pool) { pool.server_connections = 2; }});
  Peer &a = world.connect(), &b = world.connect();
  a.say("get 0\nget 0\nget 0\n");
  ASSERT_TRUE(world.got(world.server(0), "get 0\nget 0\nget 0\n"));
  b.say("get 0\n");
  ASSERT_TRUE(world.got(world.server(0, 1), "get 0\n"));
  EXPECT_EQ(world.cells(0).out_queue.get(), 4U);
  EXPECT_EQ(world.cells(0).out_queue_bytes.get(), 24U);
  world.server(0, 1).say("+b\n");
  ASSERT_TRUE(world.got(b, "+b\n"));
  EXPECT_EQ(world.cells(0).out_queue.get(), 3U);
  world.server(0, 1).close();
  ASSERT_TRUE(world.until([&] { return world.cells(0).server_connections.get() == 1; }));
  EXPECT_EQ(world.cells(0).out_queue.get(), 3U);
  world.server(0).say("+1\n+2\n+3\n");
  ASSERT_TRUE(world.got(a, "+1\n+2\n+3\n"));
  EXPECT_EQ(world.cells(0).out_queue.get(), 0U);
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Symptom, AConnectionLostWhileItWasIdleIsNoFailure) {
  World world({.servers = 2, .tune = [](config::Pool &pool) {
                 pool.auto_eject_hosts = true;
                 pool.server_failure_limit = 1;
               }});
  Peer &client = world.connect();
  client.say("get 0\n");
  world.server(0).say("+a\n");
  EXPECT_TRUE(world.got(client, "+a\n"));
  world.server(0).reset();
  ASSERT_TRUE(world.until([&] { return world.cells(0).server_connections.get() == 0; }));
  EXPECT_EQ(world.cells(0).server_err.get(), 1U) << "it was lost, not closed";
  EXPECT_TRUE(world.tripped.empty());

  client.say("get 0\n");
  Peer &next = world.server(0, 1);
  ASSERT_TRUE(world.got(next, "get 0\n"));
  next.reset();
  EXPECT_TRUE(world.until([&] { return !world.tripped.empty(); })) << "it owed a reply";
  world.front->release_held();
  EXPECT_TRUE(world.got(client, "-3 Connection reset by peer\n"));
  EXPECT_EQ(world.leftovers(), "");
}

// The server's end is known before the first byte of the request is written, so that it may be sent again.
TEST(Symptom, AServerThatWelcomesAndClosesIsNotTriedForEver) {
  World world({.handshake = true});
  say_hello_first();
  Peer &client = world.connect();
  client.say("get 0\n");
  auto &connections = world.servers[0].connections;
  size_t welcomed = 0;
  ASSERT_TRUE(world.until([&] {
    for (; welcomed < connections.size() && connections[welcomed]->got == "h\n"; ++welcomed) {
      connections[welcomed]->say("+welcome\n");
      connections[welcomed]->reset();
    }
    return !client.got.empty() || welcomed > 50;
  }));
  EXPECT_EQ(client.got.substr(0, 3), "-3 ");
  EXPECT_GT(welcomed, 1U) << "nothing of it was sent: it may be tried again";
  EXPECT_LE(welcomed, 8U);
  EXPECT_EQ(world.leftovers(), "");
}

}  // namespace
}  // namespace weir::testing
