// A protocol plugin that breaks its contract: whatever it says, the core ends it as documented and stays whole.
#include <gtest/gtest.h>

#include <functional>

#include "tests/unit/client/world.h"

namespace weir::testing {
namespace {

using Tamper = std::function<void(weir_parse &)>;

// Tampers with what the parser says the first time it says anything.
std::function<weir_status(weir_parse &, weir_status)> once(const Tamper &tamper) {
  return [tamper, done = false](weir_parse &p, weir_status status) mutable {
    if (!done && (p.msg_len > 0 || p.used > 0)) {
      done = true;
      tamper(p);
    }
    return status;
  };
}

struct Wrong {
  const char *what;
  Tamper tamper;
};

const Wrong kWrongRequests[] = {
    {"used past the end", [](weir_parse &p) { p.used = p.len + 1; }},
    {"used without end", [](weir_parse &p) { p.used = UINT64_MAX; }},
    {"more messages than there is room for", [](weir_parse &p) { p.msg_len = p.msg_cap + 1; }},
    {"messages without number", [](weir_parse &p) { p.msg_len = UINT32_MAX; }},
    {"more keys than there is room for", [](weir_parse &p) { p.sub_len = UINT32_MAX; }},
    {"a size of 0", [](weir_parse &p) { p.reqs[0].size = 0; }},
    {"more keys counted than appended", [](weir_parse &p) { p.reqs[0].key_count += 1000; }},
    {"a command out of the table", [](weir_parse &p) { p.reqs[0].cmd = WEIR_CMD_PROBE; }},
    {"the rest of a request that was not open", [](weir_parse &p) { p.reqs[0].cmd = WEIR_CMD_CONT; }},
    {"an unknown route", [](weir_parse &p) { p.reqs[0].route = 8; }},
    {"an unknown reply", [](weir_parse &p) { p.reqs[0].reply = 2; }},
    {"a key behind its request", [](weir_parse &p) { p.keys[0].off = p.reqs[0].size; }},
    {"a key longer than its request", [](weir_parse &p) { p.keys[0].len = UINT32_MAX; }},
    {"a key at the end of the numbers", [](weir_parse &p) { p.keys[0].off = UINT64_MAX; }},
    {"a unit outside", [](weir_parse &p) { p.keys[0].unit_len = UINT64_MAX; }},
    {"a key in bytes that have not come",
     [](weir_parse &p) {
       p.reqs[0].size = 1 << 20;
       p.keys[0].off = 1 << 19;
       p.msg_len = 1;
     }},
    {"a request behind an unfinished one", [](weir_parse &p) { p.reqs[0].size = 1 << 20; }},
    {"skips without end",
     [](weir_parse &p) {
       p.skip = UINT64_MAX;
       p.used = 1;
     }},
};

// Alone in its window a request has a short way, which must be no blinder.
TEST(Contract, AUnitOutsideItsRequestEndsTheClientThoughNothingElseIsInTheWindow) {
  World world;
  Peer &client = world.connect();
  line_hooks().after_req = once([](weir_parse &p) { p.keys[0].unit_len = UINT64_MAX; });
  client.say("get 0\n");
  EXPECT_TRUE(world.until([&] { return client.ended; }));
  EXPECT_EQ(client.got, "-10 internal error\n");
  EXPECT_TRUE(world.servers[0].connections.empty());
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Contract, WhateverIsWrongInARequestEndsTheClientAndNobodyElse) {
  for (const Wrong &wrong : kWrongRequests) {
    SCOPED_TRACE(wrong.what);
    World world;
    Peer &other = world.connect();
    other.say("get 0\n");
    world.server(0);
    world.settle();
    Peer &client = world.connect();
    line_hooks().after_req = once(wrong.tamper);
    client.say("get 0\nget 0\n");
    EXPECT_TRUE(world.until([&] { return client.ended; }));
    EXPECT_NE(client.got.find("-10 internal error\n"), std::string::npos) << client.got;
    world.server(0).say("+o\n");
    EXPECT_TRUE(world.got(other, "+o\n"));
    EXPECT_EQ(world.leftovers(), "");
  }
}

const Wrong kWrongReplies[] = {
    {"used past the end", [](weir_parse &p) { p.used = p.len + 1; }},
    {"used without end", [](weir_parse &p) { p.used = UINT64_MAX; }},
    {"more messages than there is room for", [](weir_parse &p) { p.msg_len = p.msg_cap + 1; }},
    {"messages without number", [](weir_parse &p) { p.msg_len = UINT32_MAX; }},
    {"more items than there is room for", [](weir_parse &p) { p.sub_len = UINT32_MAX; }},
    {"a size of 0", [](weir_parse &p) { p.rsps[0].size = 0; }},
    {"more items counted than appended", [](weir_parse &p) { p.rsps[0].item_count += 1000; }},
    {"an unknown kind", [](weir_parse &p) { p.rsps[0].kind = 3; }},
    {"an item behind its reply", [](weir_parse &p) { p.items[0].off = p.rsps[0].size + 1; }},
    {"an item longer than its reply", [](weir_parse &p) { p.items[0].len = UINT64_MAX; }},
    {"a reply behind an unfinished one", [](weir_parse &p) { p.rsps[0].size = 1 << 20; }},
    {"sizes that wrap", [](weir_parse &p) { p.rsps[0].size = UINT64_MAX; }},
};

TEST(Contract, WhateverIsWrongInAReplyEndsTheServerConnectionAndFailsWhatIsQueued) {
  for (const Wrong &wrong : kWrongReplies) {
    SCOPED_TRACE(wrong.what);
    World world({.servers = 2});
    Peer &client = world.connect();
    client.say("mget 0 1\nget 0\n");
    world.server(1).say("*b\n");
    world.server(0);
    world.settle();
    line_hooks().after_rsp = once(wrong.tamper);
    world.server(0).say("*a\n+g\n");
    EXPECT_TRUE(world.until([&] { return world.server(0).ended; }));
    world.settle();
    EXPECT_NE(client.got, "");
    client.say("get 0\n");
    world.server(0, 1).say("+fresh\n");
    EXPECT_TRUE(world.until([&] { return client.got.ends_with("+fresh\n"); })) << client.got;
    EXPECT_EQ(world.leftovers(), "");
  }
}

TEST(Contract, AReplyOfAllTheBytesThereAreIsAwaitedAndNotHeld) {
  World world;
  Peer &client = world.connect();
  line_hooks().after_rsp = once([](weir_parse &p) { p.rsps[0].size = UINT64_MAX; });
  client.say("get 0\n");
  world.server(0).say("+a\n");
  EXPECT_TRUE(world.got(client, "+a\n"));
  world.server(0).close();
  EXPECT_TRUE(world.until([&] { return client.ended; }));
  EXPECT_EQ(world.leftovers(), "");
}

// ---- output
// ----------------------------------------------------------------------------------------------------------

struct WrongOut {
  const char *what;
  std::function<weir_status(weir_out &)> write;
};

weir_status put(weir_out &out, uint32_t kind, uint32_t src, const void *ptr, uint64_t off, uint64_t len) {
  out.segs[out.len++] = {kind, src, static_cast<const uint8_t *>(ptr), off, len};
  return WEIR_OK;
}

const char kText[] = "text";
const WrongOut kWrongOuts[] = {
    {"nothing", [](weir_out &) { return WEIR_OK; }},
    {"an error", [](weir_out &) { return WEIR_E_FAIL; }},
    {"an error behind bytes", [](weir_out &out) { return put(out, WEIR_SEG_LIT, 0, kText, 0, 4), WEIR_E_NOMEM; }},
    {"a positive status", [](weir_out &out) { return put(out, WEIR_SEG_LIT, 0, kText, 0, 4), 7; }},
    {"an unknown kind", [](weir_out &out) { return put(out, 9, 0, kText, 0, 4); }},
    {"kind 0", [](weir_out &out) { return put(out, 0, 0, kText, 0, 4); }},
    {"memory that is not the arena's", [](weir_out &out) { return put(out, WEIR_SEG_MEM, 0, kText, 0, 4); }},
    {"no memory", [](weir_out &out) { return put(out, WEIR_SEG_MEM, 0, nullptr, 0, 4); }},
    {"no text", [](weir_out &out) { return put(out, WEIR_SEG_LIT, 0, nullptr, 0, 4); }},
    {"a source that is none", [](weir_out &out) { return put(out, WEIR_SEG_REF, 99, nullptr, 0, 1); }},
    {"a source's bytes past its end", [](weir_out &out) { return put(out, WEIR_SEG_REF, 0, nullptr, 0, 1 << 20); }},
    {"an offset past its end", [](weir_out &out) { return put(out, WEIR_SEG_REF, 0, nullptr, UINT64_MAX, 2); }},
    {"good bytes before bad ones",
     [](weir_out &out) {
       put(out, WEIR_SEG_LIT, 0, kText, 0, 4);
       return put(out, WEIR_SEG_MEM, 0, kText, 0, 4);
     }},
    {"more segments than there is room for",
     [](weir_out &out) {
       put(out, WEIR_SEG_LIT, 0, kText, 0, 4);
       out.len = UINT32_MAX;
       return WEIR_OK;
     }},
};

TEST(Contract, AnIllegalReplyOfThePluginsOwnClosesTheClient) {
  for (const WrongOut &wrong : kWrongOuts) {
    SCOPED_TRACE(wrong.what);
    World world;
    Peer &client = world.connect(), &other = world.connect();
    line_hooks().reply = [&](const weir_req *, uint32_t, weir_out &out) { return wrong.write(out); };
    client.say("ping\n");
    EXPECT_TRUE(world.until([&] { return client.ended; }));
    EXPECT_EQ(client.got, "");
    line_hooks().reply = {};
    other.say("ping\n");
    EXPECT_TRUE(world.got(other, "+ping\n"));
    EXPECT_EQ(world.leftovers(), "");
  }
}

TEST(Contract, AnIllegalRenderingFailsThatRequestAndLeavesTheStreamWhole) {
  for (const WrongOut &wrong : kWrongOuts) {
    SCOPED_TRACE(wrong.what);
    World world({.servers = 2});
    Peer &client = world.connect();
    line_hooks().render = [&](const weir_render &, weir_out &out) { return wrong.write(out); };
    client.say("get 0\nmget 0 1\nagain 0\nget 0\n");
    EXPECT_TRUE(world.got(world.server(0), "get 0\nget 0\n"));
    world.server(0).say("+a\n+b\n");
    EXPECT_TRUE(world.got(client, "+a\n*failed,failed\n-10 the command could not be encoded\n+b\n"));
    EXPECT_EQ(world.leftovers(), "");
  }
}

TEST(Contract, AnIllegalMergeFailsThatRequest) {
  for (const WrongOut &wrong : kWrongOuts) {
    SCOPED_TRACE(wrong.what);
    World world({.servers = 2});
    Peer &client = world.connect();
    line_hooks().merge = [&](const weir_merge &, weir_out &out) { return wrong.write(out); };
    client.say("mget 0 1\nget 0\n");
    world.server(0).say("*a\n+b\n");
    world.server(1).say("*c\n");
    EXPECT_TRUE(world.got(client, "-10 the replies could not be merged\n+b\n"));
    EXPECT_EQ(world.leftovers(), "");
  }
}

TEST(Contract, AProtocolWithoutMergeSplitsNothing) {
  World world({.servers = 2, .rig = [](const Tables &tables) { tables.protocol.merge = nullptr; }});
  Peer &client = world.connect();
  client.say("mget 0 1\nall\nget 0\n");
  world.server(0).say("+a\n");
  std::string no = "-10 the protocol cannot merge replies\n";
  EXPECT_TRUE(world.got(client, no + no + "+a\n"));
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Contract, AReplyMayAskForTheClientToBeClosedBehindIt) {
  World world;
  Peer &client = world.connect();
  line_hooks().reply = [](const weir_req *, uint32_t, weir_out &out) {
    out.flags = WEIR_OUT_CLOSE;
    return put(out, WEIR_SEG_LIT, 0, "bye\n", 0, 4);
  };
  client.say("get 0\nping\nget 0\n");
  world.server(0).say("+a\n");
  EXPECT_TRUE(world.got(client, "+a\nbye\n"));
  EXPECT_TRUE(world.until([&] { return client.ended; }));
  EXPECT_EQ(world.server(0).got, "get 0\n");
  EXPECT_EQ(world.leftovers(), "");
}

}  // namespace
}  // namespace weir::testing
