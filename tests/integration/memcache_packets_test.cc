// The binary protocol over three memcacheds, as if they were one.
#include "tests/support/memcache_packets.h"
#include "tests/integration/story.h"

namespace weir::test {
namespace {

class MemcachePackets : public WithWorkers {
 protected:
  Memcacheds servers_ = memcacheds(3);
  Proxy proxy_{memcached_pool(servers_), GetParam()};
  Stream client_ = proxy_.connect();

  struct Reply {
    int opcode, status;
    uint32_t opaque;
    uint64_t cas;
    std::string extras, key, value;
  };
  static uint64_t number(const std::string &bytes, size_t at, size_t len) {
    uint64_t out = 0;
    for (size_t i = at; i < at + len; ++i) out = out << 8 | static_cast<uint8_t>(bytes[i]);
    return out;
  }
  Reply read() {
    const std::string head = client_.read_exactly(24);
    EXPECT_EQ(static_cast<uint8_t>(head[0]), 0x81);
    const std::string body = client_.read_exactly(number(head, 8, 4));
    const size_t key = number(head, 2, 2), extras = number(head, 4, 1);
    return {static_cast<int>(number(head, 1, 1)),
            static_cast<int>(number(head, 6, 2)),
            static_cast<uint32_t>(number(head, 12, 4)),
            number(head, 16, 8),
            body.substr(0, extras),
            body.substr(extras, key),
            body.substr(extras + key)};
  }
  Reply ask(const PacketText &packet) {
    client_.send(packet.text());
    Reply reply = read();
    EXPECT_EQ(reply.opaque, packet.opaque);
    EXPECT_EQ(reply.opcode, packet.opcode);
    return reply;
  }
  static PacketText set(const std::string &key, const std::string &value, uint8_t opcode = 0x01) {
    return {opcode, key, value, be(7, 4) + be(0, 4)};
  }
};

TEST_P(MemcachePackets, StoresAndReadsOnEveryServer) {
  for (int i = 0; i < 60; ++i) {
    const std::string key = "key" + std::to_string(i);
    EXPECT_EQ(ask(set(key, "value")).status, 0);
    EXPECT_EQ(ask({0x0e, key, "+"}).status, 0);
    EXPECT_EQ(ask({0x0f, key, "-"}).status, 0);
    Reply got = ask({0x0c, key});
    EXPECT_EQ(got.value, "-value+");
    EXPECT_EQ(got.key, key);
    EXPECT_EQ(got.extras, be(7, 4));
    EXPECT_EQ(ask(set(key, "other", 0x02)).status, 0x02);
    PacketText stale = set(key, "other");
    stale.cas = got.cas + 1'000'000;
    EXPECT_EQ(ask(stale).status, 0x02);
    EXPECT_EQ(ask({0x1d, key, "", be(100, 4)}).value, "-value+");
    EXPECT_EQ(ask({0x1c, key, "", be(100, 4)}).status, 0);
    EXPECT_EQ(ask({0x04, key}).status, 0);
    EXPECT_EQ(ask({0x00, key}).status, 0x01);
  }
  for (const auto &server : servers_)
    EXPECT_EQ(server->call("stats\r\n").find("STAT cmd_set 0\r\n"), std::string::npos);
}

TEST_P(MemcachePackets, AsciiAndBinaryClientsSeeTheSameItems) {
  Stream ascii = proxy_.connect();
  for (int i = 0; i < 30; ++i) {
    const std::string key = "key" + std::to_string(i);
    EXPECT_EQ(ask(set(key, "value")).status, 0);
    ascii.send("get " + key + "\r\n");
    EXPECT_EQ(ascii.read_memcached(), mc_value(key, "value", "7") + "END\r\n");
  }
}

TEST_P(MemcachePackets, QuietOnesSayOnlyWhatMatters) {
  std::string requests;
  for (uint32_t i = 0; i < 100; ++i) {
    PacketText store = set("k" + std::to_string(i), std::to_string(i), 0x11), hit{0x0d, "k" + std::to_string(i)},
               miss{0x09, "none" + std::to_string(i)}, taken = set("k" + std::to_string(i), "x", 0x12);
    store.opaque = miss.opaque = 0xdead;
    hit.opaque = taken.opaque = i;
    requests += store.text() + hit.text() + miss.text() + taken.text();
  }
  client_.send(requests + PacketText{0x0a}.text());
  for (uint32_t i = 0; i < 100; ++i) {
    Reply hit = read(), taken = read();
    EXPECT_EQ(hit.opcode, 0x0d);
    EXPECT_EQ(hit.opaque, i);
    EXPECT_EQ(hit.key, "k" + std::to_string(i));
    EXPECT_EQ(hit.value, std::to_string(i));
    EXPECT_EQ(taken.opcode, 0x12);
    EXPECT_EQ(taken.opaque, i);
    EXPECT_EQ(taken.status, 0x02);
  }
  EXPECT_EQ(read().opcode, 0x0a);
}

TEST_P(MemcachePackets, CountersBeginWhereTheyAreTold) {
  const std::string extras = be(2, 8) + be(40, 8) + be(0, 4);
  EXPECT_EQ(ask({0x05, "n", "", extras}).value, be(40, 8));
  EXPECT_EQ(ask({0x05, "n", "", extras}).value, be(42, 8));
  EXPECT_EQ(ask({0x06, "n", "", extras}).value, be(40, 8));
  EXPECT_EQ(ask({0x06, "none", "", be(2, 8) + be(40, 8) + be(0xffffffff, 4)}).status, 0x01);
}

TEST_P(MemcachePackets, LargeValuesPassAndThoseTooLargeAreRefused) {
  const std::string large(900'000, 'v'), too_large(2'000'000, 'v');
  EXPECT_EQ(ask(set("large", large)).status, 0);
  EXPECT_TRUE(same(large, ask({0x00, "large"}).value));
  EXPECT_TRUE(same(large, ask({0x09, "large"}).value));
  EXPECT_EQ(ask(set("large", too_large)).status, 0x03);
  EXPECT_EQ(ask(set("large", too_large, 0x11)).status, 0x03);
  EXPECT_EQ(ask({0x0a}).status, 0);
}

TEST_P(MemcachePackets, WhatConcernsAllServersConcernsAll) {
  for (int i = 0; i < 30; ++i) ask(set("key" + std::to_string(i), "x"));
  client_.send(PacketText{0x10}.text());
  std::string items;
  for (Reply stat = read(); !stat.key.empty(); stat = read())
    if (stat.key == "curr_items") items = stat.value;
  EXPECT_EQ(items, "30");
  EXPECT_EQ(ask({0x08}).status, 0);
  EXPECT_EQ(ask({0x00, "key1"}).status, 0x01);
  ask(set("key1", "x"));
  client_.send(PacketText{0x18}.text());
  EXPECT_EQ(ask({0x00, "key1"}).status, 0x01);
  EXPECT_THAT(ask({0x0b}).value, StartsWith("1."));
  EXPECT_EQ(ask({0x10, "nosuch"}).status, 0x01);
}

TEST_P(MemcachePackets, WhatIsNotThereIsSaidAndTheConnectionGoesOn) {
  for (uint8_t opcode : {0x1b, 0x20, 0x55}) EXPECT_EQ(ask({opcode}).status, 0x81);
  EXPECT_EQ(ask({0x21, "PLAIN", "secret"}).status, 0x81);
  EXPECT_EQ(ask({0x0a}).status, 0);
}

TEST_P(MemcachePackets, BrokenPacketsAndQuitCloseTheConnection) {
  client_.send(PacketText{0x0a}.text() + PacketText{0x00}.text());
  EXPECT_EQ(read().opcode, 0x0a);
  EXPECT_EQ(read().status, 0x04);
  EXPECT_TRUE(client_.closed_within());
  client_ = proxy_.connect();
  client_.send(set("k", "v", 0x11).text() + PacketText{0x00, "k"}.text() + PacketText{0x07}.text());
  EXPECT_EQ(read().value, "v");
  EXPECT_EQ(read().opcode, 0x07);
  EXPECT_TRUE(client_.closed_within());
  client_ = proxy_.connect();
  client_.send(PacketText{0x0a}.text() + "get k\r\n");
  EXPECT_EQ(read().opcode, 0x0a);
  EXPECT_TRUE(client_.closed_within());
}

TEST_P(MemcachePackets, AServerThatIsGoneIsSaidInPacketsAndTheOthersServe) {
  for (int i = 0; i < 30; ++i) ask(set("key" + std::to_string(i), "x"));
  servers_[1]->kill();
  int gone = 0;
  for (int i = 0; i < 30; ++i) {
    for (uint8_t opcode : {0x00, 0x09}) {
      Reply got = ask({opcode, "key" + std::to_string(i)});
      EXPECT_TRUE(got.status == 0 || got.status == 0x86) << got.status;
      gone += got.status != 0;
      EXPECT_THAT(got.value, MatchesRegex("x|Connection re.*"));
    }
  }
  EXPECT_GT(gone, 0);
  EXPECT_LT(gone, 60);
  EXPECT_EQ(ask({0x08}).status, 0x86);
  EXPECT_EQ(ask({0x10}).status, 0x86);
  EXPECT_EQ(ask({0x0a}).status, 0);
}

TEST_P(MemcachePackets, ManyClientsOfBothDialectsDoNotMixTheirReplies) {
  side_by_side(6, [&](int id) {
    Stream client = proxy_.connect();
    const std::string key = "client" + std::to_string(id);
    for (int i = 0; i < (slow_build() ? 20 : 150); ++i) {
      const std::string value = std::to_string(id) + ":" + std::to_string(i);
      if (id % 2) {
        PacketText get{0x09, key};
        get.opaque = static_cast<uint32_t>(i);
        client.send(set(key, value, 0x11).text() + get.text());
        const std::string wanted = "xxxx" + value;
        ASSERT_EQ(client.read_exactly(24 + wanted.size()).substr(28), value);
      } else {
        client.send("ms " + key + " " + std::to_string(value.size()) + " q\r\n" + value + "\r\nmg " + key + " v q\r\n");
        ASSERT_EQ(client.read_line(), "VA " + std::to_string(value.size()));
        ASSERT_EQ(client.read_line(), value);
      }
    }
  });
}

TELL_WITH_WORKERS(MemcachePackets);

}  // namespace
}  // namespace weir::test
