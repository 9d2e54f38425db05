// What filters do to requests: rewritten keys in every command and opcode, the client's own keys in replies, and
// answers in the servers' place.
#include <numeric>
#include <set>

#include "tests/support/memcache_packets.h"
#include "tests/unit/memcache/described.h"

namespace weir::test {
namespace {

class MemcacheFilter : public MemcacheTest {
 protected:
  static std::vector<uint32_t> all_keys(const ParsedRequest &r) {
    std::vector<uint32_t> pick(r.keys.size());
    std::iota(pick.begin(), pick.end(), 0);
    return pick;
  }
  Output rekey(const ParsedRequest &r, const std::vector<const char *> &keys) {
    return driver.render(driver.client(), r, WEIR_RENDER_REKEY, all_keys(r), 0, keys);
  }
  std::string told(const std::string &request, const std::string &reply, const std::vector<const char *> &sent) {
    ParsedRequest r = one(request);
    return driver.merge(driver.client(), r, {{all_keys(r), reply}}, 0, sent).bytes;
  }
  std::string answer(const std::string &request, uint32_t what, std::string_view text = {}) {
    ParsedRequest r = one(request);
    return driver.reply(driver.client(), &r, what, text).bytes;
  }
};

// A request, with '@' where its keys are.
std::string filled(const std::string &pattern, const std::vector<std::string> &keys) {
  std::string out;
  size_t next = 0;
  for (char c : pattern) {
    if (c == '@')
      out += keys[next++];
    else
      out += c;
  }
  return out;
}

const char *const kPatterns[] = {
    "get @\r\n",
    "get @ @  @\r\n",
    "gets @ @\n",
    "bget @\r\n",
    "gat 10 @ @\r\n",
    "gats -1 @\r\n",
    "set @ 1 2 3\r\na a\r\n",
    "add @ 1 2 0\r\n\r\n",
    "replace  @ 1 2 1\r\nx\r\n",
    "append @ 1 2 1\n\n\r\n",
    "prepend @ 1 2 1\r\nx\r\n",
    "cas @ 1 2 1 99\r\nx\r\n",
    "incr @ 1\r\n",
    "decr @ 1\r\n",
    "delete @\r\n",
    "touch @ 5\r\n",
    "mg @ v k\r\n",
    "ms @ 2 k\r\nab\r\n",
    "md @\r\n",
    "ma @ v\r\n",
    "me @\r\n",
};

TEST_F(MemcacheFilter, TheKeysOfEveryCommandCanBeRewritten) {
  std::set<std::string> tried;
  for (const char *pattern : kPatterns) {
    auto n = static_cast<size_t>(std::count(pattern, pattern + strlen(pattern), '@'));
    const std::vector<std::string> own(n, "key"), prefixed(n, "p:key"), shorter(n, "k"),
        longer(n, std::string(250, 'x'));
    ParsedRequest r = one(filled(pattern, own));
    EXPECT_EQ(r.keys, own);
    tried.insert(r.cmd);
    for (const std::vector<std::string> &wanted : {prefixed, shorter, longer}) {
      std::vector<const char *> keys;
      for (const std::string &key : wanted) keys.push_back(key.c_str());
      Output out = rekey(r, keys);
      EXPECT_EQ(out.bytes, filled(pattern, wanted));
      EXPECT_EQ(one(out.bytes).keys, wanted);
      keys[0] = nullptr;
      std::vector<std::string> rest = wanted;
      rest[0] = own[0];
      EXPECT_EQ(rekey(r, keys).bytes, filled(pattern, rest));
    }
  }
  const std::set<std::string> keyless = {"(other)", "version", "verbosity", "flush_all", "quit",
                                         "stats",   "mn",      "noop",      "sasl"};
  for (uint32_t i = 0; i < driver.protocol()->cmd_count; ++i) {
    const weir_cmd &row = driver.protocol()->cmds[i];
    const bool one_server = (row.flags & WEIR_CMD_ADMIN) != 0;
    EXPECT_EQ(tried.count(row.name), !one_server && keyless.count(row.name) == 0) << row.name;
  }
}

// Small requests and replies are copied, larger ones are named in pieces: both are the same bytes.
TEST_F(MemcacheFilter, SmallAndLargeAreRewrittenAlike) {
  for (size_t size = 440; size < 560; ++size) {
    const std::string value(size, 'v'), count = std::to_string(size);
    for (const char *key : {"k", "p:key", "a-key-that-is-much-longer-than-its-own"}) {
      const std::string name = key;
      EXPECT_EQ(rekey(one("set key 1 2 " + count + "\r\n" + value + "\r\n"), {key}).bytes,
                "set " + name + " 1 2 " + count + "\r\n" + value + "\r\n");
      for (const std::string &line : {" 5 " + count + "\r\n", " 5 " + count + " 77\r\n"}) {
        EXPECT_EQ(told("gets key\r\n", "VALUE " + name + line + value + "\r\nEND\r\n", {key}),
                  "VALUE key" + line + value + "\r\nEND\r\n");
      }
    }
  }
}

TEST_F(MemcacheFilter, AReplyToARewrittenKeyIsPutRightInEveryCase) {
  const std::string value = "VALUE p:a 0 3\r\np:a\r\n", end = "END\r\n";
  for (const char *asked : {"get a\r\n", "gets a\r\n", "gat 1 a\r\n"}) {
    EXPECT_EQ(told(asked, end, {"p:a"}), end);
    EXPECT_EQ(told(asked, value + end, {"p:a"}), "VALUE a 0 3\r\np:a\r\nEND\r\n");
    // Another key than was asked for, and one too many.
    EXPECT_EQ(told(asked, "VALUE p:b 0 1\r\nx\r\nEND\r\n", {"p:a"}).substr(0, 13), "SERVER_ERROR ");
    EXPECT_EQ(told(asked, "VALUE p:aa 0 1\r\nx\r\nEND\r\n", {"p:a"}).substr(0, 13), "SERVER_ERROR ");
    EXPECT_EQ(told(asked, value + value + end, {"p:a"}).substr(0, 13), "SERVER_ERROR ");
    EXPECT_EQ(told(asked, "SERVER_ERROR p:a\r\n", {"p:a"}), "SERVER_ERROR p:a\r\n");
  }
}

TEST_F(MemcacheFilter, AMetaKeyIsEncodedWhenItHasToBe) {
  EXPECT_EQ(rekey(one("mg key v q k\r\n"), {"a b"}).bytes, "mg YSBi b v k\r\n");
  EXPECT_EQ(rekey(one("md key\n"), {"a b"}).bytes, "md YSBi b\n");
  EXPECT_EQ(rekey(one("me key\r\n"), {"a b"}).bytes, "me YSBi b\r\n");
  EXPECT_EQ(rekey(one("ms  key  2 q O1\r\nab\r\n"), {"\x01"}).bytes, "ms  AQ==  2 b O1\r\nab\r\n");
  EXPECT_EQ(rekey(one("ms YSBi 2 b\r\nab\r\n"), {"plain"}).bytes, "ms cGxhaW4= 2 b\r\nab\r\n");
  for (const std::string &sent :
       {rekey(one("mg key v k\r\n"), {"a b"}).bytes, rekey(one("ms key 1\r\nx\r\n"), {"a b"}).bytes})
    EXPECT_EQ(one(sent).keys, std::vector<std::string>{"a b"});
  const std::string binary(188, ' ');  // too long in base64
  EXPECT_LT(rekey(one("mg key\r\n"), {binary.c_str()}).status, 0);
  EXPECT_LT(rekey(one("mg a2V5 b\r\n"), {binary.c_str()}).status, 0);
  std::string full = "ms key 1";
  for (int i = 3; i < 19; ++i) full += " s";
  EXPECT_LT(rekey(one(full + "\r\nx\r\n"), {"a b"}).status,
            0);  // a word more, and the server takes the data for commands
  EXPECT_EQ(rekey(one(full + "\r\nx\r\n"), {"plain"}).status, WEIR_OK);
}

TEST_F(MemcacheFilter, AKeyWithABlankAnywhereIsRefused) {
  const ParsedRequest asked = one("get key\r\n"), stored = one("set key 0 0 3\r\nabc\r\n");
  for (size_t len = 1; len < 40; ++len) {
    for (size_t at = 0; at < len; ++at) {
      for (const char c : {' ', '\t', '\n', '\r', '\x01', '\x1f', '!', '\x7f', '\x80', '\xa0', '\xff'}) {
        std::string key(len, 'k');
        key[at] = c;
        const bool is_blank = static_cast<uint8_t>(c) <= ' ';
        const Output out = rekey(asked, {key.c_str()});
        EXPECT_EQ(out.status < 0, is_blank);
        if (!is_blank) {
          EXPECT_EQ(out.bytes, "get " + key + "\r\n");
        }
        EXPECT_EQ(rekey(stored, {key.c_str()}).status < 0, is_blank);
      }
    }
  }
  EXPECT_EQ(rekey(asked, {std::string(250, 'k').c_str()}).status, WEIR_OK);
  EXPECT_LT(rekey(asked, {std::string(251, 'k').c_str()}).status, 0);
}

TEST_F(MemcacheFilter, ALineThatRewritingMakesTooLongIsRefused) {
  const std::string key(250, 'k');
  const std::string line = "mg a O" + std::string(2000, '1');
  EXPECT_EQ(rekey(one(line + "\r\n"), {key.c_str()}).status, WEIR_E_LIMIT);
  EXPECT_EQ(rekey(one(line + "\r\n"), {"b"}).status, WEIR_OK);
}

TEST_F(MemcacheFilter, AKeyIsPutBackIntoAMetaReply) {
  EXPECT_EQ(told("mg a k v\r\n", "VA 1 kp:a s1\r\nk\r\n", {"p:a"}), "VA 1 ka s1\r\nk\r\n");
  EXPECT_EQ(told("mg a k\r\n", "EN kp:a O1\r\n", {"p:a"}), "EN ka O1\r\n");
  EXPECT_EQ(told("ms a 1 k\r\nx\r\n", "HD kp:a\r\n", {"p:a"}), "HD ka\r\n");
  EXPECT_EQ(told("md a k q\r\n", "NF Okp:a kp:a\r\n", {"p:a"}), "NF Okp:a ka\r\n");
  EXPECT_EQ(told("mg a v\r\n", "VA 8\r\nHD kp:a \r\n", {"p:a"}), "VA 8\r\nHD kp:a \r\n");
  EXPECT_EQ(told("me a\r\n", "ME p:a exp=-1 la=0\r\n", {"p:a"}), "ME a exp=-1 la=0\r\n");
  EXPECT_EQ(told("mg a k\r\n", "CLIENT_ERROR kp:a\r\n", {"p:a"}), "CLIENT_ERROR kp:a\r\n");
  EXPECT_EQ(told("mg a k q\r\n", "EN kp:a\r\n", {"p:a"}), "");
  // In base64: as the item was stored, unless weir chose it.
  EXPECT_EQ(told("mg Zm9v b k\r\n", "HD kcDpmb28= b s1\r\n", {"p:foo"}), "HD kZm9v b s1\r\n");
  EXPECT_EQ(told("mg Zm9v b k\r\n", "HD kp:foo s1\r\n", {"p:foo"}), "HD kfoo s1\r\n");
  EXPECT_EQ(told("mg YSBi b k\r\n", "HD kplain\r\n", {"plain"}), "HD kYSBi b\r\n");
  EXPECT_EQ(told("mg foo k\r\n", "HD kcDpmb28= b\r\n", {"p:foo"}), "HD kZm9v b\r\n");
  EXPECT_EQ(told("mg foo k\r\n", "HD kYSBi b\r\n", {"a b"}), "HD kfoo\r\n");
  EXPECT_EQ(told("me foo\r\n", "ME YSBi exp=-1\r\n", {"a b"}), "ME foo exp=-1\r\n");
}

TEST_F(MemcacheFilter, AnswersAreInTheWordsOfTheCommand) {
  EXPECT_EQ(answer("get a\r\n", WEIR_ERR_ANSWER, "x\r\n"), "VALUE a 0 3\r\nx\r\n\r\nEND\r\n");
  EXPECT_EQ(answer("gets a  bb \r\n", WEIR_ERR_ANSWER, "x"), "VALUE a 0 1 0\r\nx\r\nVALUE bb 0 1 0\r\nx\r\nEND\r\n");
  EXPECT_EQ(answer("gat 0 a\n", WEIR_ERR_ANSWER_INT, "12"), "VALUE a 0 2\r\n12\r\nEND\r\n");
  EXPECT_EQ(answer("get a\r\n", WEIR_ERR_ANSWER_NONE), "END\r\n");
  EXPECT_EQ(answer("set a 0 0 1\r\nx\r\n", WEIR_ERR_ANSWER_DONE), "STORED\r\n");
  EXPECT_EQ(answer("set a 0 0 1\r\nx\r\n", WEIR_ERR_ANSWER_NONE), "NOT_STORED\r\n");
  EXPECT_EQ(answer("set a 0 0 1\r\nx\r\n", WEIR_ERR_ANSWER, "EXISTS"), "EXISTS\r\n");
  EXPECT_EQ(answer("set a 0 0 1\r\nx\r\n", WEIR_ERR_ANSWER, "VALUE a 0 1"), "STORED\r\n");
  EXPECT_EQ(answer("delete a\r\n", WEIR_ERR_ANSWER_DONE), "DELETED\r\n");
  EXPECT_EQ(answer("delete a\r\n", WEIR_ERR_ANSWER, "NOT_FOUND"), "NOT_FOUND\r\n");
  EXPECT_EQ(answer("touch a 1\r\n", WEIR_ERR_ANSWER_DONE), "TOUCHED\r\n");
  EXPECT_EQ(answer("touch a 1\r\n", WEIR_ERR_ANSWER_NONE), "NOT_FOUND\r\n");
  EXPECT_EQ(answer("incr a 1\r\n", WEIR_ERR_ANSWER_INT, "7"), "7\r\n");
  EXPECT_EQ(answer("incr a 1\r\n", WEIR_ERR_ANSWER, "7"), "7\r\n");
  EXPECT_EQ(answer("incr a 1\r\n", WEIR_ERR_ANSWER, "x").substr(0, 13), "SERVER_ERROR ");
  EXPECT_EQ(answer("incr a 1\r\n", WEIR_ERR_ANSWER_NONE), "NOT_FOUND\r\n");
  EXPECT_EQ(answer("flush_all\r\n", WEIR_ERR_ANSWER_DONE), "OK\r\n");
  EXPECT_EQ(answer("version\r\n", WEIR_ERR_ANSWER, "1\r\n"), "VERSION 1  \r\n");
  EXPECT_EQ(answer("get a b\r\n", WEIR_ERR_ANSWER, std::string(9 << 20, 'x')).substr(0, 13), "SERVER_ERROR ");
}

TEST_F(MemcacheFilter, MetaAnswersHaveWhatWasAskedFor) {
  EXPECT_EQ(answer("mg a v k f s t O7\r\n", WEIR_ERR_ANSWER, "xy"), "VA 2 ka f0 s2 t-1 O7\r\nxy\r\n");
  EXPECT_EQ(answer("mg a k\r\n", WEIR_ERR_ANSWER, "xy"), "HD ka\r\n");
  EXPECT_EQ(answer("mg a v k f\r\n", WEIR_ERR_ANSWER_NONE), "EN ka\r\n");
  EXPECT_EQ(answer("mg a v q\r\n", WEIR_ERR_ANSWER_NONE), "");
  EXPECT_EQ(answer("ms YSBi 1 b k\r\nx\r\n", WEIR_ERR_ANSWER_DONE), "HD kYSBi b\r\n");
  EXPECT_EQ(answer("ms a 1 q\r\nx\r\n", WEIR_ERR_ANSWER_DONE), "");
  EXPECT_EQ(answer("ms a 1 q\r\nx\r\n", WEIR_ERR_ANSWER_NONE), "NS\r\n");
  EXPECT_EQ(answer("md a\r\n", WEIR_ERR_ANSWER_NONE), "NF\r\n");
  EXPECT_EQ(answer("ma a v\r\n", WEIR_ERR_ANSWER_INT, "4"), "VA 1\r\n4\r\n");
  EXPECT_EQ(answer("ma a\r\n", WEIR_ERR_ANSWER_INT, "4"), "HD\r\n");
  EXPECT_EQ(answer("me a\r\n", WEIR_ERR_ANSWER_NONE), "EN\r\n");
}

}  // namespace
}  // namespace weir::test
