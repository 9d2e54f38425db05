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

}  // namespace weir::fuzz
