// Meta commands: what goes where, what is kept quiet, and keys in base64.
#include "tests/unit/memcache/described.h"

namespace weir::test {
namespace {

const std::string kTooLong(251, 'k');

const std::string kForms[] = {"mg a\r\n",
                              "mg a s v t c f k q O123 N30 R20 T10 l h u E9\r\n",
                              "  mg  a   v  \n",
                              "mg Zm9v b v k\r\n",
                              "ms a 2\r\nhi\r\n",
                              "ms a 0 q\r\n\r\n",
                              "ms Zm9v 8 b T30 F5 C9 I ME q\r\nquit\r\n\r\n\r\n",
                              "md a q\r\n",
                              "md a I T30 C5\r\n",
                              "ma a N10 J5 D2 MI t c v q O9\r\n",
                              "me a\r\n",
                              "me Zm9v b\r\n",
                              "mn\r\n",
                              "mn and more\r\n"};

TEST_F(MemcacheTest, EveryFormOfAMetaCommandIsOneRequestCutAnywhere) {
  std::string all;
  for (const std::string &form : kForms) {
    ParsedRequest r = one(form);
    EXPECT_EQ(r.req.size, form.size()) << form;
    EXPECT_EQ(r.req.route, r.cmd == "mn" ? WEIR_ROUTE_LOCAL : WEIR_ROUTE_KEY) << form;
    std::vector<std::string> whole = described(driver.requests(form));
    for (size_t cut = 1; cut < form.size(); ++cut)
      ASSERT_EQ(described(driver.requests(form, {.cuts = {cut}})), whole) << form << " cut at " << cut;
    all += form;
  }
  std::vector<std::string> whole = described(driver.requests(all));
  EXPECT_EQ(whole.size(), std::size(kForms));
  EXPECT_EQ(described(driver.requests(all, {.cuts = every_byte(all.size()), .msg_cap = 1, .honour_need = true})),
            whole);
}

TEST_F(MemcacheTest, AKeyInBase64IsPlacedByWhatItStandsFor) {
  const std::pair<std::string, std::string> table[] = {
      {"mg Zm9v b v\r\n", "foo"}, {"mg Zm8= b\r\n", "fo"},
      {"mg Zg== b\r\n", "f"},     {"ms Zm9vYmFy 1 b\r\nx\r\n", "foobar"},
      {"md Z-m9v b\r\n", "foo"},                                // what is no letter is skipped
      {"ma Zg==Zm9v b\r\n", "f"},                               // and what follows the padding
      {"me Zm9v b\r\n", "foo"},   {"me Zm9v v b\r\n", "Zm9v"},  // me looks for the b in one place only
      {"mg Zm9v v\r\n", "Zm9v"},  {"mg Zm9 b\r\n", "Zm9"},      // not base64: the server says so
      {"mg ==== b\r\n", "===="},  {"mg /wAg b\r\n", std::string("\xff\0 ", 3)},
  };
  for (const auto &[line, key] : table) {
    ParsedRequest r = one(line);
    ASSERT_EQ(r.keys.size(), 1u) << line;
    EXPECT_EQ(r.keys[0], key) << line;
  }
}

TEST_F(MemcacheTest, AQuietOneGoesToTheServerWithoutItsQ) {
  const std::pair<std::string, std::string> table[] = {
      {"mg a s v q\r\n", "mg a s v\r\n"},
      {"mg a q O1\r\n", "mg a O1\r\n"},
      {"ms q 2 q T0\r\nqq\r\n", "ms q 2 T0\r\nqq\r\n"},
      {"md a   q\r\n", "md a  \r\n"},
      {"ma q q q\r\n", "ma q q q\r\n"},  // twice: the server's error, and it does answer
      {"md a\r q\n", "md a\r \n"},       // its key keeps its last byte
  };
  for (const auto &[line, sent] : table) {
    ParsedRequest r = one(line);
    const bool quiet = line != sent;
    EXPECT_EQ((r.req.flags & WEIR_REQ_RENDER) != 0, quiet) << line;
    EXPECT_EQ((r.req.flags & WEIR_REQ_MAY_BE_EMPTY) != 0, quiet) << line;
    if (!quiet) continue;
    EXPECT_EQ(driver.render(driver.client(), r, WEIR_RENDER_REKEY, {0}).bytes, sent);
  }
  EXPECT_EQ(answers("mg a qq v\r\n"), "CLIENT_ERROR invalid flag\r\n");
}

TEST_F(MemcacheTest, WhatAServerKeepsQuietAboutIsKeptFromTheClient) {
  const std::tuple<std::string, std::string, bool> table[] = {
      {"mg a v q\r\n", "EN\r\n", false},
      {"mg a v q O1\r\n", "EN O1\r\n", false},
      {"mg a v q\r\n", "VA 2\r\nEN\r\n", true},
      {"mg a q\r\n", "HD\r\n", true},
      {"mg a q\r\n", "CLIENT_ERROR invalid flag\r\n", true},
      {"ms a 1 q\r\nx\r\n", "HD\r\n", false},
      {"ms a 1 q O77 c\r\nx\r\n", "HD O77 c5\r\n", false},
      {"ms a 1 q\r\nx\r\n", "NS\r\n", true},
      {"ms a 1 q\r\nx\r\n", "EX\r\n", true},
      {"md a q\r\n", "HD\r\n", false},
      {"md a q\r\n", "NF\r\n", true},
      {"ma a q\r\n", "HD\r\n", false},
      {"ma a q v\r\n", "VA 1\r\n5\r\n", false},
      {"ma a q\r\n", "NF\r\n", true},
      {"ma a q\r\n", "SERVER_ERROR out of memory\r\n", true},
  };
  for (const auto &[line, reply, told] : table) {
    Output out = driver.merge(driver.client(), one(line), {{{0}, reply}});
    EXPECT_EQ(out.status, WEIR_OK) << line;
    EXPECT_EQ(out.bytes, told ? reply : "") << line << reply;
  }
  PartReply lost{{0}, "", WEIR_PART_TIMEOUT, 0, WEIR_ERR_TIMEOUT};
  EXPECT_EQ(driver.merge(driver.client(), one("mg a q\r\n"), {lost}).bytes, "SERVER_ERROR Connection timed out\r\n");
}

TEST_F(MemcacheTest, AMetaLineThatWeirCannotForwardGetsTheServersWords) {
  const std::string bad = "CLIENT_ERROR bad command line format\r\n", flags = " 1 2 3 4 5 6 7 8 9 0 a b c d e f g h";
  EXPECT_EQ(answers("mg\r\nms\r\nmd\r\nma\r\n"), "ERROR\r\nERROR\r\nERROR\r\nERROR\r\n");
  EXPECT_EQ(answers("me\r\nmn\r\n"), bad + "MN\r\n");
  EXPECT_EQ(answers("mg " + kTooLong + "\r\nmn\r\n"), bad + "MN\r\n");
  EXPECT_EQ(answers("ms " + kTooLong + " 2\r\nmn\r\n"), bad + "MN\r\n");
  EXPECT_EQ(answers("ms a\r\nms a x\r\nms a -1\r\nms a 2147483646\r\n"), bad + bad + bad + bad);
  EXPECT_EQ(answers("ms a 4 Fx\r\nmn\r\n\r\nmn\r\n"), bad + "MN\r\n");  // with its data
  EXPECT_EQ(answers("ms a 4" + flags + "\r\nmn\r\n"), "CLIENT_ERROR options flags too long\r\nMN\r\n");
  EXPECT_EQ(answers("mg a q" + flags + "\r\n"), "(server)");
}

TEST_F(MemcacheTest, EveryReplyToAMetaCommandCutAnywhereIsTheSame) {
  const std::pair<const char *, std::string> replies[] = {
      {"mg", "EN\r\n"},
      {"mg", "HD s2 t-1 O1\r\n"},
      {"mg", "VA 4 s4 W\r\nEN\r\n\r\n"},
      {"mg", "VA 0\r\n\r\n"},
      {"ms", "HD\r\n"},
      {"ms", "NS O1\r\n"},
      {"md", "NF\r\n"},
      {"ma", "EX\r\n"},
      {"ma", "VA 2 t5\r\n10\r\n"},
      {"me", "ME foo exp=-1 la=3 cas=2 fetch=no cls=1 size=65\r\n"},
      {"mg", "CLIENT_ERROR invalid flag\r\n"},
      {"ms", "SERVER_ERROR object too large for cache\r\n"},
  };
  std::string all;
  for (const auto &[name, reply] : replies) {
    for (bool items : {false, true}) {
      Replies whole = driver.replies(reply, {}, 1, items, driver.command(name));
      ASSERT_EQ(whole.list.size(), 1u) << reply << whole.error;
      EXPECT_EQ(whole.list[0].rsp.size, reply.size()) << reply;
      for (size_t cut = 1; cut < reply.size(); ++cut)
        EXPECT_EQ(described(driver.replies(reply, {.cuts = {cut}}, 1, items, driver.command(name))), described(whole))
            << reply << cut;
    }
  }
  const std::string large = "VA 100000 f0\r\n" + std::string(100000, 'x') + "\r\nEN\r\n";
  for (size_t cut : {13, 14, 15, 2000, 100013, 100015, 100016})
    EXPECT_EQ(described(driver.replies(large, {.cuts = {cut}}, 2, false, driver.command("mg"))),
              described(driver.replies(large, {}, 2, false, driver.command("mg"))));
}

TEST_F(MemcacheTest, AReplyThatNoMetaCommandGetsIsRefused) {
  for (const char *reply :
       {"END\r\n", "VALUE a 0 1\r\nx\r\nEND\r\n", "HDX\r\n", "VA\r\n", "VA x\r\nab\r\n", "MN\r\n", "VA 1\r\nabcd\r\n"})
    EXPECT_EQ(driver.replies(reply, {}, 1, false, driver.command("mg")).status, WEIR_E_PROTO) << reply;
  EXPECT_EQ(driver.replies("VA 1\r\nx\r\n", {}, 1, false, driver.command("ms")).status, WEIR_E_PROTO);
}

TEST_F(MemcacheTest, AServerThatMisreadsAnMsIsNotAskedAgain) {
  Replies parsed = driver.replies("CLIENT_ERROR bad command line format\r\n", {}, 1, false, driver.command("ms"));
  ASSERT_EQ(parsed.list.size(), 1u);
  EXPECT_TRUE(parsed.list[0].rsp.flags & WEIR_RF_CLOSE);
}

TEST_F(MemcacheTest, ARewrittenKeyIsEncodedAgain) {
  EXPECT_EQ(driver.render(driver.client(), one("mg Zm9v b v\r\n"), WEIR_RENDER_REKEY, {0}, 0, {"fo"}).bytes,
            "mg Zm8= b v\r\n");
  EXPECT_EQ(driver.render(driver.client(), one("mg foo v q k\r\n"), WEIR_RENDER_REKEY, {0}, 0, {"x:foo"}).bytes,
            "mg x:foo v k\r\n");
}

}  // namespace
}  // namespace weir::test
