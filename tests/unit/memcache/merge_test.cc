// One reply out of several.
#include <algorithm>
#include <map>
#include <set>

#include "tests/unit/memcache/described.h"

namespace weir::test {
namespace {

using Store = std::map<std::string, std::string>;

// What a memcached with these values answers to a get of these keys.
std::string served(const Store &store, const std::vector<std::string> &keys) {
  std::string out;
  for (const std::string &key : keys)
    if (auto it = store.find(key); it != store.end())
      out += "VALUE " + key + " 0 " + std::to_string(it->second.size()) + "\r\n" + it->second + "\r\n";
  return out + "END\r\n";
}

// The parts of r when key i lies on server where[i].
std::vector<PartReply> parts_of(const ParsedRequest &r, const std::vector<uint32_t> &where, const Store &store) {
  std::vector<PartReply> parts;
  std::map<uint32_t, size_t> place;
  std::vector<std::vector<std::string>> asked;
  for (uint32_t i = 0; i < r.keys.size(); ++i) {
    if (place.emplace(where[i], parts.size()).second) {
      parts.push_back({{}, "", WEIR_PART_OK, where[i]});
      asked.emplace_back();
    }
    parts[place[where[i]]].pick.push_back(i);
    asked[place[where[i]]].push_back(r.keys[i]);
  }
  for (size_t p = 0; p < parts.size(); ++p) parts[p].reply = served(store, asked[p]);
  return parts;
}

// Every way to lay these keys on servers; equal keys lie on the same one.
std::set<std::vector<uint32_t>> partitions(const std::vector<std::string> &keys) {
  std::set<std::vector<uint32_t>> out = {{}};
  for (size_t i = 0; i < keys.size(); ++i) {
    std::set<std::vector<uint32_t>> longer;
    size_t same = static_cast<size_t>(std::find(keys.begin(), keys.end(), keys[i]) - keys.begin());
    for (std::vector<uint32_t> where : out) {
      uint32_t fresh = where.empty() ? 0 : *std::max_element(where.begin(), where.end()) + 1;
      for (uint32_t server = 0; server <= fresh; ++server) {
        if (same < i && where[same] != server) continue;
        where.push_back(server);
        longer.insert(where);
        where.pop_back();
      }
    }
    out = std::move(longer);
  }
  return out;
}

std::string get_of(const std::vector<std::string> &keys) {
  std::string line = "get";
  for (const std::string &key : keys) line += " " + key;
  return line + "\r\n";
}

TEST_F(MemcacheTest, EveryPartitionOfFiveKeysMergesToTheUnsplitReply) {
  const Store store = {{"a", "1"}, {"ab", "END\r\n"}, {"c", ""}, {"d", "VALUE a 0 1\r\n"}};
  const std::vector<std::vector<std::string>> requests = {
      {"a", "ab", "c", "d", "miss"}, {"a", "a", "miss", "a", "miss"}, {"miss", "x", "y", "d", "z"},
      {"x", "y", "z", "v", "w"},     {"ab", "a", "ab", "a", "c"},     {"d", "c"}};
  for (const auto &keys : requests) {
    ParsedRequest r = one(get_of(keys));
    std::string unsplit = served(store, keys);
    for (const std::vector<uint32_t> &where : partitions(keys))
      ASSERT_EQ(driver.merge(driver.client(), r, parts_of(r, where, store)).bytes, unsplit) << r.message;
  }
}

TEST_F(MemcacheTest, SlicesMergeToTheSame) {
  std::vector<std::string> keys;
  std::vector<uint32_t> where;
  Store store;
  for (uint32_t i = 0; i < 200; ++i) {
    keys.push_back("key" + std::to_string(i % 150));
    where.push_back(i % 150 % 7);
    if (i % 3) store[keys.back()] = std::string(i, 'v');
  }
  ParsedRequest r = one(get_of(keys));
  std::vector<PartReply> parts = parts_of(r, where, store);
  for (uint32_t slice : {0, 1, 7, 64, 199, 200})
    EXPECT_EQ(driver.merge(driver.client(), r, parts, slice).bytes, served(store, keys)) << slice;
}

// Small values share one look at a server's reply, large ones do not: every way from one to the other.
TEST_F(MemcacheTest, SmallAndLargeValuesMergeInTheOrderOfTheKeys) {
  for (size_t step : {1, 3, 7}) {
    std::vector<std::string> keys;
    std::vector<uint32_t> where;
    Store store;
    for (uint32_t i = 0; i < 60; ++i) {
      keys.push_back("a-key-of-some-length-" + std::to_string(i));
      where.push_back(i % 3 % 2);
      const size_t sizes[] = {1, 4000, 4060, 4080, 4096, 5000, 20, 1500, 12000, 0};
      if (i % 4) store[keys.back()] = std::string(sizes[i * step % 10], 'v');
    }
    ParsedRequest r = one(get_of(keys));
    for (uint32_t slice : {0, 1, 7})
      ASSERT_EQ(driver.merge(driver.client(), r, parts_of(r, where, store), slice).bytes, served(store, keys)) << step;
  }
}

TEST_F(MemcacheTest, AFailedShardFailsTheWholeByDefault) {
  const Store store = {{"a", "1"}, {"b", "2"}, {"c", "3"}};
  ParsedRequest r = one("get a b c\r\n");
  for (uint32_t bad = 0; bad < 3; ++bad) {
    for (uint32_t status : {WEIR_PART_TIMEOUT, WEIR_PART_NO_SERVER, WEIR_PART_CLOSED, WEIR_PART_PROTO}) {
      std::vector<PartReply> parts = parts_of(r, {0, 1, 2}, store);
      parts[bad].status = status;
      for (uint32_t slice : {0, 1}) {
        std::string merged = driver.merge(driver.client(), r, parts, slice).bytes;
        EXPECT_EQ(merged.substr(0, 13), "SERVER_ERROR ");
        EXPECT_EQ(merged.find('\n'), merged.size() - 1) << merged;
      }
    }
  }
}

TEST_F(MemcacheTest, AServersOwnErrorIsPassedOn) {
  ParsedRequest r = one("get a b\r\n");
  std::vector<PartReply> parts = {{{0}, "VALUE a 0 1\r\n1\r\nEND\r\n"},
                                  {{1}, "VALUE b 0 1\r\n1\r\nSERVER_ERROR out of memory\r\n"}};
  EXPECT_EQ(driver.merge(driver.client(), r, parts).bytes, "SERVER_ERROR out of memory\r\n");
}

TEST(MemcacheShardFailure, MissTakesAFailedShardsKeysForAbsent) {
  ProtocolDriver driver("memcache", "memcache", {{"shard_failure", "miss"}});
  ASSERT_TRUE(driver.ok());
  ParsedRequest r = driver.requests("get a b c\r\n").list.at(0);
  std::vector<PartReply> parts = parts_of(r, {0, 1, 0}, {{"a", "1"}, {"b", "2"}, {"c", "3"}});
  parts[1].status = WEIR_PART_TIMEOUT;
  for (uint32_t slice : {0, 1}) {
    std::string merged = driver.merge(driver.client(), r, parts, slice).bytes;
    EXPECT_EQ(merged, "VALUE a 0 1\r\n1\r\nVALUE c 0 1\r\n3\r\nEND\r\n");
  }
  parts[1] = {{1}, "SERVER_ERROR no\r\n"};
  EXPECT_EQ(driver.merge(driver.client(), r, parts).bytes, "VALUE a 0 1\r\n1\r\nVALUE c 0 1\r\n3\r\nEND\r\n");
  EXPECT_TRUE(driver.violations.empty());
}

TEST_F(MemcacheTest, AValueNobodyAskedForIsNeverPassedOn) {
  ParsedRequest r = one("get a b\r\n");
  std::vector<PartReply> parts = {{{0}, "VALUE x 0 1\r\n1\r\nEND\r\n"}, {{1}, "VALUE b 0 1\r\n1\r\nEND\r\n"}};
  std::string merged = driver.merge(driver.client(), r, parts).bytes;
  EXPECT_EQ(merged, "SERVER_ERROR a server answered with a key it was not asked for\r\n");
}

TEST_F(MemcacheTest, AllServersMustSayOk) {
  ParsedRequest r = one("flush_all\r\n");
  EXPECT_EQ(driver.merge(driver.client(), r, {{{}, "OK\r\n"}, {{}, "OK\r\n"}}).bytes, "OK\r\n");
  std::string refused = "CLIENT_ERROR flush_all not allowed\r\n";
  EXPECT_EQ(driver.merge(driver.client(), r, {{{}, "OK\r\n"}, {{}, refused}, {{}, "ERROR\r\n"}}).bytes, refused);
  std::vector<PartReply> parts = {{{}, "OK\r\n"}, {{}, "", WEIR_PART_CLOSED}};
  EXPECT_EQ(driver.merge(driver.client(), r, parts).bytes.substr(0, 13), "SERVER_ERROR ");
}

TEST_F(MemcacheTest, TheClientSeesItsOwnNamesForRewrittenKeys) {
  ParsedRequest r = one("get a bb c d\r\n");
  const Store store = {{"v2:a", "1"}, {"bb", "2"}, {"v2:d", "4"}};
  ParsedRequest sent = r;
  sent.keys = {"v2:a", "bb", "v2:c", "v2:d"};
  for (const std::vector<uint32_t> &where : {std::vector<uint32_t>{0, 0, 0, 0}, {0, 1, 1, 0}, {2, 1, 0, 1}})
    for (uint32_t slice : {0, 1, 3})
      EXPECT_EQ(driver.merge(driver.client(), r, parts_of(sent, where, store), slice, {"v2:a", nullptr, "v2:c", "v2:d"})
                    .bytes,
                "VALUE a 0 1\r\n1\r\nVALUE bb 0 1\r\n2\r\nVALUE d 0 1\r\n4\r\nEND\r\n");
}

TEST_F(MemcacheTest, AKeyThatIsNoneIsSaidToBeTheFilters) {
  std::vector<PartReply> parts = {{{0}, "", WEIR_PART_PROTO, 0, WEIR_ERR_INTERNAL}};
  EXPECT_EQ(driver.merge(driver.client(), one("get a\r\n"), parts, 0, {"a b"}).bytes.substr(0, 43),
            "SERVER_ERROR a filter made a key that is no");
}

TEST_F(MemcacheTest, KeysThatBecameOneAreAnsweredEachByItsName) {
  ParsedRequest r = one("gets a b a c\r\n");
  ParsedRequest sent = r;
  sent.keys = {"x", "x", "x", "y"};
  for (uint32_t slice : {0, 1, 3})
    EXPECT_EQ(
        driver.merge(driver.client(), r, parts_of(sent, {0, 0, 0, 0}, {{"x", "1"}}), slice, {"x", "x", "x", "y"}).bytes,
        "VALUE a 0 1\r\n1\r\nVALUE b 0 1\r\n1\r\nVALUE a 0 1\r\n1\r\nEND\r\n");
}

TEST_F(MemcacheTest, ARewrittenWritesReplyIsPassedOnAsItIs) {
  ParsedRequest r = one("set a 0 0 1\r\nx\r\n");
  r.req.flags |= WEIR_REQ_TRANSFORM;
  EXPECT_EQ(driver.merge(driver.client(), r, {{{0}, "STORED\r\n"}}).bytes, "STORED\r\n");
}

}  // namespace
}  // namespace weir::test
