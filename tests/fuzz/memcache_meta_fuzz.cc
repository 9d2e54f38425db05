// Lines of meta commands, and what becomes of the quiet ones: on their way to the server and on their way back. The
// bytes behind the last whole request are taken for the server's reply.
#include "tests/fuzz/memcache_windows.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  using namespace weir;
  if (size < 4 || data[2] == 0x80) return 0;
  const std::string bytes(reinterpret_cast<const char *>(data) + 2, size - 2);
  test::ProtocolDriver driver(weir_plugin_v0(), "memcache");
  test::Requests one = driver.requests(bytes);
  fuzz::require_same(one, driver.requests(bytes, fuzz::windows(data, bytes.size())));
  for (const test::ParsedRequest &request : one.list) {
    fuzz::require_sound_rendering(driver, request);
    fuzz::require_sound_rekeying(driver, request);
    if (!request.complete || !(request.req.flags & WEIR_REQ_TRANSFORM)) continue;
    for (const char *reply : {"EN\r\n", "HD O1\r\n", "NF\r\n", "EX\r\n", "CLIENT_ERROR x\r\n"}) {
      test::Output told = driver.merge(driver.client(), request, {{{0}, reply}});
      fuzz::require(told.status == WEIR_OK && (told.bytes.empty() || told.bytes == reply), "a reply is changed");
    }
  }
  const std::string tail = bytes.substr(bytes.size() - one.left);
  for (const char *name : {"mg", "ms", "me"}) {
    test::Replies whole = driver.replies(tail, {}, 64, false, driver.command(name));
    test::Replies parts = driver.replies(tail, fuzz::windows(data, tail.size()), 64, false, driver.command(name));
    if (!whole.list.empty() && !whole.list.back().complete) continue;  // passed on before its end is seen
    if (!parts.list.empty() && !parts.list.back().complete) continue;
    fuzz::require(whole.status == parts.status || whole.too_big || parts.too_big, "the verdict depends on the windows");
  }
  fuzz::require(driver.violations.empty(), driver.violations.empty() ? "" : driver.violations[0].c_str());
  return 0;
}
