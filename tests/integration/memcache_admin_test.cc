// What administers a memcached, through a pool that has no other.
#include "tests/integration/story.h"

namespace weir::test {
namespace {

class MemcacheAdmin : public WithWorkers {
 protected:
  MemcacheAdmin() { servers_.push_back(std::make_unique<Memcached>(std::vector<std::string>{"-A"})); }

  Memcacheds servers_;
  Proxy &proxy() {
    if (!proxy_) proxy_ = std::make_unique<Proxy>(memcached_pool(servers_), GetParam());
    return *proxy_;
  }
  static std::string ask(Stream &client, const std::string &request) {
    client.send(request + "\r\n");
    return client.read_line();
  }
  // A line of a log or dump, which ends in a line feed alone.
  static std::string read_log(Stream &client) {
    std::string line;
    for (char c = 0; c != '\n'; line += c) c = client.read_exactly(1)[0];
    return line;
  }

 private:
  std::unique_ptr<Proxy> proxy_;
};

TEST_P(MemcacheAdmin, AWatcherSeesWhatOthersDoAndTheyAreNotDisturbed) {
  Stream watcher = proxy().connect(), client = proxy().connect();
  EXPECT_EQ(ask(watcher, "watch mutations"), "OK");
  EXPECT_EQ(ask(client, "set k 0 0 1\r\nx"), "STORED");
  EXPECT_THAT(read_log(watcher), HasSubstr("type=item_store key=k status=stored"));
  watcher.send("get k\r\n");  // as memcached does, nobody reads that
  EXPECT_EQ(ask(client, "set k2 0 0 1\r\nx"), "STORED");
  EXPECT_THAT(read_log(watcher), HasSubstr("key=k2 "));
  watcher.close();
  EXPECT_EQ(ask(client, "mg k s"), "HD s1");
}

TEST_P(MemcacheAdmin, ARefusedWatcherIsAClientLikeBefore) {
  Stream client = proxy().connect();
  EXPECT_EQ(ask(client, "watch nosuch"), "ERROR");
  EXPECT_EQ(ask(client, "set k 0 0 1\r\nx"), "STORED");
  EXPECT_EQ(ask(client, "shutdown nosuch"), "CLIENT_ERROR invalid shutdown mode");
  EXPECT_EQ(ask(client, "mg k s"), "HD s1");
  EXPECT_EQ(ask(client, "watch mutations"), "OK");
}

TEST_P(MemcacheAdmin, DumpsTheKeys) {
  Stream client = proxy().connect(), other = proxy().connect();
  for (int i = 0; i < 50; ++i) EXPECT_EQ(ask(client, "set k" + std::to_string(i) + " 0 0 1\r\nx"), "STORED");
  client.send("lru_crawler metadump all\r\n");
  int keys = 0;
  std::string line;
  while ((line = read_log(client)).substr(0, 4) == "key=") ++keys;
  EXPECT_EQ(line, "END\r\n");
  EXPECT_EQ(keys, 50);
  EXPECT_EQ(ask(client, "mn"), "MN");
  EXPECT_EQ(ask(other, "lru_crawler sleep 100"), "OK");
  EXPECT_EQ(ask(other, "slabs automove 0"), "OK");
  EXPECT_EQ(ask(other, "cache_memlimit 1"), "MEMLIMIT_TOO_SMALL cannot set maxbytes to less than 8m");
}

TEST_P(MemcacheAdmin, AServerThatIsShutDownClosesTheClientThatAskedForIt) {
  Stream client = proxy().connect();
  EXPECT_EQ(ask(client, "set k 0 0 1\r\nx"), "STORED");
  client.send("shutdown\r\n");
  EXPECT_EQ(client.read_until_close(), "");
}

TELL_WITH_WORKERS(MemcacheAdmin);

}  // namespace
}  // namespace weir::test
