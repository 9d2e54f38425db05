#include "probe.h"

#include <weir/inline.h>

#include <cstdio>
#include <cstring>
#include <string_view>

namespace weir::memcache {

weir_status probe_server(const weir_scope *, uint32_t step, const weir_rsp *prev, weir_out *out, weir_errbuf *err) {
  constexpr std::string_view ask = "version\r\n", good = "VERSION ";
  constexpr uint64_t kMostQuoted = 100;
  if (step == 0) {
    ++out->swallow;
    weir_status st = weir_push_lit(out, ask.data(), ask.size());
    return st == WEIR_OK ? static_cast<weir_status>(WEIR_HS_SENT) : st;
  }
  uint64_t len = prev && prev->size < kMostQuoted ? prev->size : kMostQuoted;
  const uint8_t *text = prev ? out->peek(out, 0, 0, len) : nullptr;
  if (text && len >= good.size() && std::memcmp(text, good.data(), good.size()) == 0) return WEIR_HS_READY;
  uint64_t line = 0;
  while (text && line < len && text[line] != '\r' && text[line] != '\n') ++line;
  int n = std::snprintf(err->ptr, err->cap, "version: the server said %.*s", static_cast<int>(line),
                        text ? reinterpret_cast<const char *>(text) : "nothing");
  err->len = n < 0 ? 0 : static_cast<uint32_t>(n) < err->cap ? static_cast<uint32_t>(n) : err->cap;
  return WEIR_E_FAIL;
}

}  // namespace weir::memcache
