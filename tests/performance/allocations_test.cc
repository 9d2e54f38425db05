// A warm proxy serves requests without taking memory from the system or giving it back.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <iostream>

#include "tests/performance/counted_proxy.h"

namespace weir::test {
namespace {

constexpr size_t kRequests = 10'000;
constexpr size_t kWarmUp = 5'000;
constexpr int kRounds = 6;
constexpr size_t kKeys = 1'000;
constexpr size_t kLarge = 64 << 10;

struct Asked {
  std::string request, reply;
};

struct Kind {
  const char *name;
  size_t pool;
  std::function<Asked(size_t i)> ask;  // the i-th request
  size_t batch = 1;                    // requests sent before their replies are read
  size_t clients = 1;
  bool in_pieces = false;  // each batch arrives in two, the first of which is read alone
};

std::string key(size_t i) {
  return "key:" + std::to_string(10'000 + i % kKeys);
}
std::vector<std::string> keys(size_t first, size_t n) {
  std::vector<std::string> all;
  for (size_t i = 0; i < n; ++i) all.push_back(key(first * n + i));
  return all;
}
std::string value(size_t size) {
  return std::string(size, 'x');
}

Asked redis(const std::string &word, std::vector<std::string> rest, std::string reply) {
  rest.insert(rest.begin(), word);
  return {resp(rest), std::move(reply)};
}
Asked redis_mget(size_t i, size_t n) {
  return redis("MGET", keys(i, n), array(std::vector<std::string>(n, bulk(value(3)))));
}
Asked redis_mset(size_t i, size_t n) {
  std::vector<std::string> words;
  for (const std::string &k : keys(i, n)) words.insert(words.end(), {k, value(3)});
  return redis("MSET", words, kOk);
}
Asked memcached_get(size_t i, size_t n) {
  std::string line = "get", reply;
  for (const std::string &k : keys(i, n)) {
    line += " " + k;
    reply += mc_value(k, value(3));
  }
  return {line + "\r\n", reply + "END\r\n"};
}

// Keys of large values are others, and few.
std::string large_key(size_t i) {
  return "large:" + std::to_string(i % 16);
}

std::vector<Kind> redis_kinds() {
  const auto get = [](size_t i) { return redis("GET", {key(i)}, bulk(value(3))); };
  const auto set = [](size_t i) { return redis("SET", {key(i), value(3)}, kOk); };
  const auto nothing = [](size_t) { return redis("GET", {"nothing"}, kNil); };
  const auto ping = [](size_t) { return redis("PING", {}, "+PONG\r\n"); };
  const auto mget_10 = [](size_t i) { return redis_mget(i, 10); };
  const auto mget_100 = [](size_t i) { return redis_mget(i, 100); };
  const auto mset_10 = [](size_t i) { return redis_mset(i, 10); };
  const auto mset_100 = [](size_t i) { return redis_mset(i, 100); };
  const auto del = [](size_t) { return redis("DEL", std::vector<std::string>{"a", "b", "c", "d", "e"}, integer(0)); };
  const auto large_set = [](size_t i) { return redis("SET", {large_key(i), value(kLarge)}, kOk); };
  const auto large_get = [](size_t i) { return redis("GET", {large_key(i)}, bulk(value(kLarge))); };
  constexpr size_t pool = CountedProxy::kRedis;
  return {
      {"redis set", pool, set},
      {"redis get", pool, get},
      {"redis get of nothing", pool, nothing},
      {"redis ping", pool, ping},
      {"redis set, pipeline 16", pool, set, 16},
      {"redis get, pipeline 64", pool, get, 64},
      {"redis get, 20 clients", pool, get, 1, 20},
      {"redis mset 10", pool, mset_10},
      {"redis mget 10", pool, mget_10},
      {"redis mset 100", pool, mset_100},
      {"redis mget 100", pool, mget_100},
      {"redis mget 10, pipeline 16", pool, mget_10, 16},
      {"redis del 5", pool, del},
      {"redis set 64 KiB", pool, large_set},
      {"redis get 64 KiB", pool, large_get},
      {"redis set, in pieces", pool, set, 1, 1, true},
      {"redis mget 10, in pieces", pool, mget_10, 1, 1, true},
      {"redis set 64 KiB, in pieces", pool, large_set, 1, 1, true},
  };
}

// Keys that a filter rewrites.
std::vector<Kind> rekeyed_kinds() {
  const auto get = [](size_t i) { return redis("GET", {key(i)}, bulk(value(3))); };
  const auto set = [](size_t i) { return redis("SET", {key(i), value(3)}, kOk); };
  const auto mget_10 = [](size_t i) { return redis_mget(i, 10); };
  constexpr size_t pool = CountedProxy::kRekeyed;
  return {
      {"rekeyed set", pool, set},
      {"rekeyed get, pipeline 16", pool, get, 16},
      {"rekeyed mget 10", pool, mget_10},
  };
}

std::vector<Kind> memcached_kinds() {
  const auto get = [](size_t i) { return memcached_get(i, 1); };
  const auto get_10 = [](size_t i) { return memcached_get(i, 10); };
  const auto set = [](size_t i) { return Asked{mc_set(key(i), value(3)), "STORED\r\n"}; };
  const auto large_set = [](size_t i) { return Asked{mc_set(large_key(i), value(kLarge)), "STORED\r\n"}; };
  const auto large_get = [](size_t i) {
    const std::string k = large_key(i);
    return Asked{"get " + k + "\r\n", mc_value(k, value(kLarge)) + "END\r\n"};
  };
  constexpr size_t pool = CountedProxy::kMemcached;
  return {
      {"memcached set", pool, set},
      {"memcached get", pool, get},
      {"memcached set, pipeline 16", pool, set, 16},
      {"memcached get, pipeline 64", pool, get, 64},
      {"memcached get 10", pool, get_10},
      {"memcached set 64 KiB", pool, large_set},
      {"memcached get 64 KiB", pool, large_get},
      {"memcached set, in pieces", pool, set, 1, 1, true},
      {"memcached get 10, in pieces", pool, get_10, 1, 1, true},
  };
}

std::vector<Kind> kinds() {
  std::vector<Kind> all = redis_kinds();
  for (Kind &kind : memcached_kinds()) all.push_back(std::move(kind));
  for (Kind &kind : rekeyed_kinds()) all.push_back(std::move(kind));
  return all;
}

// Writes so that the proxy reads the first piece before the second comes: what it answers to another client came later.
void send_in_pieces(Stream &client, std::string_view bytes, Stream &other) {
  const size_t cut = bytes.size() * 7 / 8;  // after the first keys of anything
  client.send(bytes.substr(0, cut));
  other.ask(resp({"PING"}));
  client.send(bytes.substr(cut));
}

// All clients write a batch each, then all read their replies, until so many requests are answered.
void serve(std::vector<Stream> &clients, Stream &other, const Kind &kind, size_t requests, size_t batch) {
  std::vector<std::string> wanted(clients.size());
  for (size_t at = 0; at < requests;) {
    for (size_t c = 0; c < clients.size(); ++c) {
      std::string all;
      wanted[c].clear();
      for (size_t end = at + batch; at < end; ++at) {
        const Asked one = kind.ask(at);
        all += one.request;
        wanted[c] += one.reply;
      }
      kind.in_pieces ? send_in_pieces(clients[c], all, other) : clients[c].send(all);
    }
    for (size_t c = 0; c < clients.size(); ++c) {
      if (clients[c].read_exactly(wanted[c].size()) != wanted[c]) {
        throw std::runtime_error(std::string(kind.name) + ": a wrong reply");
      }
    }
  }
}

class Allocations : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (proxy_is_twemproxy()) return;
    proxy = std::make_unique<CountedProxy>();
    // What the gets find.
    for (const Kind &kind : kinds()) {
      if (!std::string(kind.name).ends_with("set") && !std::string(kind.name).ends_with("set 64 KiB")) continue;
      std::vector<Stream> client;
      client.push_back(proxy->connect(kind.pool));
      Stream other = proxy->connect(CountedProxy::kRedis);
      serve(client, other, kind, kKeys, 1);
    }
  }
  static void TearDownTestSuite() { proxy.reset(); }
  void SetUp() override { SKIP_ON_TWEMPROXY("only weir promises this"); }

  static std::unique_ptr<CountedProxy> proxy;
};
std::unique_ptr<CountedProxy> Allocations::proxy;

// Without this, the other test could pass because nothing is counted.
TEST_F(Allocations, OfANewClientAreCounted) {
  const uint64_t before = proxy->calls();
  proxy->watch();
  Stream client = proxy->connect(CountedProxy::kRedis);
  EXPECT_EQ(client.ask(resp({"GET", key(0)})), bulk(value(3)));
  EXPECT_GT(proxy->calls(), before);
  EXPECT_NE(proxy->origins(), "");
}

// What the proxy does once a second, such as giving back memory that an earlier kind of request needed, falls into one
// round or another; what it does for requests is in each. So one round without any call is enough, and necessary.
TEST_F(Allocations, OfAWarmProxyAreNone) {
  for (const Kind &kind : kinds()) {
    std::vector<Stream> clients;
    while (clients.size() < kind.clients) clients.push_back(proxy->connect(kind.pool));
    Stream other = proxy->connect(CountedProxy::kRedis);
    serve(clients, other, kind, kWarmUp, kind.batch * 2);  // more at a time than later: buffers have grown enough
    uint64_t fewest = UINT64_MAX;
    for (int round = 0; round < kRounds && fewest > 0; ++round) {
      const uint64_t before = proxy->calls();
      proxy->watch();
      serve(clients, other, kind, kRequests, kind.batch);
      fewest = std::min(fewest, proxy->calls() - before);
    }
    std::cout << kind.name << ": " << fewest << " in " << kRequests << " requests" << std::endl;
    EXPECT_EQ(fewest, 0U) << kind.name << ": the first calls come from\n" << proxy->origins();
  }
}

}  // namespace
}  // namespace weir::test
