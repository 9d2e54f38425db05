// The templates, built out of tree from the installed SDK, in the hands of the core.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <weir/weir.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/message/arena.h"
#include "core/plugin/instance.h"
#include "core/plugin/registry.h"

namespace weir::plugin {
namespace {

using testing::ElementsAre;

class Template : public testing::Test {
 protected:
  void load(const std::string &file) {
    Status loaded = registry_.load(std::string(TEMPLATE_DIR) + "/" + file);
    ASSERT_TRUE(loaded) << loaded.error().text;
  }
  std::unique_ptr<Instance> make(uint32_t kind, const std::string &name) {
    const Component *c = registry_.find(kind, name);
    if (c == nullptr) return nullptr;
    auto instance = Instance::make(*c, {name, options_, {}}, "test", 0, pools_, 1, complaints_);
    EXPECT_NE(instance, nullptr) << complaints_.text();
    return instance;
  }
  static std::shared_ptr<config::Node> map() {
    auto out = std::make_shared<config::Node>();
    out->kind = config::Node::Kind::map;
    return out;
  }

  Registry registry_;
  std::shared_ptr<config::Node> options_ = map();
  PoolNames pools_ = {{"alpha", 3}};
  config::Complaints complaints_;
};

weir_bytes bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t *>(text.data()), text.size()};
}

weir_scope scope_of(const Instance &i, void *state, weir_arena *arena = nullptr) {
  weir_scope scope{};
  scope.struct_size = sizeof scope;
  scope.inst = i.inst();
  scope.state = state;
  scope.arena = arena;
  return scope;
}

TEST_F(Template, HashHashes) {
  load("hash_sum.so");
  auto hash = make(WEIR_K_HASH, "sum31");
  ASSERT_NE(hash, nullptr);
  const weir_bytes keys[] = {bytes("a"), bytes("ab")};
  uint64_t out[2] = {};
  weir_scope scope = scope_of(*hash, nullptr);
  hash->hash().run(&scope, keys, 2, out);
  EXPECT_THAT(out, ElementsAre(97u, 97u * 31 + 98));
}

TEST_F(Template, HashBuiltWithPkgConfigIsAsGood) {
  if (!std::filesystem::exists(std::string(TEMPLATE_DIR) + "/by-hand")) GTEST_SKIP() << "there was no pkg-config";
  load("by-hand/hash_sum.so");
  EXPECT_NE(registry_.find(WEIR_K_HASH, "sum31"), nullptr);
}

class Rendezvous : public Template {
 protected:
  static constexpr uint32_t kKeys = 9000;

  std::vector<uint32_t> place(const Instance &dist, const std::vector<weir_server> &servers) {
    weir_errbuf err{};
    void *ring = dist.dist().build(dist.inst(), servers.data(), static_cast<uint32_t>(servers.size()), nullptr, &err);
    std::vector<uint64_t> hashes(kKeys);
    for (uint32_t i = 0; i < kKeys; ++i) hashes[i] = i * 0x9e3779b97f4a7c15u;
    std::vector<uint32_t> out(kKeys);
    weir_scope scope = scope_of(dist, nullptr);
    dist.dist().select(&scope, ring, hashes.data(), nullptr, kKeys, out.data());
    dist.dist().drop(dist.inst(), ring);
    return out;
  }
  std::vector<weir_server> servers_ = {{bytes("a:1"), bytes("a"), 0, 1, 1, 1},
                                       {bytes("b:1"), bytes("b"), 1, 1, 1, 1},
                                       {bytes("c:1"), bytes("c"), 2, 2, 1, 1}};
};

TEST_F(Rendezvous, SpreadsByWeightAndMovesOnlyTheKeysOfALostServer) {
  load("rendezvous.so");
  auto dist = make(WEIR_K_DIST, "seeded_rendezvous");
  ASSERT_NE(dist, nullptr);
  const std::vector<uint32_t> before = place(*dist, servers_);
  std::vector<uint32_t> count(3);
  for (uint32_t server : before) ++count.at(server);
  EXPECT_NEAR(count[0], kKeys / 4, kKeys / 20);
  EXPECT_NEAR(count[2], kKeys / 2, kKeys / 20);

  servers_[1].alive = 0;
  const std::vector<uint32_t> after = place(*dist, servers_);
  for (uint32_t i = 0; i < kKeys; ++i) {
    EXPECT_NE(after[i], 1u);
    if (before[i] != 1) {
      EXPECT_EQ(after[i], before[i]);
    }
  }
}

TEST_F(Rendezvous, TakesItsSeedFromTheConfiguration) {
  load("rendezvous.so");
  auto seed = std::make_shared<config::Node>();
  seed->kind = config::Node::Kind::scalar;
  auto plain = make(WEIR_K_DIST, "seeded_rendezvous");
  options_->entries.push_back({"seed", {}, seed});
  seed->text = "9";
  auto seeded = make(WEIR_K_DIST, "seeded_rendezvous");
  ASSERT_NE(seeded, nullptr);
  EXPECT_NE(place(*seeded, servers_), place(*plain, servers_));
  seed->text = "red";
  const Component *c = registry_.find(WEIR_K_DIST, "seeded_rendezvous");
  EXPECT_EQ(Instance::make(*c, {"seeded_rendezvous", options_, {}}, "test", 0, pools_, 1, complaints_), nullptr);
  EXPECT_THAT(complaints_.text(), testing::HasSubstr("seed: expected a whole number, found 'red'"));
}

TEST_F(Template, FilterPutsItsPrefixBeforeKeys) {
  load("prefix.so");
  const Component *c = registry_.find(WEIR_K_FILTER, "prefix");
  EXPECT_EQ(Instance::make(*c, {"prefix", options_, {}}, "test", 0, pools_, 1, complaints_), nullptr);
  EXPECT_THAT(complaints_.text(), testing::HasSubstr("expected \"text\""));
  auto text = std::make_shared<config::Node>();
  text->kind = config::Node::Kind::scalar;
  text->text = "p:";
  options_->entries.push_back({"text", {}, text});
  auto filter = make(WEIR_K_FILTER, "prefix");
  ASSERT_NE(filter, nullptr);

  const weir_cmd commands[] = {{"(other)", 0, 0},
                               {"get", WEIR_CMD_READ, 0},
                               {"publish", WEIR_CMD_WRITE | WEIR_CMD_TOPICS, 0},
                               {"mset", WEIR_CMD_WRITE | WEIR_CMD_MULTIKEY, 0}};
  uint8_t want[4] = {};
  EXPECT_EQ(filter->filter().interests(filter->inst(), bytes("lines"), commands, 4, want, nullptr), WEIR_OK);
  EXPECT_THAT(want, ElementsAre(0, WEIR_WANT_REQUEST, 0, WEIR_WANT_REQUEST));

  ChunkPool chunks;
  Arena arena(chunks);
  weir_scope scope = scope_of(*filter, nullptr, arena.abi());
  const weir_bytes keys[] = {bytes("a"), bytes("bc")};
  weir_bytes now[2] = {};
  uint8_t rekeyed[2] = {};
  weir_view view{};
  view.keys = keys;
  view.key_count = 2;
  weir_verdict verdict{};
  verdict.new_keys = now;
  verdict.rekeyed = rekeyed;
  EXPECT_EQ(filter->filter().on_request(&scope, &view, &verdict), WEIR_OK);
  EXPECT_EQ(verdict.rekey_count, 2U);
  EXPECT_THAT(rekeyed, ElementsAre(1, 1));
  EXPECT_EQ(std::string_view(reinterpret_cast<const char *>(now[0].ptr), now[0].len), "p:a");
  EXPECT_EQ(std::string_view(reinterpret_cast<const char *>(now[1].ptr), now[1].len), "p:bc");
}

// ---- the protocol: a small core around it ---------------------------------------------------------------------------

struct Parsed {
  std::string message;
  std::vector<std::string> keys;
  uint16_t cmd = 0;
  uint8_t route = 0;
  uint32_t flags = 0;
  bool operator==(const Parsed &) const = default;
};

// Feeds a stream in windows of any size, and keeps to the contract in weir/protocol.h.
class Feeder {
 public:
  explicit Feeder(const Instance &i) : instance_(i) {}

  void feed(std::string_view window) {
    data_.append(window);
    for (bool more = true; more;) more = turn();
  }
  std::vector<Parsed> parsed;
  std::vector<weir_req> reqs;
  void *state() { return state_; }

 private:
  static weir_status no_room(weir_parse *, uint32_t) { return WEIR_E_LIMIT; }

  bool turn() {
    weir_req out[2];
    weir_parse p{};
    p.struct_size = sizeof p;
    p.data = reinterpret_cast<const uint8_t *>(data_.data()) + at_;
    p.len = data_.size() - at_;
    p.msg_off = at_ - message_;
    p.reqs = out;
    p.msg_cap = 2;
    p.keys = keys_;
    p.sub_cap = 4;
    p.sub_len = sub_len_;
    p.grow_sub = no_room;
    weir_scope scope = scope_of(instance_, state_);
    EXPECT_EQ(instance_.protocol().parse_req(&scope, &p), WEIR_OK);
    EXPECT_LE(p.used, p.len);
    EXPECT_EQ(p.skip, 0u);
    // Bytes left over without a word on what would help would be taken for a parser that hangs.
    EXPECT_TRUE(p.used == p.len || p.msg_len == p.msg_cap || p.need > 0);
    uint32_t key = 0;
    for (uint32_t i = 0; i < p.msg_len; ++i) key = take(out[i], key);
    sub_len_ = p.sub_len - key;
    std::copy(keys_ + key, keys_ + p.sub_len, keys_);
    at_ += p.used;
    return p.msg_len == p.msg_cap;
  }
  uint32_t take(const weir_req &req, uint32_t key) {
    Parsed one{data_.substr(message_, req.size), {}, req.cmd, req.route, req.flags};
    for (uint32_t k = 0; k < req.key_count; ++k, ++key) {
      one.keys.push_back(one.message.substr(keys_[key].off, keys_[key].len));
    }
    parsed.push_back(one);
    reqs.push_back(req);
    message_ += req.size;
    return key;
  }

  const Instance &instance_;
  std::string data_;
  size_t at_ = 0, message_ = 0;
  alignas(16) char state_[1024] = {};
  weir_key keys_[4] = {};
  uint32_t sub_len_ = 0;
};

constexpr std::string_view kStream =
    "GET colour\nSET colour dark green\nSET k \nGET a b\nget x\n\nGET\nSET k\n x\nQUIT now\nQUIT\n";

TEST_F(Template, ProtocolParsesTheSameInAnyWindows) {
  load("lines.so");
  auto lines = make(WEIR_K_PROTOCOL, "lines");
  ASSERT_NE(lines, nullptr);
  Feeder whole(*lines);
  whole.feed(kStream);
  ASSERT_EQ(whole.parsed.size(), 11u);
  EXPECT_EQ(whole.parsed[0], (Parsed{"GET colour\n", {"colour"}, 1, WEIR_ROUTE_KEY, WEIR_REQ_RETRY_SAFE}));
  EXPECT_EQ(whole.parsed[1], (Parsed{"SET colour dark green\n", {"colour"}, 2, WEIR_ROUTE_KEY, 0}));
  EXPECT_EQ(whole.parsed[2], (Parsed{"SET k \n", {"k"}, 2, WEIR_ROUTE_KEY, 0}));
  const char *local[] = {"GET a b\n", "get x\n", "\n", "GET\n", "SET k\n", " x\n", "QUIT now\n"};
  for (size_t i = 0; i < std::size(local); ++i) {
    EXPECT_EQ(whole.parsed[3 + i], (Parsed{local[i], {}, 0, WEIR_ROUTE_LOCAL, 0}));
  }
  EXPECT_EQ(whole.parsed[10], (Parsed{"QUIT\n", {}, 3, WEIR_ROUTE_LOCAL, WEIR_REQ_CLOSE}));

  for (size_t window = 1; window < kStream.size(); ++window) {
    Feeder slow(*lines);
    for (size_t at = 0; at < kStream.size(); at += window) slow.feed(kStream.substr(at, window));
    EXPECT_EQ(slow.parsed, whole.parsed) << window;
  }
}

TEST_F(Template, ProtocolCutsRepliesAtLineEnds) {
  load("lines.so");
  auto lines = make(WEIR_K_PROTOCOL, "lines");
  ASSERT_NE(lines, nullptr);
  const std::string stream = "green\n!no such key\n";
  alignas(16) char state[1024] = {};
  std::vector<weir_rsp> found;
  uint64_t message = 0;
  for (size_t at = 0; at < stream.size(); ++at) {  // a byte at a time
    weir_rsp out[1];
    weir_parse p{};
    p.struct_size = sizeof p;
    p.data = reinterpret_cast<const uint8_t *>(stream.data()) + at;
    p.len = 1;
    p.msg_off = at - message;
    p.rsps = out;
    p.msg_cap = 1;
    weir_scope scope = scope_of(*lines, state);
    ASSERT_EQ(lines->protocol().parse_rsp(&scope, &p), WEIR_OK);
    ASSERT_EQ(p.used, 1u);
    if (p.msg_len == 1) {
      found.push_back(out[0]);
      message += out[0].size;
    }
  }
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].size, 6u);
  EXPECT_EQ(found[0].flags, 0u);
  EXPECT_EQ(found[1].size, 13u);
  EXPECT_EQ(found[1].flags, uint32_t{WEIR_RF_ERROR});
}

// An arena and an output of fixed size.
struct Output {
  weir_arena arena{sizeof(weir_arena), 0, [](weir_arena *, uint64_t size, uint32_t) -> void * {
                     static char bytes[256];
                     return size <= sizeof bytes ? bytes : nullptr;
                   }};
  weir_seg segs[4];
  weir_out out{};

  Output() {
    out.struct_size = sizeof out;
    out.segs = segs;
    out.cap = 4;
  }
  std::string text() const {
    std::string all;
    for (uint32_t i = 0; i < out.len; ++i) all.append(reinterpret_cast<const char *>(segs[i].ptr), segs[i].len);
    return all;
  }
};

TEST_F(Template, ProtocolAnswersInItsOwnForm) {
  load("lines.so");
  auto lines = make(WEIR_K_PROTOCOL, "lines");
  ASSERT_NE(lines, nullptr);
  Feeder feeder(*lines);
  feeder.feed("nonsense\nQUIT\n");
  ASSERT_EQ(feeder.reqs.size(), 2u);
  auto answer = [&](const weir_req *req, uint32_t err, std::string_view text) {
    Output o;
    weir_scope scope = scope_of(*lines, feeder.state(), &o.arena);
    EXPECT_EQ(lines->protocol().reply(&scope, req, err, bytes(text), &o.out), WEIR_OK);
    return o.text();
  };
  EXPECT_EQ(answer(&feeder.reqs[0], WEIR_ERR_NONE, ""), "!expected GET key, SET key value or QUIT\n");
  EXPECT_EQ(answer(&feeder.reqs[1], WEIR_ERR_NONE, ""), "bye\n");
  EXPECT_EQ(answer(&feeder.reqs[0], WEIR_ERR_TIMEOUT, "no answer in time"), "!no answer in time\n");
  EXPECT_EQ(answer(nullptr, WEIR_ERR_OVERLOAD, ""), "!\n");
}

}  // namespace
}  // namespace weir::plugin
