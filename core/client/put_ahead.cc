#include "core/client/put_ahead.h"

#include "core/client/render.h"
#include "core/client/split_plan.h"

namespace weir::client {

bool put_ahead(Front &front, const weir_scope &scope, const weir_render &what, weir_bytes message,
               upstream::ServerConnection &connection, uint64_t due_us) {
  Chain &to = connection.output();
  size_t before = to.size();
  if (!render(front, scope, what, message, to)) return false;
  size_t len = to.size() - before;
  uint32_t replies = front.reactor.out.swallow();
  if (len == 0) return true;
  if (replies == 0) {
    connection.queued(nullptr, len, 0);
    return true;
  }
  weir_req ahead = *what.req;
  ahead.cmd = WEIR_CMD_AHEAD;
  ahead.replies = replies;
  Request &request = *front.reactor.requests.get(nullptr, ahead);
  request.holders = 1;
  init_part(request.part, request, what.server, 0);
  request.part.keys = 0;
  request.part.abandoned = true;
  request.part.again = Part::kSwallowed;
  connection.queued(&request.part, len, due_us);
  return true;
}

}  // namespace weir::client
