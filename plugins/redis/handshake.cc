#include "handshake.h"

#include <cstdio>
#include <cstring>
#include <string_view>

#include "session.h"
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

// What a connection of this profile says first. Its replies come in this order.
struct Greeting {
  bool auth, hello, select;
  int64_t db;

  Greeting(const Settings &settings, uint64_t profile)
      : auth(!settings.auth.empty()), hello(is_resp3(profile)), db(database_of(settings, profile)) {
    select = db > 0;
  }
  uint32_t replies() const { return uint32_t{auth} + uint32_t{hello} + uint32_t{select}; }
  bool is_auth(uint32_t step) const { return auth && step == 1; }
  bool is_hello(uint32_t step) const { return hello && step == 1 + uint32_t{auth}; }
};

weir_status send(const Settings &settings, const Greeting &greeting, const weir_scope *scope, weir_out *out) {
  Writer w(scope, out);
  if (greeting.auth) w.lit("*2\r\n$4\r\nAUTH\r\n").bulk(settings.auth);
  if (greeting.hello) w.lit("*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n");
  if (greeting.select) {
    char db[24];
    int n = std::snprintf(db, sizeof(db), "%lld", static_cast<long long>(greeting.db));
    w.lit("*2\r\n$6\r\nSELECT\r\n").bulk({db, static_cast<size_t>(n)});
  }
  out->swallow += greeting.replies();
  return w.status();
}

// One server that refuses HELLO 3 is enough to look at all replies to RESP3 clients.
void note_spoken(const Settings &settings, bool refused) {
  Spoken unknown = Spoken::kUnknown;
  if (refused)
    settings.spoken.store(Spoken::kResp2Too, std::memory_order_relaxed);
  else
    settings.spoken.compare_exchange_strong(unknown, Spoken::kResp3, std::memory_order_relaxed);
}

// Why a connection cannot be used when the server refuses this step.
const char *words_for(const Settings &settings, const Greeting &greeting, uint32_t step) {
  if (greeting.is_auth(step)) return "NOAUTH Authentication required, and redis_auth was refused";
  return greeting.db == settings.db ? "ERR redis_db was refused" : "ERR the database was refused";
}

}  // namespace

weir_status shake_hands(const Settings &settings, const weir_scope *scope, uint64_t profile, uint32_t step,
                        const weir_rsp *prev, weir_out *out, weir_errbuf *err) {
  const Greeting greeting(settings, profile);
  if (step == 0) {
    weir_status sent = send(settings, greeting, scope, out);
    if (sent != WEIR_OK) return sent;
    return greeting.replies() ? WEIR_HS_SENT : WEIR_HS_READY;
  }
  bool refused = !prev || (prev->flags & WEIR_RF_ERROR);
  if (prev && greeting.is_hello(step)) note_spoken(settings, refused);
  bool may_be = greeting.is_hello(step) || (greeting.is_auth(step) && needs_no_password(prev, out));
  if (refused && (!prev || !may_be)) {  // a server that refuses HELLO 3 goes on in RESP2
    explain(err, words_for(settings, greeting, step), prev, out);
    return WEIR_E_FAIL;
  }
  return step >= greeting.replies() ? WEIR_HS_READY : WEIR_HS_SENT;
}

}  // namespace weir::redis
