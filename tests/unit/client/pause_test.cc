// When a client is not read from, and that it always is again.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/client/world.h"

namespace weir::testing {
namespace {

size_t lines(const std::string &text) {
  return static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
}

std::string times(const std::string &text, size_t n) {
  std::string all;
  for (size_t i = 0; i < n; ++i) all += text;
  return all;
}

TEST(Pause, NoMoreRequestsAreUnderWayThanAllowedHoweverTheyArrive) {
  World world({.tune = [](config::Pool &pool) { pool.client_inflight = 8; }});
  Peer &client = world.connect();
  client.say(times("get 0\n", 1000));
  Peer &server = world.server(0);
  size_t answered = 0;
  while (answered < 1000) {
    world.settle();
    size_t asked = lines(server.take());
    ASSERT_GT(asked, 0U) << "it stands still after " << answered;
    ASSERT_LE(asked, 8U);
    server.say(times("+a\n", asked));
    answered += asked;
  }
  EXPECT_TRUE(world.got(client, times("+a\n", 1000)));
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Pause, OneRequestAtATimeIsAlsoALimit) {
  World world({.tune = [](config::Pool &pool) { pool.client_inflight = 1; }});
  Peer &client = world.connect();
  client.say("get 0\nping\nset 0 3\nabcget 0\n");
  Peer &server = world.server(0);
  EXPECT_TRUE(world.got(server, "get 0\n"));
  server.say("+a\n");
  EXPECT_TRUE(world.got(server, "set 0 3\nabc"));
  server.say("+b\n");
  EXPECT_TRUE(world.got(server, "get 0\n"));
  server.say("+c\n");
  EXPECT_TRUE(world.got(client, "+a\n+ping\n+b\n+c\n"));
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Pause, AClientThatEndsWhilePausedIsStillServedWhatItAsked) {
  World world({.tune = [](config::Pool &pool) { pool.client_inflight = 2; }});
  Peer &client = world.connect();
  client.say(times("get 0\n", 9));
  client.shut();
  Peer &server = world.server(0);
  for (size_t answered = 0; answered < 9;) {
    world.settle();
    size_t asked = lines(server.take());
    ASSERT_GT(asked, 0U);
    answered += asked;
    server.say(times("+a\n", asked));
  }
  EXPECT_TRUE(world.got(client, times("+a\n", 9)));
  EXPECT_TRUE(world.until([&] { return client.ended; }));
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Pause, AClientThatReadsNothingIsNotReadFromWhateverAnswersIt) {
  World world({.tune = [](config::Pool &pool) { pool.client_output_limit = 1 << 20; }});
  Peer &client = world.connect();
  client.listens = false;
  client.say(times("ping\n", 600'000));
  for (int i = 0; i < 300; ++i) world.turn();
  EXPECT_GT(client.unsaid(), 0U);
  EXPECT_LT(world.reactor.chunks.in_use(), 1U << 20) << "local answers pile up";
  client.listens = true;
  EXPECT_TRUE(world.until([&] { return client.got.size() == 6 * 600'000ULL; })) << client.got.size();
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Pause, AClientThatReadsNothingForTooLongIsClosed) {
  World world({.tune = [](config::Pool &pool) {
    pool.client_output_limit = 4 << 20;
    pool.client_stall_timeout_us = 1'000'000;
  }});
  Peer &client = world.connect();
  client.listens = false;
  client.say("get 0\n");
  world.server(0).say("$3000000\n" + std::string(3'000'000, 'x'));
  ASSERT_TRUE(world.until([&] { return world.server(0).unsaid() == 0 && world.front->wants_checks(); }));
  world.front->check_time(world.reactor.now_us + 500'000);
  EXPECT_EQ(world.front->clients(), 1U);
  world.front->check_time(world.reactor.now_us + 2'000'000);
  EXPECT_EQ(world.front->clients(), 0U);
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Pause, AClientWithMoreWaitingForItThanAllowedIsClosed) {
  World world({.servers = 2, .tune = [](config::Pool &pool) { pool.client_output_limit = 1 << 20; }});
  Peer &client = world.connect();
  client.say("get 0\n" + times("get 1\n", 8));
  world.server(0);
  Peer &server = world.server(1);
  for (int i = 0; i < 8; ++i) server.say("$400000\n" + std::string(400'000, 'x'));
  EXPECT_TRUE(world.until([&] { return client.ended; }));
  EXPECT_EQ(world.leftovers(), "");
}

// Its replies are so large that a few of them are all it may have waiting.
TEST(Pause, AClientThatAsksForManyLargeRepliesAndTakesItsTimeIsNotClosed) {
  World world({.tune = [](config::Pool &pool) { pool.client_output_limit = 1 << 20; }});
  const std::string large = "$300000\n" + std::string(300'000, 'x');
  Peer &client = world.connect();
  Peer *server = nullptr;
  auto answer = [&] {
    for (size_t n = lines(server->take()); n > 0; --n) server->say(large);
  };
  client.say("get 0\n");
  server = &world.server(0);
  world.settle();
  answer();  // what its replies are like has been seen
  EXPECT_TRUE(world.got(client, large));
  client.listens = false;
  client.say(times("get 0\n", 20));
  for (int i = 0; i < 50; ++i) {
    world.turn();
    answer();
  }
  client.listens = true;
  EXPECT_TRUE(world.until([&] {
    answer();
    return client.got.size() == 20 * large.size() || client.ended;
  }));
  EXPECT_FALSE(client.ended);
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Pause, HeldRepliesPauseTheClientUntilTheFirstHasCome) {
  World world({.servers = 2, .tune = [](config::Pool &pool) { pool.client_output_limit = 1 << 20; }});
  Peer &client = world.connect();
  client.say("get 0\nget 1\n");
  world.server(0);
  world.server(1).take();
  std::string large = "$400000\n" + std::string(400'000, 'x');
  world.server(1).say(large);
  world.settle();
  client.say("get 1\n");
  world.settle();
  EXPECT_EQ(lines(world.server(1).take()), 1U) << "the first of the two";
  world.server(0).say("+a\n");
  EXPECT_TRUE(world.got(client, "+a\n" + large));
  EXPECT_TRUE(world.got(world.server(1), "get 1\n"));
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Pause, ACrowdedServerPausesItsClientsUntilThereIsRoom) {
  World world({.tune = [](config::Pool &pool) {
    pool.server_queue_limit = 1 << 20;
    pool.client_inflight = 1000000;
  }});
  Peer &client = world.connect();
  client.say("tell 0\n");
  Peer &server = world.server(0);
  server.listens = false;
  std::string value = "set 0 100000\n" + std::string(100'000, 'x');
  client.say(times(value, 300));
  for (int i = 0; i < 400; ++i) world.turn();
  EXPECT_GT(client.unsaid(), 0U) << "it is read though nothing can be sent";
  EXPECT_LT(world.reactor.chunks.in_use(), 4U << 20);
  server.listens = true;
  size_t answered = 0;
  EXPECT_TRUE(world.until([&] {
    for (; (answered + 1) * value.size() + 7 <= server.got.size(); ++answered) server.say("+\n");
    return answered == 300;
  })) << answered;
  EXPECT_TRUE(world.got(client, times("+\n", 300)));
  EXPECT_EQ(world.leftovers(), "");
}

// The rest of a request that was waited for may be what crowds the server: its bytes are done with all the same.
TEST(Pause, ARequestInTwoPiecesThatPausesItsClientIsNotCountedTwice) {
  World world({.tune = [](config::Pool &pool) { pool.server_queue_limit = 1000; }});
  world.refuse_connections(0);
  Peer &client = world.connect();
  client.say("set 0 900\n" + std::string(500, 'a'));
  world.settle();
  client.say(std::string(400, 'a'));
  world.settle();
  client.say("ping\nping\n");
  EXPECT_TRUE(world.got(client, "-2 Connection refused\n+ping\n+ping\n"));
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Pause, AFullServerQueueRefusesAndTheConnectionLives) {
  World world({.handshake = true, .tune = [](config::Pool &pool) { pool.server_queue_limit = 1000; }});
  line_hooks().handshake = [](const weir_scope &, uint32_t, const weir_rsp *prev, const std::string &, weir_out &out,
                              weir_errbuf &) -> weir_status {
    if (prev != nullptr) return WEIR_HS_READY;
    static const uint8_t hello[] = {'h', '\n'};
    out.segs[out.len++] = {WEIR_SEG_LIT, 0, hello, 0, 2};
    out.swallow = 1;
    return WEIR_HS_SENT;
  };
  std::string value = "set 0 900\n" + std::string(900, 'x');
  std::vector<Peer *> asking;
  for (int i = 0; i < 4; ++i) {
    asking.push_back(&world.connect());
    asking.back()->say(value);
    world.settle();
  }
  EXPECT_TRUE(world.got(*asking[3], "-7 the server's queue is full\n"));
  asking[3]->say("ping\n");
  EXPECT_TRUE(world.got(*asking[3], "+ping\n"));
  world.server(0).say("+welcome\n");
  world.settle();
  EXPECT_EQ(world.server(0).got.size(), 2 + value.size() * 2);
  world.server(0).say("+1\n+2\n");
  EXPECT_TRUE(world.got(*asking[0], "+1\n"));
  EXPECT_TRUE(world.got(*asking[1], "+2\n"));
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Pause, NoMoreRequestsAreAtAServerThanAllowedWhoeverAsksAndAllAreAnswered) {
  World world({.tune = [](config::Pool &pool) { pool.server_inflight = 10; }});
  std::vector<Peer *> asking;
  for (int i = 0; i < 20; ++i) {
    asking.push_back(&world.connect());
    asking.back()->say("get 0\n");  // a window's worth comes later: it is one that may go beyond the limit
    world.turn();
  }
  Peer &server = world.server(0);
  world.settle();
  EXPECT_LE(lines(server.got), 20U);
  for (Peer *client : asking) client->say(times("get 0\n", 20));
  for (size_t answered = 0; answered < 20 * 21;) {
    world.settle();
    size_t asked = lines(server.take());
    ASSERT_GT(asked, 0U) << "it stands still after " << answered;
    ASSERT_LE(asked, 10U + 20 + 20) << "the limit, one request a client, and what is left of one client's window";
    server.say(times("+a\n", asked));
    answered += asked;
  }
  for (Peer *client : asking) EXPECT_TRUE(world.got(*client, times("+a\n", 21)));
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Pause, AClientThatWaitsForAServersAnswersIsReadAgainWhenTheConnectionEnds) {
  World world({.servers = 2, .tune = [](config::Pool &pool) { pool.server_inflight = 2; }});
  Peer &client = world.connect();
  client.say("get 0\nget 0\nget 0\n");
  Peer &server = world.server(0);
  world.settle();
  client.say("get 1\n");
  world.settle();
  EXPECT_EQ(world.servers[1].connections.size(), 0U) << "it is read though the server has enough to do";
  server.close();
  Peer &other = world.server(1);
  EXPECT_TRUE(world.got(other, "get 1\n"));
  other.say("+b\n");
  EXPECT_TRUE(world.until([&] { return lines(client.got) == 4; }));
  EXPECT_EQ(world.front->upstream.swamped, 0);
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Pause, AFencedRequestHoldsWhatComesAfterItUntilItIsAnswered) {
  World world({.servers = 2});
  Peer &client = world.connect();
  client.say("get 1\nfence 0\nget 1\nget 0\n");
  client.say("get 1\n");
  EXPECT_TRUE(world.got(world.server(0), "fence 0\n"));
  EXPECT_TRUE(world.got(world.server(1), "get 1\n"));
  world.server(1).say("+a\n");
  EXPECT_TRUE(world.got(client, "+a\n"));
  EXPECT_EQ(world.server(1).got, "");
  world.server(0).say("+fence\n");
  EXPECT_TRUE(world.got(world.server(1), "get 1\nget 1\n"));
  EXPECT_TRUE(world.got(world.server(0), "get 0\n"));
  world.server(0).say("+d\n");
  world.server(1).say("+c\n+e\n");
  EXPECT_TRUE(world.got(client, "+fence\n+c\n+d\n+e\n"));
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Pause, AFencedRequestThatFailsAtOnceHoldsNobody) {
  World world;
  auto old = world.made->pool->rebuild({0});
  Peer &client = world.connect();
  client.say("fence 0\nping\nfence 0\nping\n");
  std::string no = "-2 Connection refused\n";
  EXPECT_TRUE(world.got(client, no + "+ping\n" + no + "+ping\n"));
  EXPECT_EQ(world.leftovers(), "");
}

}  // namespace
}  // namespace weir::testing
