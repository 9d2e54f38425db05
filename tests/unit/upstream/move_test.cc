// A server's name stands for another address: what was sent is answered from the old one, everything else by the new.
#include <gtest/gtest.h>

#include "core/config/address.h"
#include "tests/unit/client/world.h"

namespace weir::testing {
namespace {

// Requests for server 0. Its name stands for one address at first, and for the other one later: both are test servers.
struct MoveTest : ::testing::Test {
  explicit MoveTest(bool handshake = false, std::function<void(config::Pool &)> tune = {})
      : world({.servers = 2, .handshake = handshake, .tune = tune}) {}

  net::SocketAddress address(uint32_t index) const {
    net::SocketAddress found;
    EXPECT_TRUE(net::to_socket_address(*config::parse_listen(world.servers[index].address), found));
    return found;
  }
  void server_is_at(const std::vector<uint32_t> &indices) {
    std::vector<net::SocketAddress> all;
    for (uint32_t index : indices) all.push_back(address(index));
    world.made->pool->backends[0].set_addresses(all);
    world.front->upstream.addresses_changed(0);
  }
  World world;
};

TEST_F(MoveTest, WhatIsUnderWayIsAnsweredByTheOldAddressAndTheRestByTheNew) {
  Peer &client = world.connect(), &other = world.connect();
  client.say("get 0a\n");
  EXPECT_TRUE(world.got(world.server(0), "get 0a\n"));
  server_is_at({1});
  client.say("get 0b\n");
  other.say("get 0c\n");
  world.settle();
  EXPECT_EQ(world.server(0).got, "");
  EXPECT_TRUE(world.servers[1].connections.empty()) << "nothing overtakes what is under way";
  world.server(0).say("+a\n");
  EXPECT_TRUE(world.got(world.server(1), "get 0b\nget 0c\n"));
  EXPECT_TRUE(world.server(0).ended);
  world.server(1).say("+b\n+c\n");
  EXPECT_TRUE(world.got(client, "+a\n+b\n"));
  EXPECT_TRUE(world.got(other, "+c\n"));
  EXPECT_EQ(world.cells(0).server_err.get(), 0U);
  EXPECT_EQ(world.cells(0).server_eof.get(), 0U);
  EXPECT_TRUE(world.tripped.empty());
  EXPECT_EQ(world.leftovers(), "");
}

TEST_F(MoveTest, AServerThatSaysItIsAnotherOneNowGetsANewConnectionWithoutLosingAnything) {
  Peer &client = world.connect();
  client.say("get 0a\nget 0b\nget 0c\n");
  EXPECT_TRUE(world.got(world.server(0), "get 0a\nget 0b\nget 0c\n"));
  world.server(0).say("@readonly\n");
  EXPECT_TRUE(world.got(client, "@readonly\n"));
  client.say("get 0d\n");
  world.settle();
  EXPECT_EQ(world.server(0).got, "");
  world.server(0).say("+b\n@readonly\n");
  EXPECT_TRUE(world.got(client, "+b\n@readonly\n"));
  EXPECT_TRUE(world.got(world.server(0, 1), "get 0d\n"));
  EXPECT_TRUE(world.server(0).ended);
  world.server(0, 1).say("@readonly\n");
  EXPECT_TRUE(world.got(client, "@readonly\n"));
  client.say("get 0e\n");
  EXPECT_TRUE(world.got(world.server(0, 1), "get 0e\n"))
      << "a server that is read-only for good is not opened anew each time";
  world.server(0, 1).say("+e\n");
  EXPECT_TRUE(world.got(client, "+e\n"));
  EXPECT_EQ(world.cells(0).server_err.get(), 0U);
  EXPECT_TRUE(world.tripped.empty());
  EXPECT_EQ(world.leftovers(), "");
}

TEST_F(MoveTest, RequestsWithoutAReplyKeepTheirPlaceToo) {
  Peer &client = world.connect();
  client.say("get 0a\n");
  EXPECT_TRUE(world.got(world.server(0), "get 0a\n"));
  server_is_at({1});
  client.say("tell 0b\ntell 0c\nget 0d\ntell 0e\n");
  world.settle();
  world.server(0).say("+a\n");
  EXPECT_TRUE(world.got(world.server(1), "tell 0b\ntell 0c\nget 0d\ntell 0e\n"));
  world.server(1).say("+d\n");
  EXPECT_TRUE(world.got(client, "+a\n+d\n"));
  EXPECT_EQ(world.leftovers(), "");
}

TEST_F(MoveTest, AnIdleConnectionEndsAtOnceAndTheNextRequestGoesToTheNewAddress) {
  Peer &client = world.connect();
  client.say("get 0a\n");
  EXPECT_TRUE(world.got(world.server(0), "get 0a\n"));
  world.server(0).say("+a\n");
  EXPECT_TRUE(world.got(client, "+a\n"));
  server_is_at({1});
  EXPECT_TRUE(world.until([&] { return world.server(0).ended; }));
  EXPECT_TRUE(world.servers[1].connections.empty());
  client.say("get 0b\n");
  EXPECT_TRUE(world.got(world.server(1), "get 0b\n"));
  world.server(1).say("+b\n");
  EXPECT_TRUE(world.got(client, "+b\n"));
  EXPECT_EQ(world.leftovers(), "");
}

TEST_F(MoveTest, AnAddressThatIsStillAmongThemIsKept) {
  Peer &client = world.connect();
  client.say("get 0a\n");
  EXPECT_TRUE(world.got(world.server(0), "get 0a\n"));
  server_is_at({1, 0});
  client.say("get 0b\n");
  EXPECT_TRUE(world.got(world.server(0), "get 0b\n"));
  world.server(0).say("+a\n+b\n");
  EXPECT_TRUE(world.got(client, "+a\n+b\n"));
  EXPECT_TRUE(world.servers[1].connections.empty());
  EXPECT_EQ(world.leftovers(), "");
}

TEST_F(MoveTest, TheOldAddressThatBreaksMeanwhileTakesOnlyWhatItHad) {
  Peer &client = world.connect();
  client.say("get 0a\n");
  EXPECT_TRUE(world.got(world.server(0), "get 0a\n"));
  server_is_at({1});
  client.say("get 0b\n");
  world.settle();
  world.server(0).close();
  EXPECT_TRUE(world.got(world.server(1), "get 0b\n"));
  world.server(1).say("+b\n");
  ASSERT_TRUE(world.until([&] { return client.got.ends_with("+b\n"); }));
  EXPECT_TRUE(client.got.starts_with("-")) << client.got;
  EXPECT_EQ(world.leftovers(), "");
}

TEST_F(MoveTest, AReplyThatIsHalfThereIsWaitedFor) {
  Peer &client = world.connect();
  client.say("get 0a\n");
  EXPECT_TRUE(world.got(world.server(0), "get 0a\n"));
  world.server(0).say("$10\n12345");
  EXPECT_TRUE(world.until([&] { return client.got.ends_with("12345"); }));
  server_is_at({1});
  client.say("get 0b\n");
  world.settle();
  EXPECT_TRUE(world.servers[1].connections.empty());
  world.server(0).say("67890");
  EXPECT_TRUE(world.got(world.server(1), "get 0b\n"));
  world.server(1).say("+b\n");
  EXPECT_TRUE(world.got(client, "$10\n1234567890+b\n"));
  EXPECT_EQ(world.leftovers(), "");
}

TEST_F(MoveTest, ManyMovesOneAfterTheOtherKeepTheOrder) {
  Peer &client = world.connect();
  std::string wanted;
  for (uint32_t round = 0; round < 6; ++round) {
    std::string n = std::to_string(round);
    client.say("get 0" + n + "\n");
    uint32_t at = round % 2;
    Peer &server = world.server(at, round / 2);
    EXPECT_TRUE(world.got(server, "get 0" + n + "\n"));
    server_is_at({1 - at});
    server.say("+" + n + "\n");
    wanted += "+" + n + "\n";
  }
  EXPECT_TRUE(world.got(client, wanted));
  EXPECT_EQ(world.leftovers(), "");
}

struct MoveInTime : MoveTest {
  MoveInTime() : MoveTest(false, [](config::Pool &pool) { pool.timeout_us = 3'600'000'000; }) {}
};

TEST_F(MoveInTime, AnAnswerThatIsOverdueHoldsNobodyUp) {
  Peer &client = world.connect();
  client.say("get 0a\n");
  EXPECT_TRUE(world.got(world.server(0), "get 0a\n"));
  world.pass_us(1'000'000'000);
  server_is_at({1});
  Peer &other = world.connect();
  other.say("get 0b\n");
  world.settle();
  EXPECT_TRUE(world.servers[1].connections.empty());
  world.pass_us(3'600'500'000);
  ASSERT_TRUE(world.until([&] { return client.got.ends_with("\n"); }));
  EXPECT_TRUE(client.got.starts_with("-")) << client.got;
  EXPECT_TRUE(world.until([&] { return world.server(0).ended; }));
  client.take();
  client.say("get 0c\n");
  Peer &server = world.server(1);
  ASSERT_TRUE(world.until([&] { return server.got.ends_with("get 0c\n"); }));
  EXPECT_EQ(world.leftovers(), "");
}

TEST_F(MoveTest, WithoutATimeoutTheOldAddressIsGivenTenSeconds) {
  Peer &client = world.connect(), &other = world.connect();
  client.say("get 0a\n");
  EXPECT_TRUE(world.got(world.server(0), "get 0a\n"));
  server_is_at({1});
  other.say("get 0b\n");
  world.settle();
  EXPECT_TRUE(world.servers[1].connections.empty());
  world.reactor.now_us += 11'000'000;
  world.front->upstream.check_time(world.reactor.now_us);
  EXPECT_TRUE(world.got(world.server(1), "get 0b\n"));
  world.server(1).say("+b\n");
  EXPECT_TRUE(world.got(other, "+b\n"));
  EXPECT_TRUE(client.got.ends_with("the server is at another address now\n")) << client.got;
  EXPECT_EQ(world.leftovers(), "");
}

struct MoveWhilePreparing : MoveTest {
  MoveWhilePreparing() : MoveTest(true) {
    line_hooks().handshake = [](const weir_scope &, uint32_t step, const weir_rsp *, const std::string &, weir_out &out,
                                weir_errbuf &) -> weir_status {
      if (step > 0) return WEIR_HS_READY;
      out.segs[out.len++] = {WEIR_SEG_LIT, 0, reinterpret_cast<const uint8_t *>("auth\n"), 0, 5};
      out.swallow = 1;
      return WEIR_HS_SENT;
    };
  }
};

TEST_F(MoveWhilePreparing, AConnectionThatIsNotReadyIsMadeAnew) {
  Peer &client = world.connect();
  client.say("get 0a\n");
  EXPECT_TRUE(world.got(world.server(0), "auth\n"));
  server_is_at({1});
  EXPECT_TRUE(world.got(world.server(1), "auth\n"));
  EXPECT_TRUE(world.server(0).ended);
  world.server(1).say("+ok\n");
  EXPECT_TRUE(world.got(world.server(1), "get 0a\n"));
  world.server(1).say("+a\n");
  EXPECT_TRUE(world.got(client, "+a\n"));
  EXPECT_EQ(world.cells(0).server_err.get(), 0U);
  EXPECT_EQ(world.leftovers(), "");
}

TEST_F(MoveTest, AnAddressThatRefusesIsPassedOverBeforeAnybodyHearsOfIt) {
  Peer &client = world.connect();
  net::SocketAddress gone = address(0);
  world.refuse_connections(0);
  world.made->pool->backends[0].set_addresses({gone, address(1)});
  client.say("get 0a\ntell 0b\n");
  EXPECT_TRUE(world.got(world.server(1), "get 0a\ntell 0b\n"));
  world.server(1).say("+a\n");
  EXPECT_TRUE(world.got(client, "+a\n"));
  EXPECT_TRUE(world.tripped.empty());
  EXPECT_EQ(world.leftovers(), "");
}

TEST_F(MoveTest, WhenAllRefuseTheRequestFailsOnce) {
  Peer &client = world.connect();
  net::SocketAddress one = address(0), two = address(1);
  world.refuse_connections(0);
  world.refuse_connections(1);
  world.made->pool->backends[0].set_addresses({one, two});
  for (int i = 0; i < 3; ++i) {
    client.say("get 0\n");
    ASSERT_TRUE(world.until([&] { return client.got.ends_with("Connection refused\n"); })) << client.got;
    client.take();
  }
  EXPECT_EQ(world.leftovers(), "");
}

}  // namespace
}  // namespace weir::testing
