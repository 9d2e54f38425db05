// The binary protocol: packets from a client, what becomes of the quiet ones, and packets from a server in answer to
// the first of them.
#include "tests/fuzz/memcache_windows.h"

namespace {

using namespace weir;

// The bytes as a server's answer to the request, and a connection on which it is awaited.
test::Replies answered(test::ProtocolDriver &driver, const test::ParsedRequest &request, const std::string &bytes,
                       const test::Feed &feed, bool want_items) {
  test::Connection &server = driver.server();
  weir_expect expect = {};
  expect.replies = 1;
  expect.cmd = request.req.cmd;
  expect.user = request.req.user;
  expect.want_items = want_items;
  server.expects.assign(4, expect);
  return driver.replies(server, bytes, feed);
}

// Every packet of the stream answers it: magic, opcode and opaque are put in their places.
std::string reply_of(test::ProtocolDriver &driver, const test::ParsedRequest &request, std::string bytes) {
  std::string sent = request.message;
  if (request.req.flags & WEIR_REQ_RENDER) sent = driver.render(driver.client(), request, WEIR_RENDER_REKEY, {}).bytes;
  for (size_t at = 0; at + 24 <= bytes.size();) {
    bytes[at] = static_cast<char>(0x81);
    bytes[at + 1] = sent[1];
    bytes.replace(at + 12, 4, sent, 12, 4);
    bytes[at + 8] = bytes[at + 9] = 0;
    at += 24 + static_cast<uint8_t>(bytes[at + 10]) * 256u + static_cast<uint8_t>(bytes[at + 11]);
  }
  return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 4) return 0;
  std::string bytes(reinterpret_cast<const char *>(data) + 2, size - 2);
  bytes[0] = static_cast<char>(0x80);
  test::ProtocolDriver driver(weir_plugin_v0(), "memcache");
  const test::Feed feed = fuzz::windows(data, bytes.size());
  test::Requests one = driver.requests(bytes);
  fuzz::require(one.status == WEIR_OK, "a stream of packets is refused as a whole");
  fuzz::require_same(one, driver.requests(bytes, feed));
  for (const test::ParsedRequest &request : one.list) {
    fuzz::require_sound_rendering(driver, request);
    fuzz::require_sound_rekeying(driver, request);
  }
  const bool asks = !one.list.empty() && one.list[0].complete && one.list[0].req.route != WEIR_ROUTE_LOCAL &&
                    one.list[0].req.route != WEIR_ROUTE_DROP;
  for (bool want_items : {false, true}) {
    if (!asks) break;
    const std::string reply = reply_of(driver, one.list[0], bytes);
    test::Replies whole = answered(driver, one.list[0], reply, {}, want_items);
    test::Replies parts = answered(driver, one.list[0], reply, feed, want_items);
    fuzz::require(whole.status == parts.status, "the verdict depends on the windows");
    if (want_items && !whole.list.empty() && whole.list[0].complete) {
      std::vector<test::PartReply> all = {{{}, whole.list[0].bytes}};
      if (!one.list[0].keys.empty()) all[0].pick = {0};
      test::Output told = driver.merge(driver.client(), one.list[0], all);
      fuzz::require(told.status == WEIR_OK, "a reply cannot be passed on");
    }
  }
  fuzz::require(driver.violations.empty(), driver.violations.empty() ? "" : driver.violations[0].c_str());
  return 0;
}
