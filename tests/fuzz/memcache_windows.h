// What the fuzz targets of the memcache plugin share that look at what it makes of requests: an input's first bytes say
// how the rest is cut into windows.
#pragma once

#include <weir/module.h>

#include <cstdio>
#include <cstdlib>

#include "tests/support/protocol_driver.h"

namespace weir::fuzz {

inline void require(bool rule, const char *text) {
  if (rule) return;
  std::fprintf(stderr, "broken: %s\n", text);
  std::abort();
}

inline test::Feed windows(const uint8_t *data, size_t len) {
  test::Feed feed;
  for (size_t at = data[0] % 64 + 1; at < len; at += data[0] % 64 + 1) feed.cuts.push_back(at);
  feed.msg_cap = data[1] % 4 + 1;
  feed.honour_need = data[1] & 16;
  return feed;
}

inline void require_same(const test::Requests &one, const test::Requests &many) {
  require(one.status == many.status && one.list.size() == many.list.size(), "the requests depend on the windows");
  for (size_t i = 0; i < one.list.size(); ++i) {
    const weir_req &a = one.list[i].req, &b = many.list[i].req;
    require(a.size == b.size && a.user == b.user && a.cmd == b.cmd && a.route == b.route && a.flags == b.flags &&
                a.profile == b.profile && one.list[i].keys == many.list[i].keys,
            "a request depends on the windows");
  }
}

// What goes to a server in place of a request must be one request, for the same key, that is always answered.
inline void require_sound_rendering(test::ProtocolDriver &driver, const test::ParsedRequest &request) {
  if (!request.complete || !(request.req.flags & WEIR_REQ_RENDER)) return;
  test::Output sent = driver.render(driver.client(), request, WEIR_RENDER_REKEY, {});
  require(sent.status == WEIR_OK, "a request cannot be rendered");
  test::Requests again = driver.requests(sent.bytes);
  require(again.list.size() == 1 && again.left == 0 && again.list[0].complete, "what is sent is not one request");
  const test::ParsedRequest &got = again.list[0];
  require(got.keys == request.keys && got.req.cmd == request.req.cmd, "what is sent is another request");
  require(!(got.req.flags & WEIR_REQ_RENDER), "what is sent may not be answered");
}

// The same request with other keys is refused, or is that and nothing else.
inline void require_sound_rekeying(test::ProtocolDriver &driver, const test::ParsedRequest &request) {
  const bool routed = request.req.route != WEIR_ROUTE_LOCAL && request.req.route != WEIR_ROUTE_DROP;
  if (!request.complete || !routed || request.keys.empty()) return;
  for (const char *prefix : {"p:", "a b"}) {
    std::vector<std::string> keys;
    std::vector<const char *> sent;
    std::vector<uint32_t> pick;
    for (const std::string &key : request.keys) keys.push_back(prefix + std::string(key.c_str()));
    for (const std::string &key : keys) sent.push_back(key.c_str()), pick.push_back(static_cast<uint32_t>(pick.size()));
    test::Output out = driver.render(driver.client(), request, WEIR_RENDER_REKEY, pick, 0, sent);
    if (out.status != WEIR_OK) continue;
    test::Requests again = driver.requests(out.bytes);
    require(again.list.size() == 1 && again.left == 0 && again.list[0].complete, "what is sent is not one request");
    require(again.list[0].keys == keys && again.list[0].req.cmd == request.req.cmd, "what is sent is another request");
  }
}

}  // namespace weir::fuzz
