// A client's bytes: one window and many must give the same requests. The first byte of the input chooses the windows.
#include "tests/fuzz/memcache_feed.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  using weir::fuzz::Feeder;
  if (size < 2) return 0;
  size_t step = data[0] % 64 + 1;
  auto whole = Feeder<weir_req>(nullptr, {0, 64, 64}).run(data + 1, size - 1);
  auto split = Feeder<weir_req>(nullptr, {step, data[0] % 3 + 1u, 0}).run(data + 1, size - 1);
  weir::fuzz::require(whole.status == split.status);
  weir::fuzz::require(weir::fuzz::same_bytes(whole.messages, split.messages));
  weir::fuzz::require(weir::fuzz::same_bytes(whole.keys, split.keys));
  return 0;
}
