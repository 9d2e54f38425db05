#include "handshake.h"

#include <cstdio>
#include <cstring>
#include <string_view>

#include "writer.h"

namespace weir::redis {

namespace {

constexpr uint64_t kMostQuoted = 200;  // of a server's error

}  // namespace

void explain(weir_errbuf *err, const char *what, const weir_rsp *prev, weir_out *out) {
  uint64_t len = prev && prev->size < kMostQuoted ? prev->size : kMostQuoted;
  const uint8_t *text = prev ? out->peek(out, 0, 0, len) : nullptr;
  uint64_t line = 0;
  while (text && line < len && text[line] != '\r' && text[line] != '\n') ++line;
  int n = std::snprintf(err->ptr, err->cap, "%s: the server said %.*s", what, static_cast<int>(line),
                        text ? reinterpret_cast<const char *>(text) : "nothing");
  err->len = n < 0 ? 0 : static_cast<uint32_t>(n) < err->cap ? static_cast<uint32_t>(n) : err->cap;
}

namespace {

// A server without a password says so and serves all the same: redis_auth may be there to guard weir's own port.
bool needs_no_password(const weir_rsp *prev, weir_out *out) {
  for (std::string_view known : {"-ERR AUTH <password> called without any password configured",
                                 "-ERR Client sent AUTH, but no password is set"}) {
    const uint8_t *text = prev ? out->peek(out, 0, 0, known.size()) : nullptr;
    if (text && std::memcmp(text, known.data(), known.size()) == 0) return true;
  }
  return false;
}

void send(const Settings &settings, Writer &w, weir_out *out) {
  if (!settings.auth.empty()) {
    w.lit("*2\r\n$4\r\nAUTH\r\n").bulk(settings.auth);
    ++out->swallow;
  }
  if (settings.db > 0) {
    char db[24];
    int n = std::snprintf(db, sizeof(db), "%lld", static_cast<long long>(settings.db));
    w.lit("*2\r\n$6\r\nSELECT\r\n").bulk({db, static_cast<size_t>(n)});
    ++out->swallow;
  }
}

}  // namespace

weir_status shake_hands(const Settings &settings, const weir_scope *scope, uint32_t step, const weir_rsp *prev,
                        weir_out *out, weir_errbuf *err) {
  uint32_t replies = (settings.auth.empty() ? 0u : 1u) + (settings.db > 0 ? 1u : 0u);
  if (step == 0) {
    Writer w(scope, out);
    send(settings, w, out);
    if (w.status() != WEIR_OK) return w.status();
    return replies ? WEIR_HS_SENT : WEIR_HS_READY;
  }
  bool of_auth = step == 1 && !settings.auth.empty();
  bool refused = !prev || (prev->flags & WEIR_RF_ERROR);
  if (refused && !(of_auth && needs_no_password(prev, out))) {
    explain(err, of_auth ? "NOAUTH Authentication required, and redis_auth was refused" : "ERR redis_db was refused",
            prev, out);
    return WEIR_E_FAIL;
  }
  return step >= replies ? WEIR_HS_READY : WEIR_HS_SENT;
}

}  // namespace weir::redis
