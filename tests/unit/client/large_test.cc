// Commands of many keys: dispatched and merged in slices, with turns of the loop between them for everybody else.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/client/world.h"

namespace weir::testing {
namespace {

constexpr uint32_t kServers = 3;
constexpr uint32_t kKeys = 20'000;
constexpr uint64_t kSlice = 4096;

uint64_t selected = 0;  // keys, by the distribution

// Like the puppet's own, but a server that is not alive hands its keys to the next; and it counts.
struct Table {
  std::vector<uint32_t> alive;
};
void *build(void *, const weir_server *servers, uint32_t n, const void *, weir_errbuf *) {
  auto *table = new Table;
  for (uint32_t i = 0; i < n; ++i) table->alive.push_back(servers[i].alive);
  return table;
}
void drop(void *, void *table) {
  delete static_cast<Table *>(table);
}
void select(const weir_scope *, const void *ring, const uint64_t *hash, const weir_bytes *, uint32_t n,
            uint32_t *servers) {
  const auto &alive = static_cast<const Table *>(ring)->alive;
  selected += n;
  for (uint32_t i = 0; i < n; ++i) {
    auto server = static_cast<uint32_t>(hash[i] % alive.size());
    while (alive[server] == 0) server = static_cast<uint32_t>((server + 1) % alive.size());
    servers[i] = server;
  }
}

World::Plan plan(const std::function<void(config::Pool &)> &tune = {}) {
  selected = 0;
  return {.servers = kServers, .handshake = false, .tune = tune, .rig = [](const Tables &tables) {
            tables.protocol.max_head = 4 << 20;
            tables.dist.build = &build;
            tables.dist.drop = &drop;
            tables.dist.select = &select;
          }};
}

// A large mget, what its servers are asked and say, and what it is answered.
struct Story {
  explicit Story(uint32_t keys = kKeys, const std::string &name = "k") {
    for (uint32_t i = 0; i < keys; ++i) {
      uint32_t server = i * 7 % kServers;
      std::string key = std::to_string(server) + name + std::to_string(i);
      request += " " + key;
      asked[server] += " " + key;
      said[server] += (said[server].size() > 1 ? ",v" : "v") + key;
      answer += (i > 0 ? ",v" : "v") + key;
      without_first += (i > 0 ? "," : "") + (server == 0 ? "failed" : "v" + key);
    }
    for (uint32_t i = 0; i < kServers; ++i) {
      asked[i] += "\n";
      said[i] += "\n";
    }
    request += "\n";
    answer += "\n";
    without_first += "\n";
  }
  std::string request = "mget", asked[kServers] = {"mget", "mget", "mget"}, said[kServers] = {"*", "*", "*"};
  std::string answer = "*", without_first = "*";
};
const Story &story() {
  static const Story one;
  return one;
}

// All servers are connected and have nothing to do.
void warm_up(World &world) {
  Peer &client = world.connect();
  for (uint32_t i = 0; i < kServers; ++i) client.say("get " + std::to_string(i) + "\n");
  for (uint32_t i = 0; i < kServers; ++i) {
    ASSERT_TRUE(world.got(world.server(i), "get " + std::to_string(i) + "\n"));
    world.server(i).say("+\n");
  }
  ASSERT_TRUE(world.got(client, "+\n+\n+\n"));
  client.close();
  world.settle();
  selected = 0;
}

void all_say(World &world, const Story &what) {
  for (uint32_t i = 0; i < kServers; ++i) world.server(i).say(what.said[i]);
}

// Turns until it holds. Each is long enough for another client's request and works on one slice at most; how many.
size_t turns_that_serve_others(World &world, Peer &other, const std::function<bool()> &holds) {
  size_t turns = 0;
  for (; !holds() && turns < 1000; ++turns) {
    uint64_t before = selected + line_hooks().worked_keys;
    other.say("ping\n");
    world.turn();
    EXPECT_EQ(other.take(), "+ping\n") << "in turn " << turns;
    EXPECT_LE(selected + line_hooks().worked_keys - before, kSlice) << "in turn " << turns;
  }
  EXPECT_TRUE(holds());
  return turns;
}

TEST(Large, OthersAreServedBetweenItsSlices) {
  World world(plan());
  warm_up(world);
  Peer &client = world.connect(), &other = world.connect();
  other.say("ping\n");
  ASSERT_TRUE(world.got(other, "+ping\n"));
  client.say(story().request);
  size_t turns = turns_that_serve_others(world, other, [&] {
    bool all = true;
    for (uint32_t i = 0; i < kServers; ++i) all = all && world.server(i).got == story().asked[i];
    return all;
  });
  EXPECT_GE(turns, 3 * kKeys / kSlice) << "to route, to group and to render them";
  EXPECT_EQ(selected, kKeys);
  EXPECT_EQ(line_hooks().worked_keys, kKeys);
  all_say(world, story());
  turns = turns_that_serve_others(world, other, [&] { return client.got.size() >= story().answer.size(); });
  EXPECT_GE(turns, kKeys / kSlice);
  EXPECT_TRUE(world.got(client, story().answer));
  EXPECT_EQ(line_hooks().worked_keys, 2 * kKeys);
  EXPECT_EQ(world.pool_cells().fragments.get(), kServers);
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Large, ASliceMoreOrLessIsNoMatter) {
  for (uint32_t keys : {4095U, 4096U, 4097U, 8191U, 8192U, 8193U}) {
    SCOPED_TRACE(keys);
    Story what(keys);
    World world(plan());
    Peer &client = world.connect();
    client.say(what.request);
    for (uint32_t i = 0; i < kServers; ++i) ASSERT_TRUE(world.got(world.server(i), what.asked[i]));
    all_say(world, what);
    EXPECT_TRUE(world.got(client, what.answer));
    EXPECT_EQ(world.leftovers(), "");
  }
}

TEST(Large, WhatIsAskedBehindItComesBehindIt) {
  World world(plan());
  Peer &client = world.connect();
  client.say("get 0\n" + story().request + "ping\nget 0\nmget 0 1\n" + story().request + "ping\n");
  Peer &first = world.server(0);
  ASSERT_TRUE(world.until([&] { return first.got.ends_with("mget 0\n" + story().asked[0]); }));
  world.settle();
  EXPECT_EQ(first.take(), "get 0\n" + story().asked[0] + "get 0\nmget 0\n" + story().asked[0]);
  EXPECT_EQ(world.server(1).take(), story().asked[1] + "mget 1\n" + story().asked[1]);
  first.say("+a\n" + story().said[0] + "+b\n*c\n" + story().said[0]);
  world.server(1).say(story().said[1] + "*d\n" + story().said[1]);
  world.server(2).say(story().said[2] + story().said[2]);
  EXPECT_TRUE(world.got(client, "+a\n" + story().answer + "+ping\n+b\n*c,d\n" + story().answer + "+ping\n"));
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Large, ItIsMergedWhenItsTurnComes) {
  World world(plan());
  Peer &client = world.connect();
  client.say("get 1\n" + story().request + "get 2\n");
  for (uint32_t i = 0; i < kServers; ++i) {
    Peer &server = world.server(i);
    ASSERT_TRUE(world.until([&] { return server.got.find(story().asked[i]) != std::string::npos; }));
  }
  uint64_t rendered = line_hooks().worked_keys;
  world.server(0).say(story().said[0]);
  world.server(2).say(story().said[2] + "+c\n");
  world.settle();
  EXPECT_EQ(client.got, "");
  EXPECT_EQ(line_hooks().worked_keys, rendered);
  world.server(1).say("+a\n" + story().said[1]);
  EXPECT_TRUE(world.got(client, "+a\n" + story().answer + "+c\n"));
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Large, SeveralClientsTakeTurns) {
  World world(plan());
  warm_up(world);
  std::vector<Story> stories;
  std::vector<Peer *> peers;
  for (int i = 0; i < 4; ++i) {
    stories.emplace_back(10'000, std::string(1, static_cast<char>('p' + i)));
    peers.push_back(&world.connect());
  }
  for (size_t i = 0; i < peers.size(); ++i) peers[i]->say(stories[i].request);
  Peer &other = world.connect();
  turns_that_serve_others(world, other, [&] {
    size_t lines = 0;
    for (uint32_t i = 0; i < kServers; ++i) {
      lines += static_cast<size_t>(std::count(world.server(i).got.begin(), world.server(i).got.end(), '\n'));
    }
    return lines == kServers * peers.size();
  });
  // Their parts came in an order of their own.
  for (uint32_t i = 0; i < kServers; ++i) {
    std::string said, asked = world.server(i).take();
    while (!asked.empty()) {
      auto whose = std::find_if(stories.begin(), stories.end(), [&](auto &s) { return asked.starts_with(s.asked[i]); });
      ASSERT_NE(whose, stories.end()) << "half a part";
      said += whose->said[i];
      asked.erase(0, whose->asked[i].size());
    }
    world.server(i).say(said);
  }
  turns_that_serve_others(world, other, [&] {
    for (size_t i = 0; i < peers.size(); ++i) {
      if (peers[i]->got.size() < stories[i].answer.size()) return false;
    }
    return true;
  });
  for (size_t i = 0; i < peers.size(); ++i) EXPECT_TRUE(world.got(*peers[i], stories[i].answer)) << i;
  EXPECT_EQ(world.leftovers(), "");
}

// ---- endings
// ---------------------------------------------------------------------------------------------------------

TEST(Large, AClientThatGoesInTheMiddleOfItsDispatchLeavesWholePartsOrNothing) {
  for (int turns = 0; turns < 20; ++turns) {
    SCOPED_TRACE(turns);
    World world(plan());
    warm_up(world);
    Peer &client = world.connect(), &other = world.connect();
    client.say(story().request + "get 0\n");
    for (int i = 0; i < turns; ++i) world.turn();
    client.say("get 0\n" + story().request);  // it never sees the end of this
    client.close();
    world.settle();
    EXPECT_EQ(world.front->clients(), 1U);
    for (uint32_t i = 0; i < kServers; ++i) {
      std::string got = world.server(i).take(), gets = got.substr(std::min(got.size(), story().asked[i].size()));
      ASSERT_TRUE(got.empty() || got == story().asked[i] + gets) << got.size();
      ASSERT_TRUE(gets.empty() || gets == "get 0\n" || gets == "get 0\nget 0\n") << gets;
      if (!got.empty()) world.server(i).say(story().said[i]);
      if (!gets.empty()) world.server(i).say(gets.size() == 6 ? "+\n" : "+\n+\n");
    }
    world.settle();
    other.say("get 0\n");
    ASSERT_TRUE(world.until([&] { return world.server(0).got.ends_with("get 0\n"); }));
    world.server(0).say("+mine\n");
    EXPECT_TRUE(world.got(other, "+mine\n"));
    EXPECT_EQ(world.leftovers(), "");
  }
}

TEST(Large, AClientThatGoesInTheMiddleOfTheMergeLeavesNothing) {
  for (int turns = 0; turns < 10; ++turns) {
    SCOPED_TRACE(turns);
    World world(plan());
    Peer &client = world.connect();
    client.say(story().request + "get 0\n");
    ASSERT_TRUE(world.until([&] { return world.server(0).got.ends_with("get 0\n"); }));
    world.settle();
    all_say(world, story());
    ASSERT_TRUE(world.until([&] { return line_hooks().worked_keys > kKeys; }));
    for (int i = 0; i < turns; ++i) world.turn();
    client.close();
    world.server(0).say("+late\n");
    world.settle();
    EXPECT_EQ(world.front->clients(), 0U);
    EXPECT_EQ(world.reactor.memory_in_use(), 0U);
    EXPECT_EQ(world.leftovers(), "");
  }
}

TEST(Large, AClientThatSaysNoMoreIsStillAnswered) {
  for (int turns : {0, 1, 3, 7}) {
    SCOPED_TRACE(turns);
    World world(plan());
    Peer &client = world.connect();
    client.say(story().request);
    for (int i = 0; i < turns; ++i) world.turn();
    client.shut();
    for (uint32_t i = 0; i < kServers; ++i) ASSERT_TRUE(world.got(world.server(i), story().asked[i]));
    all_say(world, story());
    EXPECT_TRUE(world.got(client, story().answer));
    EXPECT_TRUE(world.until([&] { return client.ended; }));
    EXPECT_EQ(world.leftovers(), "");
  }
}

TEST(Large, AWorkerThatDrainsFinishesIt) {
  World world(plan());
  Peer &client = world.connect();
  client.say(story().request);
  for (int i = 0; i < 3; ++i) world.turn();
  world.front->drain();
  for (uint32_t i = 0; i < kServers; ++i) ASSERT_TRUE(world.got(world.server(i), story().asked[i]));
  all_say(world, story());
  EXPECT_TRUE(world.got(client, story().answer));
  EXPECT_TRUE(world.until([&] { return client.ended; }));
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Large, AServerThatGoesInBetweenFailsItsPartOrGetsItAnew) {
  bool failed = false, anew = false;
  for (int turns = 0; turns < 25; ++turns) {
    SCOPED_TRACE(turns);
    World world(plan());
    warm_up(world);
    Peer &client = world.connect();
    client.say(story().request);
    for (int i = 0; i < turns; ++i) world.turn();
    bool had_it = !world.server(0).got.empty();
    world.server(0).close();
    for (uint32_t i = 1; i < kServers; ++i) {
      ASSERT_TRUE(world.got(world.server(i), story().asked[i]));
      world.server(i).say(story().said[i]);
    }
    ASSERT_TRUE(world.until([&] { return !client.got.empty() || world.servers[0].connections.size() > 1; }));
    if (world.servers[0].connections.size() > 1) {
      EXPECT_FALSE(had_it);
      anew = true;
      ASSERT_TRUE(world.got(world.server(0, 1), story().asked[0]));
      world.server(0, 1).say(story().said[0]);
      EXPECT_TRUE(world.got(client, story().answer));
    } else {
      failed = true;
      EXPECT_TRUE(world.got(client, story().without_first));
    }
    EXPECT_EQ(world.leftovers(), "");
  }
  EXPECT_TRUE(failed && anew);
}

// ---- rings
// -----------------------------------------------------------------------------------------------------------

// What the servers were asked, as one text each; the first server's keys are all there or all at the next one's.
TEST(Large, NoRequestIsRoutedByTwoRings) {
  bool old_ring = false, new_ring = false;
  for (int turns = 0; turns < 20; ++turns) {
    SCOPED_TRACE(turns);
    World world(plan());
    warm_up(world);
    Peer &client = world.connect();
    client.say(story().request);
    for (int i = 0; i < turns; ++i) world.turn();
    world.made->pool->rebuild({0, 1, 1}).reset();  // at the end of a turn nobody may use the old one any more
    ASSERT_TRUE(world.got(world.server(2), story().asked[2]));
    world.settle();
    std::string first = world.server(0).take(), second = world.server(1).take();
    if (first.empty()) {
      new_ring = true;
      EXPECT_EQ(second.size(), story().asked[0].size() + story().asked[1].size() - 5) << "the keys of both";
      EXPECT_TRUE(turns < 3 || selected > kKeys) << "it began anew";
    } else {
      old_ring = true;
      EXPECT_EQ(selected, kKeys);
      EXPECT_EQ(first, story().asked[0]);
      EXPECT_EQ(second, story().asked[1]);
      all_say(world, story());
      EXPECT_TRUE(world.got(client, story().answer));
    }
    EXPECT_EQ(world.leftovers(), "");
  }
  EXPECT_TRUE(old_ring && new_ring);
}

TEST(Large, ARingThatLosesItsLastServerFailsIt) {
  World world(plan());
  Peer &client = world.connect();
  client.say(story().request + "ping\n");
  world.turn();
  world.turn();
  auto old = world.made->pool->rebuild({0, 0, 0});
  EXPECT_TRUE(world.got(client, "-2 Connection refused\n+ping\n"));
  EXPECT_EQ(world.leftovers(), "");
}

// ---- other ways than one part for each server
// ---------------------------------------------------------------------

std::string many(const std::string &name, const std::string &key) {
  std::string text = name;
  for (uint32_t i = 0; i < kKeys; ++i) text += " " + key + std::to_string(i);
  return text;
}

TEST(Large, OneServerGetsTheBytesUntouched) {
  World world(plan());
  Peer &client = world.connect();
  std::string mget = many("mget  ", "1"), same = many("same  ", "1");
  client.say(mget + "\n" + same + "\nget 1\n");
  EXPECT_TRUE(world.got(world.server(1), mget + "\n" + same + "\nget 1\n"));
  world.server(1).say("+a\n+b\n+c\n");
  EXPECT_TRUE(world.got(client, "+a\n+b\n+c\n"));
  EXPECT_EQ(line_hooks().worked_keys, 0U);
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Large, KeysOfOneCommandOnDifferentServersAreRefused) {
  World world(plan());
  Peer &client = world.connect();
  client.say(many("same", "1") + " 2\nping\n");
  EXPECT_TRUE(world.got(client, "-6 the keys lie on different servers\n+ping\n"));
  EXPECT_EQ(world.pool_cells().forward_error.get(), 1U);
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Large, WhatIsAlwaysEncodedAnewIs) {
  World world(plan());
  Peer &client = world.connect();
  client.say(many("again  ", "2") + "\nget 2\n");
  EXPECT_TRUE(world.got(world.server(2), many("get", "2") + "\nget 2\n"));
  world.server(2).say("+a\n+b\n");
  EXPECT_TRUE(world.got(client, "+a\n+b\n"));
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Large, ATransformedReplyGoesThroughTheMergeThoughItIsAlone) {
  World world(plan());
  Peer &client = world.connect();
  client.say(many("change ", "2") + "\n");
  EXPECT_TRUE(world.got(world.server(2), many("change ", "2") + "\n"));
  world.server(2).say("*v\n");
  std::string answer = "*v";
  for (uint32_t i = 1; i < kKeys; ++i) answer += ",none";
  EXPECT_TRUE(world.got(client, answer + "\n"));
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Large, APartThatFindsTheQueueFullFailsAlone) {
  World world(plan([](config::Pool &pool) { pool.server_queue_limit = 1 << 20; }));
  warm_up(world);
  Peer &client = world.connect(), &other = world.connect();
  world.server(0).listens = false;
  std::string much = "set 0 2000000\n" + std::string(2'000'000, 'x');
  for (int i = 0; i < 4; ++i) other.say(much);
  world.settle();
  client.say(story().request);
  for (uint32_t i = 1; i < kServers; ++i) {
    ASSERT_TRUE(world.got(world.server(i), story().asked[i]));
    world.server(i).say(story().said[i]);
  }
  EXPECT_TRUE(world.got(client, story().without_first));
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Large, APartThatCannotBeEncodedFailsAloneAndLeavesTheStreamWhole) {
  World world(plan());
  Peer &client = world.connect();
  uint32_t calls = 0;
  line_hooks().render = [&](const weir_render &r, weir_out &out) {
    ++calls;
    if (r.server == 0 && r.first > 0) return weir_status{WEIR_E_FAIL};
    out.segs[out.len++] = {WEIR_SEG_LIT, 0, reinterpret_cast<const uint8_t *>("x\n"), 0,
                           r.first + r.count == r.pick_count ? 2U : 1U};
    return weir_status{WEIR_OK};
  };
  client.say(story().request);
  for (uint32_t i = 1; i < kServers; ++i) {
    EXPECT_TRUE(world.got(world.server(i), i == 1 ? "xxx\n" : "xx\n"));
    world.server(i).say(story().said[i]);
  }
  EXPECT_TRUE(world.got(client, story().without_first));
  EXPECT_TRUE(world.servers[0].connections.empty());
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Large, AMergeThatFailsAtTheBeginningIsAnErrorAndLaterTheEndOfTheClient) {
  for (uint32_t fails_at : {0U, 4096U}) {
    SCOPED_TRACE(fails_at);
    World world(plan());
    Peer &client = world.connect();
    line_hooks().merge = [&](const weir_merge &m, weir_out &out) {
      out.segs[out.len++] = {WEIR_SEG_LIT, 0, reinterpret_cast<const uint8_t *>("x"), 0, 1};
      return m.first == fails_at ? weir_status{WEIR_E_FAIL} : weir_status{WEIR_OK};
    };
    client.say(story().request + "ping\n");
    for (uint32_t i = 0; i < kServers; ++i) ASSERT_TRUE(world.got(world.server(i), story().asked[i]));
    all_say(world, story());
    if (fails_at == 0) {
      EXPECT_TRUE(world.got(client, "-10 the replies could not be merged\n+ping\n"));
    } else {
      EXPECT_TRUE(world.until([&] { return client.ended; }));
      EXPECT_EQ(client.got, "x");
    }
    EXPECT_EQ(world.leftovers(), "");
  }
}

// ---- plugins
// ---------------------------------------------------------------------------------------------------------

TEST(Large, AKeyOutsideItsRequestEndsTheClientInOrder) {
  World world(plan());
  Peer &client = world.connect();
  line_hooks().after_req = [](weir_parse &p, weir_status status) {
    if (p.sub_len > 9000) p.keys[9000].len = UINT32_MAX;
    return status;
  };
  client.say("get 0\n" + story().request + "ping\n");
  world.server(0).say("+a\n");
  EXPECT_TRUE(world.until([&] { return client.ended; }));
  EXPECT_EQ(client.got, "+a\n-10 internal error\n");
  EXPECT_EQ(world.server(0).got, "get 0\n");
  EXPECT_EQ(world.leftovers(), "");
}

// Nobody can tell a parser to stop behind a large request when it does not look at how much room it has.
weir_status (*line_parser)(const weir_scope *, weir_parse *) = nullptr;
weir_status parse_on(const weir_scope *scope, weir_parse *p) {
  uint32_t cap = p->msg_cap;
  if (p->grow_sub(p, kKeys + 100) != WEIR_OK) return WEIR_E_LIMIT;
  p->msg_cap = cap;
  return line_parser(scope, p);
}

TEST(Large, AParserThatGoesOnBehindALargeRequestHasItDispatchedAtOnce) {
  World::Plan with = plan();
  with.rig = [rig = with.rig](const Tables &tables) {
    rig(tables);
    line_parser = tables.protocol.parse_req;
    tables.protocol.parse_req = &parse_on;
  };
  World world(with);
  Peer &client = world.connect();
  client.say("get 0\n" + story().request + "get 0\nping\n");
  EXPECT_TRUE(world.got(world.server(0), "get 0\n" + story().asked[0] + "get 0\n"));
  world.server(0).say("+a\n" + story().said[0] + "+b\n");
  for (uint32_t i = 1; i < kServers; ++i) world.server(i).say(story().said[i]);
  EXPECT_TRUE(world.got(client, "+a\n" + story().answer + "+b\n+ping\n"));
  EXPECT_EQ(world.leftovers(), "");
}

}  // namespace
}  // namespace weir::testing
