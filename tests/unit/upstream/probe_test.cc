// How a server is asked whether it is well, step by step. Time passes as the test says.
#include <gtest/gtest.h>

#include <cstring>
#include <utility>

#include "tests/unit/client/world.h"

namespace weir::testing {
namespace {

constexpr uint64_t kInterval = 100'000'000, kTimeout = 20'000'000;  // longer than any test takes

weir_status probe(const weir_scope *, uint32_t step, const weir_rsp *prev, weir_out *out, weir_errbuf *why) {
  if (step == 0) {
    out->segs[out->len++] = {WEIR_SEG_LIT, 0, reinterpret_cast<const uint8_t *>("well?\n"), 0, 6};
    out->swallow = 1;
    return WEIR_HS_SENT;
  }
  const uint8_t *said = out->peek(out, 0, 0, prev->size);
  if (said != nullptr && said[0] == '+') return WEIR_HS_READY;
  std::memcpy(why->ptr, "not well", 8);
  why->len = 8;
  return WEIR_E_FAIL;
}

World::Plan plan(bool with_op, bool with_handshake = false) {
  return {.servers = 1,
          .handshake = with_handshake,
          .tune =
              [](config::Pool &pool) {
                pool.health_check = {kInterval, kTimeout, 2, 2};
              },
          .rig = [with_op](const Tables &tables) { tables.protocol.probe = with_op ? &probe : nullptr; }};
}

struct ProbedWorld : World {
  explicit ProbedWorld(const Plan &with) : World(with) {}
  void server_probed(uint32_t, uint32_t server, bool good, const std::string &why) override {
    EXPECT_EQ(server, 0U);
    outcomes.emplace_back(good, why);
  }
  // The outcome of the nth probe; empty and false when there is none in time.
  std::pair<bool, std::string> outcome(size_t nth) {
    if (!until([&] { return outcomes.size() > nth; })) return {false, "none came"};
    return outcomes[nth];
  }
  std::vector<std::pair<bool, std::string>> outcomes;
};

using Outcome = std::pair<bool, std::string>;

TEST(Probe, WithoutTheOpAServerThatAcceptsAConnectionIsWell) {
  ProbedWorld world(plan(false));
  world.front->upstream.start_probes();
  EXPECT_EQ(world.outcome(0), Outcome(true, ""));
  EXPECT_TRUE(world.until([&] { return world.server(0).ended; })) << "the connection is not kept";
  world.refuse_connections(0);
  world.pass_us(2 * kInterval);
  EXPECT_EQ(world.outcome(1), Outcome(false, "Connection refused"));
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Probe, AsksAgainOnTheSameConnectionWhichWasPreparedOnce) {
  ProbedWorld world(plan(true, true));
  int hands = 0;
  line_hooks().handshake = [&hands](const weir_scope &, uint32_t step, const weir_rsp *, const std::string &,
                                    weir_out &out, weir_errbuf &) {
    if (step > 0) return WEIR_HS_READY;
    ++hands;
    out.segs[out.len++] = {WEIR_SEG_LIT, 0, reinterpret_cast<const uint8_t *>("hello\n"), 0, 6};
    out.swallow = 1;
    return WEIR_HS_SENT;
  };
  world.front->upstream.start_probes();
  EXPECT_TRUE(world.got(world.server(0), "hello\n"));
  world.server(0).say("+hello\n");
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_TRUE(world.got(world.server(0), "well?\n"));
    EXPECT_EQ(world.outcomes.size(), i);
    world.server(0).say("+we");
    world.settle();
    world.server(0).say("ll\n");
    EXPECT_EQ(world.outcome(i), Outcome(true, ""));
    world.settle();
    EXPECT_EQ(world.server(0).got, "") << "it asks again before its time";
    world.pass_us(2 * kInterval);
  }
  EXPECT_EQ(hands, 1);
  EXPECT_EQ(world.cells(0).requests.get(), 0U);
  EXPECT_EQ(world.cells(0).server_connections.get(), 0U);
}

TEST(Probe, ABadAnswerIsToldInThePluginsWordsAndEndsTheConnection) {
  ProbedWorld world(plan(true));
  world.front->upstream.start_probes();
  EXPECT_TRUE(world.got(world.server(0), "well?\n"));
  world.server(0).say("-ill\n");
  EXPECT_EQ(world.outcome(0), Outcome(false, "not well"));
  world.pass_us(2 * kInterval);
  EXPECT_TRUE(world.got(world.server(0, 1), "well?\n"));
  EXPECT_TRUE(world.server(0).ended);
}

TEST(Probe, AnAnswerThatDoesNotComeIsABadOneAndItsLateArrivalNothing) {
  ProbedWorld world(plan(true));
  world.front->upstream.start_probes();
  EXPECT_TRUE(world.got(world.server(0), "well?\n"));
  world.pass_us(kTimeout - 1'000'000);
  world.settle();
  EXPECT_TRUE(world.outcomes.empty());
  world.pass_us(kTimeout + 1);
  EXPECT_EQ(world.outcome(0), Outcome(false, "it took longer than 20000 ms"));
  world.server(0).say("+well\n");
  world.settle();
  EXPECT_EQ(world.outcomes.size(), 1U);
}

TEST(Probe, AServerThatClosesInBetweenIsAskedOnANewConnection) {
  ProbedWorld world(plan(true));
  world.front->upstream.start_probes();
  EXPECT_TRUE(world.got(world.server(0), "well?\n"));
  world.server(0).say("+well\n");
  EXPECT_EQ(world.outcome(0), Outcome(true, ""));
  world.server(0).close();
  world.settle();
  EXPECT_EQ(world.outcomes.size(), 1U) << "closing an idle connection says nothing";
  world.pass_us(2 * kInterval);
  EXPECT_TRUE(world.got(world.server(0, 1), "well?\n"));
  world.server(0, 1).say("+well\n");
  EXPECT_EQ(world.outcome(1), Outcome(true, ""));
}

TEST(Probe, WhatIsNoAnswerIsABadOne) {
  for (const char *said : {"nonsense\n", "!push\n", "~part\n"}) {
    ProbedWorld world(plan(true));
    world.front->upstream.start_probes();
    EXPECT_TRUE(world.got(world.server(0), "well?\n"));
    world.server(0).say(said);
    EXPECT_EQ(world.outcome(0), Outcome(false, "its answer is none of the protocol's")) << said;
    EXPECT_EQ(world.leftovers(), "");
  }
}

}  // namespace
}  // namespace weir::testing
