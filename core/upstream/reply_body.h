// Reads the rest of a large reply, of which nobody needs to see the bytes, straight to where it belongs: through the
// kernel to a client that waits for it, or into chunks of its owner's output.
// Thread: the worker's alone.
#pragma once

#include "core/upstream/server_connection.h"

namespace weir::upstream {

class ReplyBody {
 public:
  static constexpr size_t kFrom = 16 << 10;  // fewer bytes are read with what follows them, and copied

  // One read. False, with nothing done: the bytes have to be given to the owner one by one, or to nobody.
  [[gnu::noinline]] static bool read(ServerConnection &connection);

 private:
  static ssize_t relay(ServerConnection &connection, const BodyPlace &place);
  static ssize_t land(ServerConnection &connection, Chain &to, size_t &behind);
};

}  // namespace weir::upstream
