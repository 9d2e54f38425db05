// Commands of a hundred thousand keys, while others go on asking for one.
#include <atomic>

#include "tests/integration/story.h"

namespace weir::test {
namespace {

int many() {
  return slow_build() ? 20'000 : 100'000;
}

// Asks for one thing again and again, until it is told to stop.
class Bystander {
 public:
  Bystander(Proxy &proxy, std::string request, std::string answer)
      : client_(proxy.connect()), request_(std::move(request)), answer_(std::move(answer)) {
    done_ = std::async(std::launch::async, [this] {
      while (!stop_) {
        client_.send(request_);
        if (std::string got = client_.read_exactly(answer_.size()); got != answer_) return got;
        ++answered_;
      }
      return answer_;
    });
  }
  ~Bystander() { stop_ = true; }
  int answered() const { return answered_; }
  // What it got last: the answer, unless something was wrong.
  std::string end() {
    stop_ = true;
    return done_.get();
  }

 private:
  Stream client_;
  const std::string request_, answer_;
  std::atomic<bool> stop_{false};
  std::atomic<int> answered_{0};
  std::future<std::string> done_;
};

class Large : public WithWorkers {};

TEST_P(Large, AHundredThousandKeysAreSetReadAndDeletedWhileOthersAreServed) {
  SKIP_ON_TWEMPROXY("takes no command of so many bytes");
  RedisServers servers = redis_servers(3);
  Proxy proxy(redis_pool(servers), GetParam());
  Stream client = proxy.connect();
  ASSERT_EQ(kOk, client.ask(resp({"SET", "other", "value"})));
  std::vector<std::string> mset = {"MSET"}, mget = {"MGET"}, del = {"DEL"}, values;
  for (int i = 0; i < many(); ++i) {
    std::string key = "key" + std::to_string(i), value = "value of " + key;
    mset.insert(mset.end(), {key, value});
    mget.push_back(key);
    del.push_back(key);
    values.push_back(bulk(value));
  }
  std::string set = resp(mset), get = resp(mget), all = array(values), drop = resp(del);

  Bystander other(proxy, resp({"GET", "other"}), bulk("value"));
  auto meanwhile = [&, before = 0](const char *what) mutable {
    EXPECT_GT(other.answered(), before) << what;
    before = other.answered();
  };
  EXPECT_EQ(kOk, client.ask(set));
  meanwhile("MSET");
  EXPECT_TRUE(same(all, client.ask(get)));
  meanwhile("MGET");
  EXPECT_EQ(integer(many()), client.ask(drop));
  meanwhile("DEL");

  // All in one breath: each sees what those before it did.
  client.send(set + get + resp({"GET", "key7"}) + drop + resp({"GET", "key7"}) + get + resp({"PING"}));
  std::vector<std::string> none(values.size(), kNil);
  EXPECT_EQ(kOk, client.read_reply());
  EXPECT_TRUE(same(all, client.read_reply()));
  EXPECT_EQ(bulk("value of key7"), client.read_reply());
  EXPECT_EQ(integer(many()), client.read_reply());
  EXPECT_EQ(kNil, client.read_reply());
  EXPECT_TRUE(same(array(none), client.read_reply()));
  EXPECT_EQ("+PONG\r\n", client.read_reply());
  EXPECT_EQ(bulk("value"), other.end());
}

TEST_P(Large, AClientThatGoesInTheMiddleHarmsNobody) {
  SKIP_ON_TWEMPROXY("takes no command of so many bytes");
  RedisServers servers = redis_servers(3);
  Proxy proxy(redis_pool(servers), GetParam());
  std::vector<std::string> mget = {"MGET"};
  for (int i = 0; i < many(); ++i) mget.push_back("key" + std::to_string(i));
  std::string get = resp(mget);
  {
    Stream client = proxy.connect();
    ASSERT_EQ(kOk, client.ask(resp({"SET", "other", "value"})));
  }
  Bystander other(proxy, resp({"GET", "other"}), bulk("value"));
  for (int round = 0; round < 10; ++round) {
    Stream goes = proxy.connect();
    goes.send(get + get);
    if (round % 2 == 1) goes.read_exactly(100);
  }
  EXPECT_EQ(bulk("value"), other.end());
  EXPECT_TRUE(eventually([&] { return proxy.stats().at("alpha").number("client_connections") <= 1; }));
}

TEST_P(Large, AMemcachedGetOfTwentyThousandKeys) {
  SKIP_ON_TWEMPROXY("takes no command of so many bytes");
  const int n = 20'000;
  Memcacheds servers = memcacheds(3);
  Proxy proxy(memcached_pool(servers), GetParam());
  Stream client = proxy.connect();
  std::string get = "get", sets, stored, hits;
  for (int i = 0; i < n; ++i) {
    std::string key = "key" + std::to_string(i);
    get += " " + key;
    if (i % 5 == 0) continue;
    sets += mc_set(key, "value of " + key);
    stored += "STORED\r\n";
    hits += mc_value(key, "value of " + key);
  }
  client.send(sets);
  ASSERT_TRUE(same(stored, client.read_exactly(stored.size())));
  client.send(mc_set("other", "value"));
  ASSERT_EQ("STORED", client.read_line());
  Bystander other(proxy, "get other\r\n", mc_value("other", "value") + "END\r\n");
  for (int round = 0; round < 3; ++round) {
    client.send(get + "\r\nget key1\r\n");
    EXPECT_TRUE(same(hits + "END\r\n", client.read_memcached()));
    EXPECT_EQ(mc_value("key1", "value of key1") + "END\r\n", client.read_memcached());
  }
  EXPECT_EQ(mc_value("other", "value") + "END\r\n", other.end());
}

TELL_WITH_WORKERS(Large);

}  // namespace
}  // namespace weir::test
