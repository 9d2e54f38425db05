// Random: any live server, whatever the key.
#include <gtest/gtest.h>

#include "tests/unit/hash/plugin_file.h"

namespace weir::test {
namespace {

constexpr size_t kPicks = 10'000;

class Worker {
 public:
  explicit Worker(uint32_t id) : state_(dist_named("random").worker_init(nullptr, id)) {}
  ~Worker() { dist_named("random").worker_fini(nullptr, state_); }
  Worker(const Worker &) = delete;
  Worker &operator=(const Worker &) = delete;

  std::vector<uint32_t> picks(const Ring &ring, size_t n = kPicks) {
    return ring.select(std::vector<uint64_t>(n), state_);
  }

 private:
  void *state_;
};

std::vector<size_t> tally(const std::vector<uint32_t> &chosen, size_t servers) {
  std::vector<size_t> counts(servers);
  for (const uint32_t server : chosen) ++counts.at(server);
  return counts;
}

TEST(Random, NeedsNoHash) {
  EXPECT_EQ(dist_named("random").flags, static_cast<uint32_t>(WEIR_D_NO_HASH));
}

// Far wider than chance allows to miss: 2,500 expected of each, standard deviation 43.
TEST(Random, SpreadsOverAllServersWhateverTheirWeights) {
  const Ring ring("random", {{"a", 1}, {"b", 1000}, {"c", 1}, {"d", 7}});
  for (const size_t count : tally(Worker(0).picks(ring), 4)) {
    EXPECT_GT(count, 1900u);
    EXPECT_LT(count, 3100u);
  }
}

TEST(Random, NeverChoosesADeadServerAndAlwaysAllLiveOnes) {
  const Ring ring("random", {{"a", 1, false}, {"b"}, {"c", 1, false}, {"d"}});
  const std::vector<size_t> counts = tally(Worker(0).picks(ring), 4);
  EXPECT_EQ(counts[0] + counts[2], 0u);
  EXPECT_GT(counts[1], 0u);
  EXPECT_GT(counts[3], 0u);
}

TEST(Random, WithoutALiveServerNoneIsChosen) {
  EXPECT_EQ(Worker(0).picks(Ring("random", {{"a", 1, false}}), 1).front(), WEIR_NO_SERVER);
  EXPECT_EQ(Worker(0).picks(Ring("random", {}), 1).front(), WEIR_NO_SERVER);
}

TEST(Random, EachWorkerAndEachStartGoesItsOwnWay) {
  const Ring ring("random", std::vector<Server>(1000, Server{"s"}));
  const std::vector<uint32_t> first = Worker(0).picks(ring, 64);
  EXPECT_NE(first, Worker(1).picks(ring, 64));
  EXPECT_NE(first, Worker(0).picks(ring, 64));
}

TEST(Random, AWorkerGoesOnWhereItStopped) {
  const Ring ring("random", std::vector<Server>(1000, Server{"s"}));
  Worker worker(0);
  EXPECT_NE(worker.picks(ring, 64), worker.picks(ring, 64));
}

TEST(Random, AWorkerWithoutAGeneratorStillChoosesLiveServers) {
  const Ring ring("random", {{"a", 1, false}, {"b"}, {"c"}});
  for (const uint32_t server : ring.select(std::vector<uint64_t>(100))) EXPECT_TRUE(server == 1 || server == 2);
}

}  // namespace
}  // namespace weir::test
