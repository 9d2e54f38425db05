// A client's bytes: one window and many must give the same requests, and whatever comes out can be answered, encoded
// again and listed.
#include <cstring>
#include <numeric>

#include "tests/fuzz/redis_feed.h"

using namespace weir::test;

static void same(const Requests &a, const Requests &b) {
  using weir::fuzz::require;
  require(a.status == b.status && a.error == b.error && a.too_big == b.too_big, "the verdict depends on the windows");
  require(a.list.size() == b.list.size(), "the number of requests depends on the windows");
  for (size_t i = 0; i < a.list.size(); ++i) {
    const ParsedRequest &x = a.list[i], &y = b.list[i];
    require(std::memcmp(&x.req, &y.req, sizeof(x.req)) == 0, "a request depends on the windows");
    require(x.message == y.message && x.keys == y.keys && x.units == y.units, "keys depend on the windows");
  }
}

// A filter's prefix for every key: the same request with other keys, and nothing else.
static void rewrite(ProtocolDriver &driver, Connection &c, const ParsedRequest &r) {
  uint32_t flags = driver.protocol()->cmds[r.req.cmd].flags;
  if (r.keys.empty() || (flags & (WEIR_CMD_TOPICS | WEIR_CMD_ECHO))) return;
  std::vector<std::string> keys;
  std::vector<const char *> sent;
  std::vector<uint32_t> pick(r.keys.size());
  std::iota(pick.begin(), pick.end(), 0u);
  for (const std::string &key : r.keys) keys.push_back("p:" + std::string(key.c_str()));
  for (const std::string &key : keys) sent.push_back(key.c_str());
  Output out = driver.render(c, r, WEIR_RENDER_REKEY, pick, 0, sent);
  weir::fuzz::require(out.status == WEIR_OK, "keys cannot be rewritten");
  Requests again = driver.requests(out.bytes);
  weir::fuzz::require(again.list.size() == 1 && again.list[0].keys == keys && again.list[0].cmd == r.cmd,
                      "a request with other keys is another one");
  std::vector<std::string> before = driver.args(r), after = driver.args(again.list[0]);
  weir::fuzz::require(before.size() == after.size(), "a request with other keys has other arguments");
  for (const weir_key &key : r.raw_keys) before[key.arg].clear(), after[key.arg].clear();
  weir::fuzz::require(before == after, "rewriting keys changes arguments");
}

static void use(ProtocolDriver &driver, Connection &c, const ParsedRequest &r) {
  if (!r.complete || (r.req.flags & WEIR_REQ_MUTE)) return;
  driver.args(r);
  if (r.req.route == WEIR_ROUTE_LOCAL && !(r.req.flags & WEIR_REQ_MAY_BE_EMPTY)) {
    std::string bytes = driver.reply(c, &r, WEIR_ERR_NONE).bytes;
    Replies parsed = driver.replies(bytes);
    weir::fuzz::require(parsed.list.size() == 1 && parsed.left == 0, "an answer is not one reply");
  }
  if (r.req.route == WEIR_ROUTE_LOCAL || r.req.route == WEIR_ROUTE_DROP) return;
  rewrite(driver, c, r);
  std::vector<uint32_t> pick(r.keys.size());
  std::iota(pick.begin(), pick.end(), 0u);
  bool split = r.req.route == WEIR_ROUTE_SPLIT;
  for (uint32_t purpose : {WEIR_RENDER_REKEY, split ? WEIR_RENDER_SPLIT : WEIR_RENDER_REKEY}) {
    std::string whole = driver.render(c, r, purpose, pick).bytes;
    weir::fuzz::require(whole == driver.render(c, r, purpose, pick, 2).bytes, "a rendered request depends on slices");
    Requests again = driver.requests(whole);
    size_t expected = r.cmd == "select" && r.req.route == WEIR_ROUTE_ALL ? 2 : 1;  // there and back
    weir::fuzz::require(again.list.size() == expected && again.list[0].keys == r.keys,
                        "a rendered request is another one");
  }
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 3) return 0;
  weir::fuzz::Input input(data, size);
  FakeHost::Config config;
  if (input.options & 32) config["unknown_commands"] = "forward";
  if (input.options & 64) config["redis_auth"] = "x";
  ProtocolDriver driver(weir_plugin_v0(), "redis", config, input.options & 128 ? 1 : 3);
  Connection &c = driver.client();
  Requests whole = driver.requests(c, input.bytes);
  same(whole, driver.requests(input.bytes, input.feed));
  if (!(input.options & 64))
    for (const ParsedRequest &r : whole.list) use(driver, c, r);
  weir::fuzz::require_contract(driver);
  return 0;
}
