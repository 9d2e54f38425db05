// A server that is a replica all of a sudden: whoever is primary behind its address gets the next requests.
#include "tests/integration/story.h"

namespace weir::test {
namespace {

class Demoted : public WithWorkers {};

TEST_P(Demoted, AReadOnlyServerIsLeftForWhoeverIsPrimaryAtItsAddressNow) {
  // A failover behind one address: connections from before it end at the old primary, new ones at the new one.
  std::atomic<bool> failed_over{false};
  FakeServer address([&](Stream &client) {
    bool old = !failed_over;
    while (true) {
      client.read_request();
      bool demoted = old && failed_over;
      client.send(demoted ? "-READONLY You can't write against a read only replica.\r\n"
                  : old   ? "+old\r\n"
                          : "+new\r\n");
    }
  });
  PoolText pool;
  pool.redis().server(address.address(), "s0");
  Proxy proxy({pool}, {.workers = GetParam()});
  Stream client = proxy.connect();
  EXPECT_EQ("+old\r\n", client.ask(resp({"SET", "k", "v"})));
  failed_over = true;
  EXPECT_THAT(client.ask(resp({"SET", "k", "v"})), StartsWith("-READONLY"));
  for (int i = 0; i < 20; ++i) EXPECT_EQ("+new\r\n", client.ask(resp({"SET", "k", "v"})));
  EXPECT_EQ(2, address.accepted());
  EXPECT_EQ(0, proxy.stats().at("alpha").number("forward_error"));
}

TEST_P(Demoted, AServerThatIsAReplicaForGoodIsReadFromAsBefore) {
  RedisServers servers = redis_servers(2);
  EXPECT_EQ(kOk, servers[1]->call({"SET", "k", "v"}));
  Proxy proxy({PoolText().redis().server(servers[1]->address(), "replica")}, {.workers = GetParam()});
  Stream client = proxy.connect();
  EXPECT_EQ(kOk, servers[1]->call({"REPLICAOF", "127.0.0.1", std::to_string(servers[0]->port())}));
  EXPECT_TRUE(eventually([&] { return servers[1]->info("master_link_status") == "up"; }));
  EXPECT_EQ(kOk, servers[0]->call({"SET", "k", "replicated"}));
  EXPECT_TRUE(eventually([&] { return servers[1]->call({"GET", "k"}) == bulk("replicated"); }));
  std::string asked, wanted;
  for (int i = 0; i < 100; ++i) asked += resp({"SET", "k", "w"}) + resp({"GET", "k"});
  client.send(asked);
  for (int i = 0; i < 100; ++i) {
    EXPECT_THAT(client.read_reply(), StartsWith("-READONLY"));
    EXPECT_EQ(bulk("replicated"), client.read_reply());
  }
  EXPECT_EQ(0, proxy.stats().at("alpha").number("forward_error"));
  EXPECT_LE(proxy.stats().at("alpha").at("replica").number("server_connections"), 1);
}

TELL_WITH_WORKERS(Demoted);

}  // namespace
}  // namespace weir::test
