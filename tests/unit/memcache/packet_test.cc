// The binary protocol: packets in, packets out, and the quiet ones.
#include "tests/support/memcache_packets.h"
#include "tests/unit/memcache/described.h"

namespace weir::test {
namespace {

const std::string kExpiry = be(10, 4), kFlagsExpiry = be(7, 4) + be(10, 4), kCount = be(1, 8) + be(5, 8) + be(0, 4);
constexpr uint64_t kBinary = 1;  // profile

struct Form {
  const char *cmd;
  PacketText packet;
  uint8_t loud;
  uint8_t route = WEIR_ROUTE_KEY;
  bool hides_miss = false;
};

const Form kForms[] = {
    {"get", {0x00, "k"}, 0x00},
    {"set", {0x01, "k", "value", kFlagsExpiry}, 0x01},
    {"add", {0x02, "k", "", kFlagsExpiry}, 0x02},
    {"replace", {0x03, "k", "\x80\x81", kFlagsExpiry}, 0x03},
    {"delete", {0x04, "k"}, 0x04},
    {"incr", {0x05, "k", "", kCount}, 0x05},
    {"decr", {0x06, "k", "", kCount}, 0x06},
    {"flush_all", {0x08}, 0x08, WEIR_ROUTE_ALL},
    {"flush_all", {0x08, "", "", kExpiry}, 0x08, WEIR_ROUTE_ALL},
    {"get", {0x09, "k"}, 0x00, WEIR_ROUTE_KEY, true},
    {"noop", {0x0a}, 0x0a, WEIR_ROUTE_LOCAL},
    {"version", {0x0b}, 0x0b, WEIR_ROUTE_ANY},
    {"get", {0x0c, "k"}, 0x0c},
    {"get", {0x0d, "k"}, 0x0c, WEIR_ROUTE_KEY, true},
    {"append", {0x0e, "k", "more"}, 0x0e},
    {"prepend", {0x0f, "k", "more"}, 0x0f},
    {"stats", {0x10}, 0x10, WEIR_ROUTE_ALL},
    {"stats", {0x10, "items"}, 0x10, WEIR_ROUTE_ALL},
    {"set", {0x11, "k", "value", kFlagsExpiry}, 0x01},
    {"add", {0x12, "k", "value", kFlagsExpiry}, 0x02},
    {"replace", {0x13, "k", "value", kFlagsExpiry}, 0x03},
    {"delete", {0x14, "k"}, 0x04},
    {"incr", {0x15, "k", "", kCount}, 0x05},
    {"decr", {0x16, "k", "", kCount}, 0x06},
    {"flush_all", {0x18}, 0x08, WEIR_ROUTE_ALL},
    {"append", {0x19, "k", "more"}, 0x0e},
    {"prepend", {0x1a, "k", "more"}, 0x0f},
    {"touch", {0x1c, "k", "", kExpiry}, 0x1c},
    {"gat", {0x1d, "k", "", kExpiry}, 0x1d},
    {"gat", {0x1e, "k", "", kExpiry}, 0x1d, WEIR_ROUTE_KEY, true},
    {"sasl", {0x20}, 0x20, WEIR_ROUTE_LOCAL},
    {"sasl", {0x21, "PLAIN", "u\0p"}, 0x21, WEIR_ROUTE_LOCAL},
    {"sasl", {0x22, "PLAIN", "x"}, 0x22, WEIR_ROUTE_LOCAL},
    {"gat", {0x23, "k", "", kExpiry}, 0x23},
    {"gat", {0x24, "k", "", kExpiry}, 0x23, WEIR_ROUTE_KEY, true},
    {"(other)", {0x1b, "", "", kExpiry}, 0x1b, WEIR_ROUTE_LOCAL},
    {"(other)", {0x7f, "key", "value"}, 0x7f, WEIR_ROUTE_LOCAL},
};
bool is_quiet(const Form &form) {
  return form.packet.opcode != form.loud;
}

class Packets : public MemcacheTest {
 protected:
  // A server connection on which this request is awaited.
  Connection &asked(const ParsedRequest &r, bool want_items = false) {
    Connection &c = driver.server();
    weir_expect expect = {};
    expect.replies = 1;
    expect.cmd = r.req.cmd;
    expect.user = r.req.user;
    expect.flags = r.req.flags;
    expect.want_items = want_items;
    c.expects.push_back(expect);
    return c;
  }
  Output merge(const ParsedRequest &r, const std::vector<std::string> &replies) {
    std::vector<PartReply> parts;
    for (const std::string &reply : replies) {
      parts.push_back({{}, reply, WEIR_PART_OK, static_cast<uint32_t>(parts.size())});
      if (!r.keys.empty()) parts.back().pick = {0};
    }
    return driver.merge(driver.client(), r, parts);
  }
};

TEST_F(Packets, EveryOpcodeIsOneRequestCutAnywhere) {
  std::string all;
  for (const Form &form : kForms) {
    const std::string bytes = form.packet.text();
    ParsedRequest r = one(bytes);
    EXPECT_EQ(r.req.size, bytes.size()) << form.cmd;
    EXPECT_EQ(r.cmd, form.cmd);
    EXPECT_EQ(r.req.route, form.route) << form.cmd;
    EXPECT_EQ(r.req.profile, kBinary);
    EXPECT_EQ(r.keys, std::vector<std::string>(form.route == WEIR_ROUTE_KEY ? 1 : 0, "k"));
    EXPECT_EQ((r.req.flags & WEIR_REQ_MAY_BE_EMPTY) != 0, is_quiet(form)) << form.cmd;
    for (size_t cut = 1; cut < bytes.size(); ++cut)
      ASSERT_EQ(described(driver.requests(bytes, {.cuts = {cut}})), described(driver.requests(bytes))) << form.cmd;
    all += bytes;
  }
  std::vector<std::string> whole = described(driver.requests(all));
  EXPECT_EQ(whole.size(), std::size(kForms));
  EXPECT_EQ(described(driver.requests(all, {.cuts = every_byte(all.size()), .msg_cap = 1})), whole);
  EXPECT_EQ(described(driver.requests(all, {.cuts = every_byte(all.size()), .honour_need = true})), whole);
}

TEST_F(Packets, AQuietOneGoesToTheServerInItsLoudForm) {
  for (const Form &form : kForms) {
    if (!is_quiet(form)) continue;
    PacketText loud = form.packet;
    loud.opcode = form.loud;
    ParsedRequest r = one(form.packet.text());
    EXPECT_EQ(driver.render(driver.client(), r, WEIR_RENDER_REKEY, {}).bytes, loud.text());
  }
}

TEST_F(Packets, WhatAServerKeepsQuietAboutIsKeptFromTheClient) {
  for (const Form &form : kForms) {
    if (!is_quiet(form)) continue;
    ParsedRequest r = one(form.packet.text());
    for (uint16_t status : {0x00, 0x01, 0x02, 0x05}) {
      PacketText sent{form.loud, "", status ? "Words" : "", "", form.packet.opaque, 9, status};
      PacketText told = sent;
      told.opcode = form.packet.opcode;
      const bool silent = status == (form.hides_miss ? 0x01 : 0x00);
      Output out = merge(r, {sent.reply()});
      EXPECT_EQ(out.status, WEIR_OK);
      EXPECT_EQ(out.bytes, silent ? "" : told.reply()) << form.cmd << status;
    }
  }
}

TEST_F(Packets, RepliesAreTakenOnlyByWhatTheyAnswer) {
  for (const Form &form : kForms) {
    if (form.route == WEIR_ROUTE_LOCAL || form.loud == 0x10) continue;
    ParsedRequest r = one(form.packet.text());
    const PacketText good{form.loud, "", "some value", be(7, 4)};
    const std::string bytes = good.reply();
    for (size_t cut = 0; cut < bytes.size(); ++cut) {
      Replies parsed = driver.replies(asked(r), bytes, {.cuts = {cut}});
      ASSERT_EQ(parsed.list.size(), 1u) << form.cmd << parsed.error;
      EXPECT_EQ(parsed.list[0].rsp.size, bytes.size());
    }
    PacketText other_opaque = good, other_opcode = good;
    other_opaque.opaque = 0x04030201;
    other_opcode.opcode = form.loud == 0x00 ? 0x01 : 0x00;
    EXPECT_EQ(driver.replies(asked(r), other_opaque.reply()).status, WEIR_E_PROTO);
    EXPECT_EQ(driver.replies(asked(r), other_opcode.reply()).status, WEIR_E_PROTO);
    EXPECT_EQ(driver.replies(asked(r), good.text()).status, WEIR_E_PROTO);
  }
}

TEST_F(Packets, AnErrorIsMarkedAsOne) {
  ParsedRequest r = one(PacketText{0x00, "k"}.text());
  Replies parsed = driver.replies(asked(r), PacketText{0x00, "", "Not found", "", 0x01020304, 0, 1}.reply());
  ASSERT_EQ(parsed.list.size(), 1u);
  EXPECT_EQ(parsed.list[0].rsp.flags, uint32_t{WEIR_RF_ERROR});
}

TEST_F(Packets, StatisticsEndWithAPacketOfNothing) {
  ParsedRequest r = one(PacketText{0x10}.text());
  const std::string bytes =
      PacketText{0x10, "pid", "1"}.reply() + PacketText{0x10, "version", "1.6"}.reply() + PacketText{0x10}.reply();
  for (bool items : {false, true}) {
    Replies whole = driver.replies(asked(r, items), bytes);
    ASSERT_EQ(whole.list.size(), 1u);
    EXPECT_EQ(whole.list[0].rsp.size, bytes.size());
    for (size_t cut = 1; cut < bytes.size(); ++cut)
      EXPECT_EQ(described(driver.replies(asked(r, items), bytes, {.cuts = {cut}})), described(whole)) << cut;
    EXPECT_EQ(described(driver.replies(asked(r, items), bytes, {.cuts = every_byte(bytes.size())})), described(whole));
  }
}

TEST_F(Packets, WhatWeirAnswersItself) {
  const std::string unknown = "Unknown command", invalid = "Invalid arguments";
  EXPECT_EQ(answers(PacketText{0x0a}.text()), PacketText{0x0a}.reply());
  EXPECT_EQ(answers(PacketText{0x07}.text()), PacketText{0x07}.reply());
  EXPECT_EQ(answers(PacketText{0x17}.text()), "");
  for (uint8_t opcode : {0x1b, 0x20, 0x30, 0xff})
    EXPECT_EQ(answers(PacketText{opcode}.text()), (PacketText{opcode, "", unknown, "", 0x01020304, 0, 0x81}.reply()));
  // Lengths that are not those of the opcode end the connection, with a word.
  for (const PacketText &packet :
       {PacketText{0x00}, PacketText{0x00, "k", "v"}, PacketText{0x01, "k", "v"}, PacketText{0x0a, "k"},
        PacketText{0x05, "k"}, PacketText{0x1c, "k"}, PacketText{0x00, std::string(251, 'k')}, PacketText{0x07, "k"}}) {
    Connection &c = driver.client();
    Requests parsed = driver.requests(c, packet.text() + PacketText{0x0a}.text());
    ASSERT_EQ(parsed.list.size(), 1u);
    EXPECT_TRUE(parsed.list[0].req.flags & WEIR_REQ_CLOSE);
    EXPECT_EQ(driver.reply(c, &parsed.list[0], WEIR_ERR_NONE).bytes,
              (PacketText{packet.opcode, "", invalid, "", 0x01020304, 0, 0x04}.reply()));
  }
  std::string body_too_short = PacketText{0x00, "key"}.text();
  body_too_short[11] = 1;
  EXPECT_EQ(answers(body_too_short), (PacketText{0x00, "", unknown, "", 0x01020304, 0, 0x81}.reply()));
}

TEST_F(Packets, BytesThatAreNoPacketEndTheConnectionWithoutAWord) {
  for (const std::string &rest : {std::string("get a\r\n"), std::string("\x81"), std::string(100, 'x')}) {
    Requests parsed = driver.requests(PacketText{0x0a}.text() + rest);
    ASSERT_EQ(parsed.list.size(), 2u);
    EXPECT_EQ(parsed.list[1].req.route, WEIR_ROUTE_DROP);
    EXPECT_TRUE(parsed.list[1].req.flags & WEIR_REQ_CLOSE);
  }
}

TEST_F(Packets, TheFirstByteDecidesForGood) {
  EXPECT_EQ(answers("get a\r\n" + std::string("\x80\r\n")), "(server)ERROR\r\n");
  EXPECT_EQ(answers(std::string("\xff\x80\r\n") + "mn\r\n"), "ERROR\r\nMN\r\n");
}

TEST_F(Packets, ErrorsOfTheCoreArePackets) {
  ParsedRequest r = one(PacketText{0x0d, "k"}.text());
  const std::tuple<uint32_t, std::string, uint16_t, std::string> table[] = {
      {WEIR_ERR_TIMEOUT, "", 0x86, "Connection timed out"},
      {WEIR_ERR_UPSTREAM, "gone", 0x86, "gone"},
      {WEIR_ERR_TOO_BIG, "too big for us", 0x03, "Too large."},
      {WEIR_ERR_REJECTED, "no", 0x20, "no"},
      {WEIR_ERR_OVERLOAD, "", 0x85, "the proxy is overloaded"},
      {WEIR_ERR_INTERNAL, "", 0x84, "internal error of the proxy"}};
  for (const auto &[err, text, status, words] : table)
    EXPECT_EQ(driver.reply(driver.client(), &r, err, text).bytes,
              (PacketText{0x0d, "", words, "", 0x01020304, 0, status}.reply()));
  PartReply lost{{0}, "", WEIR_PART_TIMEOUT, 0, WEIR_ERR_TIMEOUT};
  EXPECT_EQ(driver.merge(driver.client(), r, {lost}).bytes,
            (PacketText{0x0d, "", "Connection timed out", "", 0x01020304, 0, 0x86}.reply()));
}

TEST_F(Packets, ACommandForAllServersHasOneAnswer) {
  const std::string good = PacketText{0x08}.reply(),
                    bad = PacketText{0x08, "", "Words", "", 0x01020304, 0, 0x20}.reply();
  EXPECT_EQ(merge(one(PacketText{0x08}.text()), {good, good}).bytes, good);
  EXPECT_EQ(merge(one(PacketText{0x08}.text()), {good, bad}).bytes, bad);
  EXPECT_EQ(merge(one(PacketText{0x18}.text()), {good, good}).bytes, "");
  EXPECT_EQ(merge(one(PacketText{0x18}.text()), {good, bad}).bytes,
            (PacketText{0x18, "", "Words", "", 0x01020304, 0, 0x20}.reply()));
}

TEST_F(Packets, ARewrittenKeyChangesTheLengths) {
  PacketText packet{0x11, "key", "value", kFlagsExpiry};
  ParsedRequest r = one(packet.text());
  packet.opcode = 0x01;
  packet.key = "longer:key";
  EXPECT_EQ(driver.render(driver.client(), r, WEIR_RENDER_REKEY, {0}, 0, {"longer:key"}).bytes, packet.text());
}

TEST_F(Packets, TheKeysOfEveryOpcodeCanBeRewritten) {
  for (const Form &form : kForms) {
    if (form.route != WEIR_ROUTE_KEY) continue;
    ParsedRequest r = one(form.packet.text());
    for (const std::string &key : {std::string("p:key"), std::string("x"), std::string(250, ' ')}) {
      PacketText wanted = form.packet;
      wanted.key = key;
      wanted.opcode = form.loud;
      Output out = driver.render(driver.client(), r, WEIR_RENDER_REKEY, {0}, 0, {key.c_str()});
      EXPECT_EQ(out.bytes, wanted.text()) << form.cmd;
      EXPECT_EQ(one(out.bytes).keys, std::vector<std::string>{key});
    }
    const std::string too_long(251, 'k');
    for (const char *key : {"", too_long.c_str()})
      EXPECT_LT(driver.render(driver.client(), r, WEIR_RENDER_REKEY, {0}, 0, {key}).status, 0);
  }
}

TEST_F(Packets, AClientsKeyIsPutBack) {
  for (uint8_t opcode : {0x0c, 0x0d, 0x23, 0x24}) {
    const std::string extras = opcode > 0x20 ? be(1, 4) : "";
    ParsedRequest r = one(PacketText{opcode, "k", "", extras}.text());
    auto told = [&](PacketText reply) {
      reply.opcode = opcode == 0x0d ? 0x0c : opcode == 0x24 ? 0x23 : opcode;
      return driver.merge(driver.client(), r, {{{0}, reply.reply()}}, 0, {"p:k"}).bytes;
    };
    EXPECT_EQ(told({0, "p:k", "value", be(7, 4), 0x01020304, 9}),
              (PacketText{opcode, "k", "value", be(7, 4), 0x01020304, 9}.reply()));
    const bool quiet = opcode == 0x0d || opcode == 0x24;
    EXPECT_EQ(told({0, "p:k", "", "", 0x01020304, 0, 1}),
              quiet ? "" : (PacketText{opcode, "k", "", "", 0x01020304, 0, 1}.reply()));
    EXPECT_EQ(told({0, "", "Too large.", "", 0x01020304, 0, 3}),
              (PacketText{opcode, "", "Too large.", "", 0x01020304, 0, 3}.reply()));
  }
}

TEST_F(Packets, FiltersSeeNameKeyAndValue) {
  EXPECT_EQ(driver.args(one(PacketText{0x01, "key", "value", kFlagsExpiry}.text())),
            (std::vector<std::string>{"set", "key", "value"}));
  EXPECT_EQ(driver.args(one(PacketText{0x0a}.text())), std::vector<std::string>{"noop"});
}

TEST_F(Packets, AFiltersAnswerIsAValue) {
  ParsedRequest r = one(PacketText{0x00, "k"}.text());
  EXPECT_EQ(driver.reply(driver.client(), &r, WEIR_ERR_ANSWER, "hi").bytes,
            (PacketText{0x00, "", "hi", be(0, 4)}.reply()));
}

TEST_F(Packets, AFiltersAnswerIsThatOfTheOpcode) {
  auto answer = [&](const PacketText &packet, uint32_t what, std::string_view text = {}) {
    ParsedRequest r = one(packet.text());
    return driver.reply(driver.client(), &r, what, text).bytes;
  };
  auto none = [&](const PacketText &packet) { return answer(packet, WEIR_ERR_ANSWER_NONE); };
  EXPECT_EQ(answer({0x0c, "k"}, WEIR_ERR_ANSWER, "hi"), (PacketText{0x0c, "k", "hi", be(0, 4)}.reply()));
  EXPECT_EQ(answer({0x0d, "k"}, WEIR_ERR_ANSWER, "hi"), (PacketText{0x0d, "k", "hi", be(0, 4)}.reply()));
  EXPECT_EQ(none({0x00, "k"}), (PacketText{0x00, "", "Not found", "", 0x01020304, 0, 1}.reply()));
  EXPECT_EQ(none({0x0c, "k"}), (PacketText{0x0c, "k", "", "", 0x01020304, 0, 1}.reply()));
  EXPECT_EQ(none({0x09, "k"}), "");
  const PacketText set{0x01, "k", "v", kFlagsExpiry}, quiet{0x11, "k", "v", kFlagsExpiry};
  EXPECT_EQ(answer(set, WEIR_ERR_ANSWER_DONE), PacketText{0x01}.reply());
  EXPECT_EQ(answer(quiet, WEIR_ERR_ANSWER_DONE), "");
  EXPECT_EQ(none(quiet), (PacketText{0x11, "", "Not stored.", "", 0x01020304, 0, 5}.reply()));
  EXPECT_EQ(answer(quiet, WEIR_ERR_REJECTED, "no"), (PacketText{0x11, "", "no", "", 0x01020304, 0, 0x20}.reply()));
  const PacketText count{0x05, "k", "", be(1, 20)};
  EXPECT_EQ(answer(count, WEIR_ERR_ANSWER_INT, "258"), (PacketText{0x05, "", be(258, 8)}.reply()));
  EXPECT_EQ(answer(count, WEIR_ERR_ANSWER, "x").substr(0, 8),
            (PacketText{0x05, "", std::string(44, 'x'), "", 0x01020304, 0, 0x84}.reply()).substr(0, 8));
  EXPECT_EQ(none(count), (PacketText{0x05, "", "Not found", "", 0x01020304, 0, 1}.reply()));
  EXPECT_EQ(answer({0x04, "k"}, WEIR_ERR_ANSWER_DONE), PacketText{0x04}.reply());
}

}  // namespace
}  // namespace weir::test
