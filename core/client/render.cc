#include "core/client/render.h"

#include "core/base/log.h"

namespace weir::client {

bool render(const Front &front, const weir_scope &scope, const weir_render &what, weir_bytes message, Chain &to) {
  net::Reactor &reactor = front.reactor;
  const weir_bytes sources[] = {message};
  bool ok = front.protocol.render != nullptr;
  if (ok) {
    weir_out *out = reactor.out.open(sources);
    ok = front.protocol.render(&scope, &what, out) == WEIR_OK && reactor.out.flatten(reactor.arena, reactor.chunks, to);
    reactor.arena.reset();
  }
  if (!ok) WEIR_LOG(err, "pool %s: the protocol plugin could not render a request", front.settings.name.c_str());
  return ok;
}

}  // namespace weir::client
