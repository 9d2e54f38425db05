// Parsed messages as text, so that two ways of feeding the same bytes can be compared and a difference be read.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/protocol_driver.h"

namespace weir::test {

inline std::string described(const ParsedRequest &r) {
  std::string text = r.cmd + " route=" + std::to_string(r.req.route) + " flags=" + std::to_string(r.req.flags) +
                     " size=" + std::to_string(r.req.size) + " user=" + std::to_string(r.req.user) +
                     " reply=" + std::to_string(r.req.reply);
  for (size_t i = 0; i < r.keys.size(); ++i)
    text += " [" + r.keys[i] + "|" + r.units[i] + "|" + std::to_string(r.raw_keys[i].arg) + "]";
  return text;
}
inline std::string described(const ParsedReply &r) {
  std::string text = "size=" + std::to_string(r.rsp.size) + " kind=" + std::to_string(r.rsp.kind) +
                     " flags=" + std::to_string(r.rsp.flags) + " user=" + std::to_string(r.rsp.user);
  for (const std::string &item : r.items) text += " [" + item + "]";
  return text;
}
template <class Message>
std::vector<std::string> described(const Parsed<Message> &parsed) {
  std::vector<std::string> out;
  for (const Message &m : parsed.list) out.push_back(described(m));
  if (parsed.status != WEIR_OK) out.push_back("status " + std::to_string(parsed.status) + " " + parsed.error);
  return out;
}

// Every test's plugin; what broke a rule of the surface fails the test.
class MemcacheTest : public testing::Test {
 protected:
  MemcacheTest() { EXPECT_TRUE(driver.ok()) << driver.why(); }
  ~MemcacheTest() override { EXPECT_EQ(driver.violations, std::vector<std::string>{}); }

  ParsedRequest one(std::string_view bytes) {
    Requests all = driver.requests(bytes);
    EXPECT_EQ(all.list.size(), 1u) << bytes;
    EXPECT_EQ(all.left, 0u) << bytes;
    return all.list.empty() ? ParsedRequest{} : all.list[0];
  }
  // What weir answers by itself to these bytes, all replies in a row; "(server)" for what it would forward.
  std::string answers(std::string_view bytes) {
    std::string out;
    Connection &c = driver.client();
    for (const ParsedRequest &r : driver.requests(c, bytes).list)
      if (r.req.route == WEIR_ROUTE_LOCAL)
        out += driver.reply(c, &r, WEIR_ERR_NONE).bytes;
      else if (r.req.route != WEIR_ROUTE_DROP)
        out += "(server)";
    return out;
  }

  ProtocolDriver driver{"memcache", "memcache"};
};

}  // namespace weir::test
