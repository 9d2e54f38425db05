// What the fuzz targets of the redis plugin share: an input's first bytes say how the rest is cut into windows.
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

struct Input {
  test::Feed feed;  // cut into small windows
  uint8_t options = 0;
  std::string bytes;

  Input(const uint8_t *data, size_t size) {
    size_t step = data[0] % 64 + 1;
    options = data[1];
    feed.msg_cap = data[1] % 4 + 1;
    feed.honour_need = data[1] & 16;
    bytes.assign(reinterpret_cast<const char *>(data) + 2, size - 2);
    for (size_t at = step; at < bytes.size(); at += step) feed.cuts.push_back(at);
  }
};

inline void require_contract(const test::ProtocolDriver &driver) {
  require(driver.violations.empty(), driver.violations.empty() ? "" : driver.violations[0].c_str());
}

}  // namespace weir::fuzz
