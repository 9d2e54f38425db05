// What filters may do to requests: each verdict, on each kind of route.
#include <gtest/gtest.h>

#include "tests/unit/client/world.h"

namespace weir::testing {
namespace {

// A world whose filters are set up before it is made.
struct Filtered {
  explicit Filtered(uint32_t servers, Act first, Act second = {}, const std::string &on_error = "reject",
                    std::function<void()> more = {})
      : world({.servers = servers,
               .tune = [&](config::Pool &pool) { pool.filters[0].on_error = on_error; },
               .rig =
                   [&](const Tables &) {
                     test_filters()[0].request = std::move(first);
                     test_filters()[1].request = std::move(second);
                     if (more) more();
                   },
               .filters = 2}) {}
  World world;
  PoolCells &cells() { return world.pool_cells(); }
};

// ---- other keys

TEST(Filter, AKeyIsRewrittenBeforeItIsRouted) {
  Filtered f(2, prefix_filter("1"));
  World &world = f.world;
  Peer &client = world.connect();
  client.say("get 0\nset 0x 3\nabc");
  EXPECT_TRUE(world.got(world.server(1), "get 10\nset 10x 3\nabc"));
  world.server(1).say("+a\n+b\n");
  EXPECT_TRUE(world.got(client, "+a\n+b\n"));
  EXPECT_EQ(test_filters()[0].seen, "get 0;set 0x;");
  EXPECT_EQ(test_filters()[1].seen, "get 10;set 10x;");
  EXPECT_EQ(f.cells().filter_requests.get(), 2U);
  EXPECT_EQ(f.cells().filter_rekeyed.get(), 2U);
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Filter, WhatNobodyWantsToSeeIsNotShown) {
  Filtered f(2, prefix_filter("1"), {}, "reject", [] {
    test_filters()[0].wants = {"get"};
    test_filters()[1].wants = {"set"};
  });
  World &world = f.world;
  Peer &client = world.connect();
  client.say("mget 0 0\nget 0\nset 0 1\nx");
  EXPECT_TRUE(world.got(world.server(0), "mget 0 0\nset 0 1\nx"));
  EXPECT_TRUE(world.got(world.server(1), "get 10\n"));
  EXPECT_EQ(test_filters()[0].seen, "get 0;");
  EXPECT_EQ(test_filters()[1].seen, "set 0;");
  EXPECT_EQ(f.cells().filter_requests.get(), 2U);
  EXPECT_EQ(world.leftovers(), "");
}

// However the bytes come, each request is asked about once, and replies keep their order.
TEST(Filter, PipelinesCutAnywhere) {
  const std::string asked =
      "get 0\nset 0 2\nab"
      "put 0 3\nxyz\n"
      "mget 0 1 0y\nping\nget 1\n";
  Filtered f(2, prefix_filter("1"), {}, "reject", [] { test_filters()[0].wants = {"get", "put", "mget"}; });
  World &world = f.world;
  for (size_t cut = 1; cut < asked.size(); ++cut) {
    SCOPED_TRACE(cut);
    test_filters()[0].seen.clear();
    Peer &client = world.connect();
    client.say(asked.substr(0, cut));
    for (int i = 0; i < 3; ++i) world.turn();
    client.say(asked.substr(cut));
    ASSERT_TRUE(world.got(world.server(1), "get 10\nput 10 3\nxyz\nmget 10 11 10y\nget 11\n"));
    ASSERT_TRUE(world.got(world.server(0), "set 0 2\nab"));
    world.server(1).say("+a\n+c\n+d\n+e\n");
    world.settle();
    world.server(0).say("+b\n");
    ASSERT_TRUE(world.got(client, "+a\n+b\n+c\n+d\n+ping\n+e\n"));
    ASSERT_EQ(test_filters()[0].seen, "get 0;put 0;mget 0 1 0y;get 1;");
  }
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Filter, SomeKeysOfASplitAreRewritten) {
  Filtered f(3, [](const weir_scope &, const weir_view &view, weir_verdict &verdict) {
    static const std::string kOther = "2other";
    if (view.key_count > 1) rekey(verdict, 1, kOther);
    return WEIR_OK;
  });
  World &world = f.world;
  Peer &client = world.connect();
  client.say("mget 0a 0b 1c 2d\n");
  EXPECT_TRUE(world.got(world.server(0), "mget 0a\n"));
  EXPECT_TRUE(world.got(world.server(1), "mget 1c\n"));
  EXPECT_TRUE(world.got(world.server(2), "mget 2other 2d\n"));
  world.server(2).say("*b,d\n");
  world.server(1).say("*c\n");
  world.server(0).say("*a\n");
  EXPECT_TRUE(world.got(client, "*0a:a,0b:b,1c:c,2d:d\n"));
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Filter, RepliesThatNameKeysAreMergedWithThoseOfTheClient) {
  Filtered f(2, prefix_filter("1"));
  World &world = f.world;
  Peer &client = world.connect();
  client.say("echo 0\nmecho 0 0b\n");
  EXPECT_TRUE(world.got(world.server(1), "echo 10\nmecho 10 10b\n"));
  world.server(1).say("*a\n*b,c\n");
  EXPECT_TRUE(world.got(client, "*0:a\n*0:b,0b:c\n"));
  EXPECT_EQ(world.leftovers(), "");
}

// Whether a reply is all there when it is looked at or not, comes in its turn or before it, is short or long: it is the
// same, and takes its place.
TEST(Filter, RepliesThatNameKeysComeInAnyPieces) {
  std::string key;
  Filtered f(2, [&key](const weir_scope &, const weir_view &view, weir_verdict &verdict) {
    key = text_of(view.keys[0]) + "x";
    rekey(verdict, 0, key);
    return WEIR_OK;
  });
  World &world = f.world;
  const std::string large(100, 'x');
  const std::string one = "*a\n*" + large + "\n", other = "*b\n*c\n";
  const std::string asked = "echo 0\necho 1\necho 0\necho 1\n";
  const std::string expected = "*0:a\n*1:b\n*0:" + large + "\n*1:c\n";
  for (bool in_turn : {false, true}) {
    for (size_t cut = 0; cut <= one.size(); ++cut) {
      SCOPED_TRACE(cut);
      Peer &client = world.connect();
      client.say(asked);
      ASSERT_TRUE(world.got(world.server(0), "echo 0x\necho 0x\n"));
      ASSERT_TRUE(world.got(world.server(1), "echo 1x\necho 1x\n"));
      Peer &first = world.server(in_turn ? 0 : 1), &second = world.server(in_turn ? 1 : 0);
      const std::string &early = in_turn ? one : other, &late = in_turn ? other : one;
      first.say(early.substr(0, std::min(cut, early.size())));
      world.settle();
      first.say(early.substr(std::min(cut, early.size())));
      world.settle();
      second.say(late.substr(0, std::min(cut, late.size())));
      world.settle();
      second.say(late.substr(std::min(cut, late.size())));
      ASSERT_TRUE(world.got(client, expected));
    }
  }
  EXPECT_EQ(world.leftovers(), "");
}

// A reply that cannot be merged, and one that does not come, fail their own requests and no other.
TEST(Filter, RepliesThatNameKeysMayFail) {
  Filtered f(2, prefix_filter("1"));
  World &world = f.world;
  Peer &client = world.connect(), &gone = world.connect();
  client.say("echo 0\necho 0b\n");
  gone.say("echo 0\n");
  EXPECT_TRUE(world.got(world.server(1), "echo 10\necho 10b\necho 10\n"));
  gone.close();
  world.settle();
  world.server(1).say("*a\n");
  EXPECT_TRUE(world.got(client, "*0:a\n"));
  world.server(1).close();
  EXPECT_TRUE(world.got(client, "*0b:failed\n"));
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Filter, ALargeRequestIsHeldWholeAndRewritten) {
  Filtered f(2, prefix_filter("1"));
  World &world = f.world;
  Peer &client = world.connect();
  const std::string value(200 << 10, 'x');
  client.say("get 0\nput 0 " + std::to_string(value.size()) + "\n" + value.substr(0, 100));
  world.settle();
  client.say(value.substr(100) + "\nget 1\n");
  EXPECT_TRUE(
      world.got(world.server(1), "get 10\nput 10 " + std::to_string(value.size()) + "\n" + value + "\nget 11\n"));
  world.server(1).say("+a\n+b\n+c\n");
  EXPECT_TRUE(world.got(client, "+a\n+b\n+c\n"));
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Filter, ACommandOfVeryManyKeys) {
  Filtered f(2, prefix_filter("1"));
  World &world = f.world;
  Peer &client = world.connect();
  std::string asked = "mget", sent = "mget", some = "mget", items = "*", merged = "*";
  for (int i = 0; i < 9000; ++i) {
    const std::string key = std::to_string(i);
    asked += " " + key;
    sent += " 1" + key;
    items += (i > 0 ? ",v" : "v") + key;
    merged += (i > 0 ? "," : "") + key + ":v" + key;
  }
  client.say(asked + "\nget 0\n");
  EXPECT_TRUE(world.got(world.server(1), sent + "\nget 10\n"));
  world.server(1).say("+all\n+b\n");  // of one server: it is passed on as it is
  EXPECT_TRUE(world.got(client, "+all\n+b\n"));
  // To both.
  test_filters()[0].request = [](const weir_scope &, const weir_view &view, weir_verdict &verdict) {
    static const std::string kOne = "1x", kZero = "0x";
    for (uint32_t i = 0; i < view.key_count; ++i) rekey(verdict, i, i == 0 ? kZero : kOne);
    return WEIR_OK;
  };
  client.say(asked + "\n");
  for (int i = 1; i < 9000; ++i) some += " 1x";
  EXPECT_TRUE(world.got(world.server(0), "mget 0x\n"));
  EXPECT_TRUE(world.got(world.server(1), some + "\n"));
  world.server(0).say("*v0\n");
  world.server(1).say("*" + items.substr(4) + "\n");
  EXPECT_TRUE(world.got(client, merged + "\n"));
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Filter, KeysThatNoLongerLieTogether) {
  Filtered f(2, [](const weir_scope &, const weir_view &, weir_verdict &verdict) {
    static const std::string kOther = "1";
    rekey(verdict, 0, kOther);
    return WEIR_OK;
  });
  Peer &client = f.world.connect();
  client.say("same 0 0\n");
  EXPECT_TRUE(f.world.got(client, "-6 the keys lie on different servers\n"));
  EXPECT_EQ(f.world.leftovers(), "");
}

TEST(Filter, KeysOfALeaseStayOnItsServer) {
  Filtered f(2, {});
  World &world = f.world;
  Peer &client = world.connect();
  client.say("watch 1\n");
  EXPECT_TRUE(world.got(world.server(1), "watch 1\n"));
  world.server(1).say("+w\n");
  EXPECT_TRUE(world.got(client, "+w\n"));
  test_filters()[0].request = prefix_filter("0");
  client.say("over 1\n");
  EXPECT_TRUE(world.got(client, "-6 the keys lie on different servers\n"));
  test_filters()[0].request = {};
  client.say("end 1\n");
  EXPECT_TRUE(world.got(client, "-11 a command before it was refused\n"));
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Filter, OneThatWaitsForItsTurnIsAskedAboutThen) {
  Filtered f(2, prefix_filter("1"));
  World &world = f.world;
  Peer &client = world.connect();
  client.say("get 0\nbegin 0\nget 2\n");
  EXPECT_TRUE(world.got(world.server(1), "get 10\n"));
  EXPECT_EQ(test_filters()[0].seen, "get 0;");
  world.server(1).say("+a\n");
  EXPECT_TRUE(world.got(world.server(1, 1), "prelude\nbegin 10\n"));
  EXPECT_EQ(test_filters()[0].seen, "get 0;(other) 0;");
  world.server(1, 1).say("+p\n+b\n");
  EXPECT_TRUE(world.got(client, "+a\n+b\n"));
  EXPECT_TRUE(world.got(world.server(1, 1), "get 12\n"));
  EXPECT_EQ(test_filters()[0].seen, "get 0;(other) 0;get 2;");
  EXPECT_EQ(line_hooks().leases, " +1");
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Filter, WithoutAReplyOrOverAnotherKindOfConnection) {
  Filtered f(8, prefix_filter("1"));
  World &world = f.world;
  Peer &client = world.connect();
  client.say("tell 0\nkind 7\n");
  EXPECT_TRUE(world.got(world.server(1, 0), "tell 10\n"));
  EXPECT_TRUE(world.got(world.server(1, 1), "kind 17\n"));
  world.server(1, 1).say("+k\n");
  EXPECT_TRUE(world.got(client, "+k\n"));
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Filter, ARequestThatIsSentAgainKeepsItsKey) {
  test_filters()[0] = {};
  World world({.servers = 2,
               .tune = [](config::Pool &pool) { pool.retry = "reads"; },
               .rig = [](const Tables &) { test_filters()[0].request = prefix_filter("1"); },
               .filters = 1});
  Peer &client = world.connect();
  client.say("get 0\n");
  EXPECT_TRUE(world.got(world.server(1, 0), "get 10\n"));
  world.server(1, 0).close();
  EXPECT_TRUE(world.got(world.server(1, 1), "get 10\n"));
  world.server(1, 1).say("+a\n");
  EXPECT_TRUE(world.got(client, "+a\n"));
  EXPECT_EQ(test_filters()[0].seen, "get 0;");
  EXPECT_EQ(world.leftovers(), "");
}

// ---- without a server

TEST(Filter, Rejects) {
  Filtered f(1, decide([](weir_verdict &v) {
               static const std::string kText = "not\r\nnow";
               v.action = WEIR_V_REJECT;
               v.text = bytes_of(kText);
             }),
             {}, "reject", [] { test_filters()[0].wants = {"set"}; });
  World &world = f.world;
  Peer &client = world.connect();
  client.say(
      "get 0\nset 0 1\nx"
      "get 1\n");
  EXPECT_TRUE(world.got(world.server(0), "get 0\nget 1\n"));
  world.server(0).say("+a\n+b\n");
  EXPECT_TRUE(world.got(client, "+a\n-4 not  now\n+b\n"));
  EXPECT_EQ(test_filters()[1].seen, "get 0;get 1;");  // nobody is asked after it
  EXPECT_EQ(f.cells().filter_rejected.get(), 1U);
  client.say("tell 0\n");
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Filter, WhatHasNoReplyIsRejectedSilently) {
  Filtered f(1, decide([](weir_verdict &v) { v.action = WEIR_V_REJECT; }));
  Peer &client = f.world.connect();
  client.say("tell 0\nhush\ndrop\nmute 0\nget 0\n");
  EXPECT_TRUE(f.world.got(client, "-4 \n"));
  EXPECT_EQ(f.cells().filter_rejected.get(), 5U);
  EXPECT_EQ(f.world.leftovers(), "");
}

TEST(Filter, Answers) {
  Filtered f(1, decide([](weir_verdict &v) {
               static const std::string kValue = "value";
               v.action = WEIR_V_ANSWER;
               v.answer = WEIR_ERR_ANSWER;
               v.text = bytes_of(kValue);
             }),
             {}, "reject", [] {
               test_filters()[0].wants = {"get", "(other)"};
             });
  World &world = f.world;
  Peer &client = world.connect();
  client.say(
      "set 0 1\nx"
      "get 0\nping\nquit\nget 1\n");
  EXPECT_TRUE(world.got(world.server(0), "set 0 1\nx"));
  world.server(0).say("+a\n");
  EXPECT_TRUE(world.got(client, "+a\n-13 value\n-13 value\n-13 value\n"));
  EXPECT_TRUE(world.until([&] { return client.ended; }));
  EXPECT_EQ(f.cells().filter_answered.get(), 3U);
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Filter, ClosesAClient) {
  Filtered f(1, decide([](weir_verdict &v) { v.action = WEIR_V_DROP_CLIENT; }), {}, "reject",
             [] { test_filters()[0].wants = {"set"}; });
  World &world = f.world;
  Peer &client = world.connect();
  client.say("get 0\nset 0 1\nx");
  EXPECT_TRUE(world.until([&] { return client.ended; }));
  EXPECT_EQ(client.got, "");
  EXPECT_EQ(f.cells().filter_dropped.get(), 1U);
  EXPECT_EQ(world.leftovers(), "");
}

// ---- to a server of its choice

TEST(Filter, ChoosesTheServer) {
  Filtered f(3, decide([](weir_verdict &v) { v.server = 2; }));
  World &world = f.world;
  Peer &client = world.connect();
  const std::string all = "get 0\nmget 0 1\nany\nall\nat 0\nsame 0 1\n";
  client.say(all);
  EXPECT_TRUE(world.got(world.server(2), all));
  world.server(2).say("+1\n+2\n+3\n+4\n+5\n+6\n");
  EXPECT_TRUE(world.got(client, "+1\n+2\n+3\n+4\n+5\n+6\n"));
  EXPECT_TRUE(world.servers[0].connections.empty());
  EXPECT_TRUE(world.servers[1].connections.empty());
  EXPECT_EQ(world.leftovers(), "");
}

// ---- verdicts that cannot be followed

struct Fault {
  const char *what;
  Act act;
};

const std::string kLong(65, 't'), kEmpty, kKey = "k";

weir_status failing(const weir_scope &, const weir_view &, weir_verdict &) {
  return WEIR_E_FAIL;
}

const Fault kFaults[] = {
    {"it fails", &failing},
    {"a result that means nothing", [](const auto &, const auto &, auto &) { return 1; }},
    {"an unknown action", decide([](weir_verdict &v) { v.action = 4; })},
    {"an unknown answer", decide([](weir_verdict &v) { v.action = WEIR_V_ANSWER; })},
    {"an integer that is none", decide([](weir_verdict &v) {
       v.action = WEIR_V_ANSWER;
       v.answer = WEIR_ERR_ANSWER_INT;
       v.text = bytes_of(kKey);
     })},
    {"a text that is nowhere", decide([](weir_verdict &v) {
       v.action = WEIR_V_REJECT;
       v.text = {nullptr, 3};
     })},
    {"a text without end", decide([](weir_verdict &v) {
       v.action = WEIR_V_REJECT;
       v.text = {bytes_of(kKey).ptr, UINT64_MAX};
     })},
    {"a long tag", decide([](weir_verdict &v) { v.tag = bytes_of(kLong); })},
    {"a pool that is no target", decide([](weir_verdict &v) { v.pool = 7; })},
    {"a mirror that is no target", decide([](weir_verdict &v) { v.mirror_pool = 7; })},
    {"a server that is not there", decide([](weir_verdict &v) { v.server = 1; })},
    {"an empty key", decide([](weir_verdict &v) { rekey(v, 0, kEmpty); })},
    {"a key without end", decide([](weir_verdict &v) {
       rekey(v, 0, kKey);
       v.new_keys[0].len = UINT64_MAX;
     })},
    {"fewer keys than it counts", decide([](weir_verdict &v) { v.rekey_count = 1; })},
    {"more keys than there are", decide([](weir_verdict &v) {
       rekey(v, 0, kKey);
       v.rekey_count = 2;
     })},
};

TEST(Filter, AFailureRejectsTheRequest) {
  for (const Fault &fault : kFaults) {
    SCOPED_TRACE(fault.what);
    Filtered f(1, fault.act, {}, "reject", [] { test_filters()[0].wants = {"get"}; });
    World &world = f.world;
    Peer &client = world.connect();
    client.say("get 0\nset 0 1\nx");
    EXPECT_TRUE(world.got(world.server(0), "set 0 1\nx"));
    world.server(0).say("+b\n");
    EXPECT_TRUE(world.got(client, "-4 a filter failed\n+b\n"));
    EXPECT_EQ(test_filters()[1].seen, "set 0;");
    EXPECT_EQ(f.cells().filter_errors.get(), 1U);
    EXPECT_EQ(world.leftovers(), "");
  }
}

TEST(Filter, OrTheRequestGoesOnWithoutIt) {
  for (const Fault &fault : kFaults) {
    SCOPED_TRACE(fault.what);
    Filtered f(1, fault.act, prefix_filter("2"), "continue");
    World &world = f.world;
    Peer &client = world.connect();
    client.say("get 0\n");
    EXPECT_TRUE(world.got(world.server(0), "get 20\n"));
    world.server(0).say("+b\n");
    EXPECT_TRUE(world.got(client, "+b\n"));
    EXPECT_EQ(test_filters()[1].seen, "get 0;");
    EXPECT_EQ(f.cells().filter_errors.get(), 1U);
    EXPECT_EQ(world.leftovers(), "");
  }
}

TEST(Filter, ACommandThatChangedItsClientIsNotAnsweredButClosesIt) {
  Filtered f(1, decide([](weir_verdict &v) { v.action = WEIR_V_REJECT; }));
  World &world = f.world;
  Peer &client = world.connect();
  client.say("enter 0\n");
  EXPECT_TRUE(world.until([&] { return client.ended; }));
  EXPECT_EQ(client.got, "");
  EXPECT_EQ(f.cells().filter_errors.get(), 1U);
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Filter, KeysThatAreTopicsStay) {
  Filtered f(1, prefix_filter("1"));
  World &world = f.world;
  Peer &client = world.connect();
  client.say("shout 0\n");
  EXPECT_TRUE(world.got(client, "-4 a filter failed\n"));
  client.say("tune 0\n");
  EXPECT_TRUE(world.got(client, "-4 a filter failed\n"));
  test_filters()[0].request = {};
  client.say("tune 0\n");
  EXPECT_TRUE(world.got(world.server(0), "tune 0\n"));
  world.server(0).say("+ok\n");
  EXPECT_TRUE(world.got(client, "#1\n"));
  client.say("off\n");
  EXPECT_TRUE(world.got(client, "#1\n"));
  EXPECT_EQ(test_filters()[0].seen, "shout 0;(other) 0;(other) 0;(other);");
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Filter, ALeaseThatIsRejectedIsNotTaken) {
  Filtered f(2, decide([](weir_verdict &v) { v.action = WEIR_V_REJECT; }));
  World &world = f.world;
  Peer &client = world.connect();
  client.say("begin 0\nget 1\n");
  EXPECT_TRUE(world.got(client, "-4 \n-4 \n"));
  EXPECT_EQ(line_hooks().leases, "");
  test_filters()[0].request = {};
  client.say("watch 1\n");
  EXPECT_TRUE(world.got(world.server(1), "watch 1\n"));
  world.server(1).say("+w\n");
  EXPECT_TRUE(world.got(client, "+w\n"));
  test_filters()[0].request = decide([](weir_verdict &v) { v.action = WEIR_V_REJECT; });
  client.say("over 1\n");
  EXPECT_TRUE(world.got(client, "-4 \n"));
  test_filters()[0].request = {};
  client.say("end 1\n");
  EXPECT_TRUE(world.got(client, "-11 a command before it was refused\n"));
  EXPECT_EQ(line_hooks().leases, " +1 -1");
  EXPECT_EQ(world.leftovers(), "");
}

// ---- what they see

TEST(Filter, SeesWhoAsksForWhat) {
  std::string seen;
  Filtered f(
      1,
      [&](const weir_scope &scope, const weir_view &view, weir_verdict &verdict) {
        static const std::string kTag = "mine";
        EXPECT_EQ(scope.state, nullptr);
        seen = text_of(view.arg(&view, 0)) + "," + text_of(view.arg(&view, 2)) + "," + text_of(view.arg(&view, 3)) +
               "," + std::to_string(view.arg_count(&view)) + "," + text_of(view.client(&view)) + "," +
               text_of(view.listener) + "," + text_of(view.protocol) + "," + text_of(view.tag) + "," +
               std::to_string(view.pool);
        verdict.tag = bytes_of(kTag);
        return WEIR_OK;
      },
      [&](const weir_scope &, const weir_view &view, weir_verdict &) {
        seen += "," + text_of(view.tag);
        return WEIR_OK;
      });
  Peer &client = f.world.connect();
  client.say("get 0\nset 0 1\nx");
  EXPECT_TRUE(f.world.got(f.world.server(0), "get 0\nset 0 1\nx"));
  EXPECT_EQ(seen, "set,1,,3,?:0,127.0.0.1:1,puppet,,0,mine");
  EXPECT_EQ(f.world.leftovers(), "");
}

TEST(Filter, SeesAllWordsOfALongRequest) {
  std::string last;
  Filtered f(1, [&](const weir_scope &, const weir_view &view, weir_verdict &) {
    last = std::to_string(view.arg_count(&view)) + text_of(view.arg(&view, view.arg_count(&view) - 1));
    return WEIR_OK;
  });
  Peer &client = f.world.connect();
  std::string asked = "mget";
  for (int i = 0; i < 300; ++i) asked += " k" + std::to_string(i);
  client.say(asked + "\n");
  EXPECT_TRUE(f.world.got(f.world.server(0), asked + "\n"));
  EXPECT_EQ(last, "301k299");
  EXPECT_EQ(f.world.leftovers(), "");
}

}  // namespace
}  // namespace weir::testing
