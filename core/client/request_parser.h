// Calls the protocol's parse_req() over what a client sent, checks what it says, and dispatches whole requests.
// Thread: the worker's alone; one call at a time, so the arrays are the worker's.
#pragma once

#include "core/client/client_connection.h"
#include "core/message/inbox.h"

namespace weir::client {

class RequestParser {
 public:
  // Parses `all`, the bytes from the unfinished request on, and keeps what is left. The client may be closed by it.
  static void run(ClientConnection &client, Inbox::Span all);
  // A request is awaited of which so much has come: it is not to be held any longer when memory_limit is reached. True:
  // the client was told, and what is still to come will be thrown away.
  static bool gives_up(ClientConnection &client, size_t have);
  // Puts what the keys of a request stand for in place of what they are on the wire, in the window that it lies in.
  static void decode_keys(ClientConnection &client, const weir_req &req, weir_bytes window, weir_bytes *keys);

 private:
  struct Step;
  struct Found;
  enum class Next {
    more,     // go on
    starved,  // the rest of a request must come first
    stop      // the client wants, or may have, no more now
  };
  static void dispatch_gathered(ClientConnection &client);
  static bool resume(ClientConnection &client, Inbox::Span all, size_t &at);
  static Next step(ClientConnection &client, Step &step);
  static bool may_wait(ClientConnection &client, const Step &step);
  static bool broken(ClientConnection &client, const char *what);
  static const char *examine(ClientConnection &client, const Step &step, const weir_parse &parse, Found &found);
  static uint32_t count_keys(const RequestArrays &arrays, const weir_parse &parse, Found &found);
  static bool take_one(ClientConnection &client, Step &step, const weir_parse &parse);
  static bool take(ClientConnection &client, Step &step, const weir_parse &parse);
  static bool await_rest(ClientConnection &client, Step &step, const weir_req &req, const weir_key &key);
  static void refuse(ClientConnection &client, uint32_t error, std::string_view text);
};

}  // namespace weir::client
