// What the stories share: groups of servers, keys that are known to live somewhere, clients side by side.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/servers/backends.h"
#include "tests/support/servers/fake_server.h"
#include "tests/support/servers/proxy.h"

namespace weir::test {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::StartsWith;

using RedisServers = std::vector<std::unique_ptr<RedisServer>>;
using Memcacheds = std::vector<std::unique_ptr<Memcached>>;

inline RedisServers redis_servers(size_t n) {
  RedisServers all;
  while (all.size() < n) all.push_back(std::make_unique<RedisServer>());
  return all;
}

inline Memcacheds memcacheds(size_t n) {
  Memcacheds all;
  while (all.size() < n) all.push_back(std::make_unique<Memcached>());
  return all;
}

// Stories in which the order of things matters are told with one worker and with two.
class WithWorkers : public testing::TestWithParam<int> {};
#define TELL_WITH_WORKERS(suite)                                  \
  INSTANTIATE_TEST_SUITE_P(Workers, suite, testing::Values(1, 2), \
                           [](const testing::TestParamInfo<int> &p) { return "Workers" + std::to_string(p.param); })

// Pools over them that spread even a few keys, always in the same way: the servers are named s0, s1, ...
inline PoolText redis_pool(const RedisServers &servers, const std::string &name = "alpha") {
  PoolText pool(name);
  pool.redis().set("hash", "murmur");
  for (size_t i = 0; i < servers.size(); ++i) pool.server(servers[i]->address(), "s" + std::to_string(i));
  return pool;
}

inline PoolText memcached_pool(const Memcacheds &servers, const std::string &name = "alpha") {
  PoolText pool(name);
  pool.set("hash", "murmur");
  for (size_t i = 0; i < servers.size(); ++i) pool.server(servers[i]->address(), "s" + std::to_string(i));
  return pool;
}

// A key, from prefix on, that the pool behind the client keeps on that server. It is set to "x" there.
inline std::string key_on(Stream &client, const RedisServer &server, const std::string &prefix = "key") {
  for (int i = 0; i < 10'000; ++i) {
    std::string key = prefix + std::to_string(i);
    if (server.call({"EXISTS", key}) == integer(1)) continue;  // not ours: it was there before
    if (client.ask(resp({"SET", key, "x"})) != kOk) continue;
    if (server.call({"EXISTS", key}) == integer(1)) return key;
  }
  throw std::runtime_error("no key of 10,000 lands on " + server.address());
}

// Runs body(0..n-1) in threads; a failure of any is thrown here.
inline void side_by_side(int n, const std::function<void(int)> &body) {
  std::vector<std::future<void>> all;
  for (int i = 0; i < n; ++i) all.push_back(std::async(std::launch::async, body, i));
  for (auto &f : all) f.get();
}

// Large strings are compared without gtest printing them.
inline testing::AssertionResult same(const std::string &wanted, const std::string &got) {
  if (wanted == got) return testing::AssertionSuccess();
  size_t at = 0;
  while (at < wanted.size() && at < got.size() && wanted[at] == got[at]) ++at;
  size_t from = at > 20 ? at - 20 : 0;
  return testing::AssertionFailure() << "differ at byte " << at << " (" << wanted.size() << " wanted, " << got.size()
                                     << " got): wanted " << shown(std::string_view(wanted).substr(from)) << ", got "
                                     << shown(std::string_view(got).substr(std::min(from, got.size())));
}

}  // namespace weir::test
