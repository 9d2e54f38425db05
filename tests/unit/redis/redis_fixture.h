// What the tests of the redis plugin share.
#pragma once

#include <gtest/gtest.h>

#include "tests/support/protocol_driver.h"

namespace weir::test {

inline std::string resp(const std::vector<std::string> &args) {
  std::string out = "*" + std::to_string(args.size()) + "\r\n";
  for (const std::string &arg : args) out += "$" + std::to_string(arg.size()) + "\r\n" + arg + "\r\n";
  return out;
}

// A driver that fails the test when the plugin broke a rule of its contract.
class RedisDriver : public ProtocolDriver {
 public:
  explicit RedisDriver(FakeHost::Config config = {}, uint32_t servers = 3)
      : ProtocolDriver("redis", "redis", std::move(config), servers) {
    EXPECT_TRUE(ok()) << why();
  }
  ~RedisDriver() {
    for (const std::string &violation : violations) ADD_FAILURE() << violation;
  }
  // What weir answers itself; "(forwarded)" when it does not.
  std::string answer(Connection &c, const std::string &bytes) {
    std::string all;
    Requests got = requests(c, bytes);
    for (const ParsedRequest &r : got.list)
      all += r.req.route == WEIR_ROUTE_LOCAL ? reply(c, &r, WEIR_ERR_NONE).bytes : "(forwarded)";
    if (got.status == WEIR_E_PROTO) all += reply(c, nullptr, WEIR_ERR_BAD_REQUEST, got.error).bytes;
    return all;
  }
  std::string answer(const std::string &bytes) { return answer(client(), bytes); }
};

}  // namespace weir::test
