// How a new server connection is prepared, and what its requests see of it.
#include <gtest/gtest.h>

#include <cstring>

#include "tests/unit/client/world.h"

namespace weir::testing {
namespace {

void send(weir_out &out, const char *text, uint32_t replies) {
  out.segs[out.len++] = {WEIR_SEG_LIT, 0, reinterpret_cast<const uint8_t *>(text), 0, std::strlen(text)};
  out.swallow = replies;
}

using Step = std::function<weir_status(uint32_t step, const weir_rsp *prev, const std::string &bytes, weir_out &,
                                       weir_errbuf &)>;

struct HandshakeTest : ::testing::Test {
  explicit HandshakeTest(std::function<void(config::Pool &)> tune = {}) : world({.handshake = true, .tune = tune}) {}
  void prepare_by(const Step &step) {
    line_hooks().handshake = [step](const weir_scope &, uint32_t n, const weir_rsp *prev, const std::string &bytes,
                                    weir_out &out, weir_errbuf &why) { return step(n, prev, bytes, out, why); };
  }
  World world;
};

TEST_F(HandshakeTest, RequestsWaitUntilTheConnectionIsReady) {
  prepare_by([](uint32_t step, const weir_rsp *prev, const std::string &bytes, weir_out &out, weir_errbuf &) {
    EXPECT_EQ(step == 0, prev == nullptr);
    if (step == 0) return send(out, "auth\n", 1), WEIR_HS_SENT;
    EXPECT_EQ(bytes, "+welcome\n");
    return WEIR_HS_READY;
  });
  Peer &client = world.connect();
  client.say("get 0\ntell 0\nget 0\n");
  EXPECT_TRUE(world.got(world.server(0), "auth\n"));
  world.server(0).say("+welcome\n");
  EXPECT_TRUE(world.got(world.server(0), "get 0\ntell 0\nget 0\n"));
  world.server(0).say("+a\n+b\n");
  EXPECT_TRUE(world.got(client, "+a\n+b\n"));
  EXPECT_EQ(world.leftovers(), "");
}

TEST_F(HandshakeTest, StepsMayBePipelinedAndEachReplyIsShownOnce) {
  std::vector<std::string> shown;
  prepare_by([&](uint32_t step, const weir_rsp *, const std::string &bytes, weir_out &out, weir_errbuf &) {
    if (step == 0) return send(out, "one\ntwo\n", 2), WEIR_HS_SENT;
    shown.push_back(bytes);
    if (step == 1) return send(out, "three\n", 1), WEIR_HS_SENT;
    return step < 3 ? WEIR_HS_SENT : WEIR_HS_READY;
  });
  Peer &client = world.connect();
  client.say("get 0\n");
  EXPECT_TRUE(world.got(world.server(0), "one\ntwo\n"));
  world.server(0).say("+1\n+2\n");
  EXPECT_TRUE(world.got(world.server(0), "three\n"));
  world.server(0).say("+3\n");
  EXPECT_TRUE(world.got(world.server(0), "get 0\n"));
  EXPECT_EQ(shown, (std::vector<std::string>{"+1\n", "+2\n", "+3\n"}));
  EXPECT_EQ(world.leftovers(), "");
}

TEST_F(HandshakeTest, AConnectionThatNeedsNoWordsIsReadyAtOnce) {
  prepare_by([](uint32_t, const weir_rsp *, const std::string &, weir_out &, weir_errbuf &) { return WEIR_HS_READY; });
  world.connect().say("get 0\n");
  EXPECT_TRUE(world.got(world.server(0), "get 0\n"));
  EXPECT_EQ(world.leftovers(), "");
}

TEST_F(HandshakeTest, WordsWithoutAReplyGoAheadOfTheRequests) {
  prepare_by([](uint32_t, const weir_rsp *, const std::string &, weir_out &out, weir_errbuf &) {
    return send(out, "hello\n", 0), WEIR_HS_READY;
  });
  Peer &client = world.connect();
  client.say("get 0\n");
  EXPECT_TRUE(world.got(world.server(0), "hello\nget 0\n"));
  world.server(0).say("+a\n");
  EXPECT_TRUE(world.got(client, "+a\n"));
  EXPECT_EQ(world.leftovers(), "");
}

TEST_F(HandshakeTest, WordsWithoutAReplyAreNotCountedAsRequestsWhenThoseAreSentAgain) {
  prepare_by([](uint32_t, const weir_rsp *, const std::string &, weir_out &out, weir_errbuf &) {
    return send(out, "a long hello\n", 0), WEIR_HS_READY;
  });
  Peer &client = world.connect();
  client.say("get 0\n");
  EXPECT_TRUE(world.got(world.server(0), "a long hello\nget 0\n"));
  world.server(0).say("+a\n");
  EXPECT_TRUE(world.got(client, "+a\n"));
  client.say("get 0x\nget 0y\n");  // queued in the turn in which the server is found gone
  world.server(0).close();
  EXPECT_TRUE(world.got(world.server(0, 1), "a long hello\nget 0x\nget 0y\n"));
  world.server(0, 1).say("+x\n+y\n");
  EXPECT_TRUE(world.got(client, "+x\n+y\n"));
  EXPECT_EQ(world.leftovers(), "");
}

TEST_F(HandshakeTest, ARefusalFailsTheRequestsInThePluginsWordsAndTheNextOneTriesAgain) {
  bool refuse = true;
  prepare_by([&](uint32_t step, const weir_rsp *, const std::string &, weir_out &out, weir_errbuf &why) -> weir_status {
    if (step == 0) return send(out, "auth\n", 1), WEIR_HS_SENT;
    if (!refuse) return WEIR_HS_READY;
    std::memcpy(why.ptr, "bad password", 12);
    why.len = 12;
    return WEIR_E_FAIL;
  });
  Peer &client = world.connect();
  client.say("get 0\nget 0\n");
  world.server(0).say("-no\n");
  EXPECT_TRUE(world.got(client, "-12 bad password\n-12 bad password\n"));
  EXPECT_EQ(world.cells(0).server_err.get(), 1U);
  refuse = false;
  client.say("get 0\n");
  EXPECT_TRUE(world.got(world.server(0, 1), "auth\n"));
  world.server(0, 1).say("+ok\n");
  EXPECT_TRUE(world.got(world.server(0, 1), "get 0\n"));
  world.server(0, 1).say("+a\n");
  EXPECT_TRUE(world.got(client, "+a\n"));
  EXPECT_EQ(world.leftovers(), "");
}

TEST_F(HandshakeTest, ATextLongerThanItsBufferIsCut) {
  prepare_by([](uint32_t, const weir_rsp *, const std::string &, weir_out &, weir_errbuf &why) -> weir_status {
    std::memset(why.ptr, 'x', why.cap);
    why.len = UINT32_MAX;
    return WEIR_E_FAIL;
  });
  Peer &client = world.connect();
  client.say("get 0\n");
  ASSERT_TRUE(world.until([&] { return client.got.ends_with("\n"); }));
  EXPECT_LT(client.got.size(), 1000U);
  EXPECT_EQ(world.leftovers(), "");
}

TEST_F(HandshakeTest, ContractBreachesEndTheConnectionAndFailTheRequests) {
  const Step wrongs[] = {
      [](uint32_t, const weir_rsp *, const std::string &, weir_out &, weir_errbuf &) { return WEIR_HS_SENT; },
      [](uint32_t, const weir_rsp *, const std::string &, weir_out &out, weir_errbuf &) {
        out.segs[out.len++] = {WEIR_SEG_MEM, 0, reinterpret_cast<const uint8_t *>("x"), 0, 1};
        out.swallow = 1;
        return WEIR_HS_SENT;
      },
      [](uint32_t, const weir_rsp *, const std::string &, weir_out &out, weir_errbuf &) {
        out.len = UINT32_MAX;
        return WEIR_HS_READY;
      },
  };
  for (const Step &wrong : wrongs) {
    prepare_by(wrong);
    Peer &client = world.connect();
    client.say("get 0\n");
    ASSERT_TRUE(world.until([&] { return client.got.ends_with("\n"); }));
    EXPECT_EQ(client.got[0], '-');
  }
  EXPECT_EQ(world.leftovers(), "");
}

TEST_F(HandshakeTest, AServerThatGoesOrSpeaksOutOfTurnMeanwhileFailsTheRequests) {
  for (const char *said : {"", "!push\n", "~part\n", "(broken\n", "$100\nhalf of it"}) {
    prepare_by([](uint32_t step, const weir_rsp *, const std::string &, weir_out &out, weir_errbuf &) {
      if (step == 0) return send(out, "auth\n", 1), WEIR_HS_SENT;
      return WEIR_HS_READY;
    });
    size_t nth = world.servers[0].connections.size();
    Peer &client = world.connect();
    client.say("get 0\n");
    Peer &server = world.server(0, nth);
    said[0] == '\0' ? server.close() : server.say(said);
    ASSERT_TRUE(world.until([&] { return client.got.ends_with("\n"); })) << said;
    EXPECT_EQ(client.got[0], '-') << said;
    EXPECT_EQ(server.got.find("get"), std::string::npos);
  }
  EXPECT_EQ(world.leftovers(), "");
}

struct PreparingInTime : HandshakeTest {
  PreparingInTime() : HandshakeTest([](config::Pool &pool) { pool.connect_timeout_us = 3'600'000'000; }) {}
};

TEST_F(PreparingInTime, AServerThatNeverAnswersIsGivenUp) {
  prepare_by([](uint32_t, const weir_rsp *, const std::string &, weir_out &out, weir_errbuf &) {
    return send(out, "auth\n", 1), WEIR_HS_SENT;
  });
  Peer &client = world.connect();
  client.say("get 0\n");
  EXPECT_TRUE(world.got(world.server(0), "auth\n"));
  world.pass_us(3'601'000'000);
  EXPECT_TRUE(world.got(client, "-1 Connection timed out\n"));
  EXPECT_TRUE(world.until([&] { return world.server(0).ended; }));
  EXPECT_EQ(world.cells(0).server_timedout.get(), 1U);
  EXPECT_EQ(world.leftovers(), "");
}

}  // namespace
}  // namespace weir::testing
