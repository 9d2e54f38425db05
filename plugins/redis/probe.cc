#include "probe.h"

#include <cstring>

#include "handshake.h"
#include "writer.h"

namespace weir::redis {

weir_status probe_server(const weir_scope *scope, uint32_t step, const weir_rsp *prev, weir_out *out,
                         weir_errbuf *err) {
  if (step == 0) {
    Writer w(scope, out);
    w.lit("*1\r\n$4\r\nPING\r\n");
    ++out->swallow;
    return w.status() == WEIR_OK ? static_cast<weir_status>(WEIR_HS_SENT) : w.status();
  }
  constexpr std::string_view pong = "+PONG\r\n";
  const uint8_t *text = prev && prev->size == pong.size() ? out->peek(out, 0, 0, pong.size()) : nullptr;
  if (text && std::memcmp(text, pong.data(), pong.size()) == 0) return WEIR_HS_READY;
  explain(err, "PING", prev, out);  // LOADING, MASTERDOWN, BUSY, NOAUTH, ...
  return WEIR_E_FAIL;
}

}  // namespace weir::redis
