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
  backend.try_another(both[0]);
  backend.try_another(both[0]);  // another worker found the same
  EXPECT_EQ(net::to_text(*backend.address()), "127.0.0.2:1");
  backend.try_another(both[1]);
  EXPECT_EQ(net::to_text(*backend.address()), "127.0.0.1:1");
}

net::SocketAddress at(const std::string &host) {
  net::SocketAddress address;
  config::Address written;
  written.host = host;
  written.port = 1;
  EXPECT_TRUE(net::to_socket_address(written, address));
  return address;
}

TEST(Backend, NewAddressesAreTakenAndTheOneInUseIsKeptWhileItIsAmongThem) {
  config::Server server;
  server.address.host = "some.name";
  const config::Server named = server;
  Backend backend(named);
  EXPECT_TRUE(backend.set_addresses({at("127.0.0.1"), at("127.0.0.2")}));
  EXPECT_FALSE(backend.set_addresses({at("127.0.0.2"), at("127.0.0.1")}));  // another order is no change
  EXPECT_EQ(net::to_text(*backend.address()), "127.0.0.1:1");
  EXPECT_TRUE(backend.set_addresses({at("::1"), at("127.0.0.3"), at("127.0.0.1")}));
  EXPECT_EQ(net::to_text(*backend.address()), "127.0.0.1:1");
  EXPECT_TRUE(backend.is_at(at("::1")));
  EXPECT_FALSE(backend.is_at(at("127.0.0.2")));
  EXPECT_TRUE(backend.set_addresses({at("127.0.0.5"), at("127.0.0.4")}));
  EXPECT_EQ(net::to_text(*backend.address()), "127.0.0.5:1");
  EXPECT_EQ(backend.address_count(), 2U);
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
