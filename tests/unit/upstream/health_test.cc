#include <gtest/gtest.h>

#include "core/upstream/backend.h"

namespace weir::upstream {
namespace {

TEST(Health, FailuresInARowReachTheLimitAndBeginAnew) {
  Health health;
  for (int round = 0; round < 2; ++round) {
    EXPECT_FALSE(health.failed(3));
    EXPECT_FALSE(health.failed(3));
    EXPECT_TRUE(health.failed(3));
  }
  EXPECT_TRUE(health.failed(1));
}

TEST(Health, AReplyEndsTheRow) {
  Health health;
  EXPECT_FALSE(health.failed(2));
  health.replied();
  EXPECT_FALSE(health.failed(2));
  EXPECT_TRUE(health.failed(2));
}

TEST(Backend, AddressesAreTriedInTurn) {
  config::Server server;
  server.address.host = "some.name";
  server.address.port = 1;
  const config::Server named = server;
  Backend backend(named);
  EXPECT_FALSE(backend.resolved());
  EXPECT_FALSE(backend.address());
  std::vector<net::SocketAddress> both(2);
  server.address.host = "127.0.0.1";
  ASSERT_TRUE(net::to_socket_address(server.address, both[0]));
  server.address.host = "127.0.0.2";
  ASSERT_TRUE(net::to_socket_address(server.address, both[1]));
  backend.set_addresses(both);
  EXPECT_EQ(net::to_text(*backend.address()), "127.0.0.1:1");
  EXPECT_EQ(net::to_text(*backend.address()), "127.0.0.1:1");
  backend.try_another();
  EXPECT_EQ(net::to_text(*backend.address()), "127.0.0.2:1");
  backend.try_another();
  EXPECT_EQ(net::to_text(*backend.address()), "127.0.0.1:1");
}

TEST(Backend, ADoubtIsToldOnceUntilItIsSettled) {
  struct Count : DoubtListener {
    void in_doubt(Backend &) override { ++told; }
    int told = 0;
  } count;
  const config::Server server;
  Backend backend(server);
  backend.address_in_doubt();  // nobody listens
  backend.tell_doubts_to(&count);
  backend.address_in_doubt();
  backend.address_in_doubt();
  EXPECT_EQ(count.told, 1);
  backend.doubt_is_settled();
  backend.address_in_doubt();
  EXPECT_EQ(count.told, 2);
}

}  // namespace
}  // namespace weir::upstream
