// Calls the protocol's parse_rsp() over what was received, checks what it says, and hands the replies on one by one.
// Thread: the worker's alone; one call at a time, so the arrays are the worker's.
#pragma once

#include "core/message/inbox.h"
#include "core/upstream/server_connection.h"

namespace weir::upstream {

class ReplyParser {
 public:
  // Parses `all` from `at` on and keeps what is unfinished. False: the connection is closed.
  static bool run(ServerConnection &connection, Inbox::Span all, size_t at);

 private:
  struct Batch;
  static weir_status grow_items(weir_parse *parse, uint32_t want);
  static const char *deliver(ServerConnection &connection, Batch &batch);
};

}  // namespace weir::upstream
