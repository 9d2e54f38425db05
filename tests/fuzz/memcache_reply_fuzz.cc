// A server's bytes: one window and many must give the same replies. The first two bytes of the input choose the windows
// and what was asked.
#include "tests/fuzz/memcache_feed.h"

namespace {

// Where replies are passed on in parts the parts depend on the windows, but not where each reply ends.
std::vector<uint64_t> ends(const std::vector<weir_rsp> &replies) {
  std::vector<uint64_t> out;
  uint64_t at = 0;
  for (const weir_rsp &r : replies) {
    at += r.size;
    if (r.kind != WEIR_RSP_FINAL) continue;
    out.push_back(at);
    out.push_back(r.flags);
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  using weir::fuzz::Feeder;
  if (size < 3) return 0;
  weir_expect expect = {};
  expect.replies = 1;
  expect.cmd = static_cast<uint16_t>(data[1] % weir::fuzz::memcache()->cmd_count);
  expect.want_items = data[1] >> 7;
  expect.part_keys = data[0] >> 7 ? 1 : 2;
  size_t step = data[0] % 64 + 1;
  auto whole = Feeder<weir_rsp>(&expect, {0, 64, 64}).run(data + 2, size - 2);
  auto split = Feeder<weir_rsp>(&expect, {step, data[0] % 3 + 1u, 0}).run(data + 2, size - 2);
  // A value that is passed on before it is whole is not looked at any more: there the windows decide what is noticed.
  if (!expect.want_items && size > 16 * 1024) return 0;
  bool passed_on_early = !whole.messages.empty() && whole.messages.back().size > size;
  passed_on_early |= !split.messages.empty() && split.messages.back().size > size;
  if (passed_on_early) return 0;
  weir::fuzz::require(whole.status == split.status);
  weir::fuzz::require(ends(whole.messages) == ends(split.messages));
  weir::fuzz::require(weir::fuzz::same_bytes(whole.items, split.items));
  return 0;
}
