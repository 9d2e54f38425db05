// What a pool says of servers that fail: on_failure, failover_pool, health_check, slow_start.
#include <gmock/gmock.h>

#include "tests/unit/config/loading.h"

namespace weir::config::testing {
namespace {

using ::testing::HasSubstr;

// Two pools, the first of which says this of failures.
std::string two_pools(const std::string &lines, const std::string &others = "") {
  return "pools:\n  alpha:\n    listen: 127.0.0.1:22121\n    servers: [\"127.0.0.1:6379:1\"]\n" + lines +
         "  spare:\n    listen: 127.0.0.1:22122\n    servers: [\"127.0.0.1:6380:1\"]\n" + others;
}

OnFailure policy_of(const std::string &lines) {
  Loaded loaded = load(two_pools(lines));
  EXPECT_TRUE(loaded.settings) << loaded.complaints;
  return loaded.settings ? loaded.pool().policy() : OnFailure::nothing;
}

TEST(OnFailureKeys, TwemproxysKeyMeansRehash) {
  EXPECT_EQ(policy_of(""), OnFailure::nothing);
  EXPECT_EQ(policy_of("    auto_eject_hosts: true\n"), OnFailure::rehash);
  EXPECT_EQ(policy_of("    on_failure: rehash\n"), OnFailure::rehash);
  EXPECT_EQ(policy_of("    on_failure: fail_fast\n"), OnFailure::fail_fast);
  EXPECT_EQ(policy_of("    auto_eject_hosts: true\n    on_failure: fail_fast\n"), OnFailure::fail_fast);
  EXPECT_EQ(policy_of("    on_failure: failover\n    failover_pool: spare\n"), OnFailure::failover);
}

TEST(OnFailureKeys, AnotherWordIsAFault) {
  EXPECT_THAT(load(weir_pool("    on_failure: failfast\n")).complaints,
              HasSubstr("expected one of rehash, fail_fast, failover, found \"failfast\", did you mean fail_fast?"));
}

TEST(OnFailureKeys, AFailoverNeedsAPoolThatCanTakeIt) {
  auto fault = [](const std::string &lines, const std::string &others = "") {
    return load(two_pools("    on_failure: failover\n" + lines, others)).complaints;
  };
  EXPECT_THAT(fault(""), HasSubstr("f:2: pools.alpha.on_failure: is failover, and there is no failover_pool"));
  EXPECT_THAT(
      fault("    failover_pool: spar\n"),
      HasSubstr("pools.alpha.failover_pool: expected one of alpha, spare, found \"spar\", did you mean spare?"));
  EXPECT_THAT(fault("    failover_pool: alpha\n"), HasSubstr("pools.alpha.failover_pool: is the pool itself"));
  EXPECT_THAT(fault("    failover_pool: spare\n", "    redis: true\n"),
              HasSubstr("is a pool of protocol redis, and this one is of memcache"));
  EXPECT_THAT(fault("    failover_pool: spare\n", "    on_failure: failover\n    failover_pool: alpha\n"),
              HasSubstr("is a pool that fails over itself; requests are passed on only once"));
  EXPECT_THAT(load(two_pools("    failover_pool: spare\n")).complaints,
              HasSubstr("pools.alpha.failover_pool: is only used with on_failure: failover"));
}

TEST(OnFailureKeys, ASlowStartNeedsAnotherPlaceForTheKeys) {
  EXPECT_THAT(load(weir_pool("    slow_start: 10s\n")).complaints,
              HasSubstr("pools.alpha.slow_start: is only used with on_failure: rehash or failover"));
  EXPECT_FALSE(load(weir_pool("    on_failure: fail_fast\n    slow_start: 10s\n")).settings);
  Loaded loaded = load(weir_pool("    auto_eject_hosts: true\n    slow_start: 10s\n"));
  ASSERT_TRUE(loaded.settings) << loaded.complaints;
  EXPECT_EQ(loaded.pool().slow_start_us, 10'000'000U);
}

TEST(HealthCheckKeys, AreOffUnlessGiven) {
  EXPECT_EQ(load(weir_pool("")).pool().health_check.interval_us, 0U);
}

TEST(HealthCheckKeys, HaveDefaults) {
  Loaded loaded = load(weir_pool("    health_check: {fall: 7}\n"));
  ASSERT_TRUE(loaded.settings) << loaded.complaints;
  EXPECT_EQ(loaded.pool().health_check.interval_us, 2'000'000U);
  EXPECT_EQ(loaded.pool().health_check.timeout_us, 1'000'000U);
  EXPECT_EQ(loaded.pool().health_check.rise, 2U);
  EXPECT_EQ(loaded.pool().health_check.fall, 7U);
}

TEST(HealthCheckKeys, AreCheckedOneByOne) {
  EXPECT_THAT(load(weir_pool("    health_check: {rise: 0, intervall: 1s}\n")).complaints,
              ::testing::AllOf(HasSubstr("pools.alpha.health_check.rise: expected a number from 1"),
                               HasSubstr("pools.alpha.health_check.intervall: is unknown, did you mean interval?")));
  EXPECT_THAT(load(weir_pool("    health_check: true\n")).complaints,
              HasSubstr("expected a map like {interval: 2s, timeout: 1s, rise: 2, fall: 3}, found \"true\""));
}

TEST(HealthCheckKeys, ArePrintedAsTheyAreRead) {
  Loaded loaded =
      load(two_pools("    on_failure: failover\n    failover_pool: spare\n    slow_start: 5s\n"
                     "    health_check: {interval: 500ms}\n"));
  ASSERT_TRUE(loaded.settings) << loaded.complaints;
  std::string text = print(*loaded.settings, fixed_catalog());
  EXPECT_THAT(text, HasSubstr("    on_failure: failover\n    failover_pool: spare\n    health_check:\n"
                              "      interval: 500ms\n      timeout: 1s\n      rise: 2\n      fall: 3\n"
                              "    slow_start: 5s\n"));
  Loaded again = load(text);
  ASSERT_TRUE(again.settings) << again.complaints;
  EXPECT_EQ(print(*again.settings, fixed_catalog()), text);
}

}  // namespace
}  // namespace weir::config::testing
