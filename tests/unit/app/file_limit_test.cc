#include "core/app/file_limit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

namespace weir::app {
namespace {

using ::testing::HasSubstr;

config::Settings with(size_t servers, uint32_t client_connections = 0, uint32_t max_clients = 0) {
  config::Settings settings;
  settings.max_clients = max_clients;
  settings.pools.emplace_back();
  settings.pools[0].servers.resize(servers);
  settings.pools[0].server_connections = 2;
  settings.pools[0].client_connections = client_connections;
  return settings;
}

TEST(FileLimit, IsRaisedAsFarAsItGoes) {
  rlimit before{}, low{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  low = {64, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  EXPECT_EQ(raise_file_limit(), before.rlim_max);
  ::setrlimit(RLIMIT_NOFILE, &before);
}

TEST(FileLimit, LeavesEnoughForEveryServerConnection) {
  auto few = room_for_clients(with(1), 1, 10'000), many = room_for_clients(with(101), 4, 10'000);
  ASSERT_TRUE(few && many);
  EXPECT_LE(*many, 10'000U - 101 * 2 * 4 - 101) << "and one to probe it";
  EXPECT_EQ(*few - *many, 101 * 2 * 4 - 2 + 100 + 3 * 8U) << "three more workers have descriptors of their own";
}

TEST(FileLimit, ThatIsTooLowForTheClientsThatMayComeLeavesSomeOut) {
  auto room = room_for_clients(with(1, 50'000), 1, 1'024);
  ASSERT_TRUE(room) << room.error().text;
  EXPECT_LT(*room, 1'024U);
  EXPECT_GT(*room, 800U);
}

TEST(FileLimit, ThatIsTooLowForTheServersLetsAFewClientsTry) {
  auto room = room_for_clients(with(1'000), 4, 1'024);
  ASSERT_TRUE(room);
  EXPECT_EQ(*room, 16U);
}

TEST(FileLimit, ThatIsTooLowForMaxClientsIsAnErrorThatSaysWhatToDo) {
  EXPECT_TRUE(room_for_clients(with(1, 0, 800), 1, 1'024));
  auto room = room_for_clients(with(1, 0, 1'000), 1, 1'024);
  ASSERT_FALSE(room);
  EXPECT_THAT(room.error().text, HasSubstr("1000 clients"));
  EXPECT_THAT(room.error().text, HasSubstr("the limit is 1024"));
  EXPECT_THAT(room.error().text, HasSubstr("ulimit -n"));
  EXPECT_THAT(room.error().text, HasSubstr("lower max_clients"));
}

TEST(FileLimit, OfMaxClientsAndThoseOfAllPoolsTheLesserCounts) {
  EXPECT_TRUE(room_for_clients(with(1, 100, 5'000), 1, 1'024)) << "no more than 100 can come";
  EXPECT_TRUE(room_for_clients(with(1, 5'000, 100), 1, 1'024));
}

}  // namespace
}  // namespace weir::app
