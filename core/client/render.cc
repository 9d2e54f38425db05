#include "core/client/render.h"

#include "core/base/log.h"

namespace weir::client {
namespace {

constexpr uint64_t kQuietUs = 1'000'000;

// A filter may make keys that the protocol cannot write, of whatever clients send: once a second is enough.
void log_failure(const Front &front) {
  if (front.reactor.now_us < front.quiet_until_us) return;
  front.quiet_until_us = front.reactor.now_us + kQuietUs;
  WEIR_LOG(err, "pool %s: the protocol plugin could not render a request", front.settings.name.c_str());
}

}  // namespace

bool render(const Front &front, const weir_scope &scope, const weir_render &what, weir_bytes message, Chain &to) {
  net::Reactor &reactor = front.reactor;
  const weir_bytes sources[] = {message};
  bool ok = front.protocol.render != nullptr;
  if (ok) {
    weir_out *out = reactor.out.open(sources);
    ok = front.protocol.render(&scope, &what, out) == WEIR_OK && reactor.out.flatten(reactor.arena, reactor.chunks, to);
    reactor.arena.reset();
  }
  if (!ok) log_failure(front);
  return ok;
}

}  // namespace weir::client
