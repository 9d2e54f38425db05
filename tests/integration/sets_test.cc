// What sets on different servers have in common is what one server would say they have.
#include <algorithm>
#include <random>

#include "tests/integration/story.h"

namespace weir::test {
namespace {

using Args = std::vector<std::string>;

// A reply of one list, its elements sorted: sets have no order.
std::string in_order(const std::string &reply) {
  if (reply[0] != '*') return reply;
  size_t at = reply.find('\n') + 1;
  std::string head = reply.substr(0, at);
  std::vector<std::string> elements;
  while (at < reply.size()) {
    size_t line = reply.find('\n', at) + 1, end = line + std::stoul(reply.substr(at + 1)) + 2;
    elements.push_back(reply.substr(at, end - at));
    at = end;
  }
  std::sort(elements.begin(), elements.end());
  for (const std::string &e : elements) head += e;
  return head;
}

class Sets : public WithWorkers {
 protected:
  RedisServers servers_ = redis_servers(4);  // three behind the pool, and the one that knows better
  Proxy proxy_{pool(), GetParam()};
  Stream client_ = proxy_.connect(), server_ = servers_[3]->connect();
  std::mt19937 random_{20261121};

  PoolText pool() const {
    PoolText text;
    text.redis().set("hash", "murmur");
    for (int i = 0; i < 3; ++i) text.server(servers_[static_cast<size_t>(i)]->address(), "s" + std::to_string(i));
    return text;
  }
  int any(int n) { return std::uniform_int_distribution<int>(0, n - 1)(random_); }
  void both(const Args &args) {
    std::string wanted = server_.ask(resp(args));
    ASSERT_EQ(wanted, client_.ask(resp(args))) << args[0] << " " << args[1];
  }
  // Sets of numbers, of words, of both and of nothing, sorted sets, and a key that is none of them.
  void fill() {
    for (int set = 0; set < 12; ++set) {
      Args sadd = {"SADD", "set" + std::to_string(set)}, zadd = {"ZADD", "zset" + std::to_string(set)};
      for (int i = 0, n = 1 + any(set == 5 ? 2'000 : 60); i < n; ++i) {
        std::string member = (set % 3 ? "" : "word \r\n") + std::to_string(any(40));
        sadd.push_back(member);
        zadd.insert(zadd.end(), {std::to_string(any(20)) + (set % 2 ? ".25" : ""), member});
      }
      both(sadd);
      both(zadd);
    }
    both({"SET", "string", "x"});
  }
  std::string any_key(bool sorted) {
    int what = any(25);
    if (what == 0) return "nothing";
    if (what == 1) return "string";
    return ((what == 2) != sorted ? "zset" : "set") + std::to_string(any(12));
  }
};

TEST_P(Sets, OverSeveralServersAreJoinedAsOnOne) {
  SKIP_ON_TWEMPROXY("sends such a command to the server of its first key");
  fill();
  const Args names = {"SINTER", "SUNION", "SDIFF", "SINTERCARD", "ZDIFF", "ZINTERCARD"};
  for (int round = 0; round < (slow_build() ? 200 : 1'000); ++round) {
    std::string name = names[static_cast<size_t>(any(6))];
    bool sorted = name[0] == 'Z', card = name.ends_with("CARD");
    int n = 1 + any(4);
    Args args = {name};
    if (sorted || card) args.push_back(std::to_string(n));
    for (int i = 0; i < n; ++i) args.push_back(any_key(sorted));
    if (card && any(2)) args.insert(args.end(), {"LIMIT", std::to_string(any(5) - 1)});
    if (name == "ZDIFF" && any(2)) args.push_back("withscores");
    if ((sorted || card) && any(10) == 0) args.push_back("LIMIT");
    std::string wanted = server_.ask(resp(args)), got = client_.ask(resp(args)), text;
    for (const std::string &arg : args) text += arg + " ";
    if (sorted)  // these have an order
      ASSERT_EQ(wanted, got) << text;
    else
      ASSERT_EQ(in_order(wanted), in_order(got)) << text;
  }
}

TEST_P(Sets, OfManyKeysAndMembersAreJoinedToo) {
  SKIP_ON_TWEMPROXY("sends such a command to the server of its first key");
  Args sunion = {"SUNION"}, sdiff = {"SDIFF", "all"}, all = {"SADD", "all"}, wanted;
  std::string adds;
  for (int i = 0; i < 10'000; ++i) {
    adds += resp({"SADD", "one" + std::to_string(i), "member" + std::to_string(i)});
    all.push_back("member" + std::to_string(i));
    sunion.push_back("one" + std::to_string(i));
    if (i % 2) sdiff.push_back(sunion.back());
    wanted.push_back(bulk(all.back()));
  }
  client_.send(adds + resp(all));
  client_.read_replies(10'001);
  EXPECT_TRUE(same(in_order(array(wanted)), in_order(client_.ask(resp(sunion)))));
  std::string rest = client_.ask(resp(sdiff));
  EXPECT_THAT(rest.substr(0, 8), StartsWith("*5000\r\n"));
  Args card = {"SINTERCARD", "9000"}, zdiff = {"ZDIFF", "9001", "scores"};
  for (int i = 0; i < 9'000; ++i) {
    card.push_back("all");
    if (i % 2) card.back() = "like" + std::to_string(i % 20);
    zdiff.push_back("one" + std::to_string(i));
  }
  Args some = {"SADD", "", "member1", "member2", "member3"};
  for (int i = 1; i < 20; i += 2) client_.ask(resp((some[1] = "like" + std::to_string(i), some)));
  EXPECT_EQ(integer(3), client_.ask(resp(card)));
  card.insert(card.end(), {"LIMIT", "2"});
  EXPECT_EQ(integer(2), client_.ask(resp(card)));
  client_.ask(resp({"ZADD", "scores", "3", "member9100", "2", "member5", "1.5", "other"}));
  zdiff.push_back("WITHSCORES");
  EXPECT_EQ(array({bulk("other"), bulk("1.5"), bulk("member9100"), bulk("3")}), client_.ask(resp(zdiff)));
  EXPECT_EQ("+PONG\r\n", client_.ask(resp({"PING"})));
}

TEST_P(Sets, AreNotJoinedWhenAServerIsGone) {
  SKIP_ON_TWEMPROXY("sends such a command to the server of its first key");
  std::string here = key_on(client_, *servers_[0]), there = key_on(client_, *servers_[1]);
  client_.ask(resp({"DEL", here, there}));
  client_.ask(resp({"SADD", here, "a"}));
  servers_[1]->kill();
  EXPECT_THAT(client_.ask(resp({"SINTER", here, there})), StartsWith("-ERR"));
  EXPECT_EQ(array({bulk("a")}), client_.ask(resp({"SINTER", here, here})));
}

TELL_WITH_WORKERS(Sets);

}  // namespace
}  // namespace weir::test
