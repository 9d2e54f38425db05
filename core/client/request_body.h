// How a client's large requests are read when nobody needs to see them in one piece: straight into chunks, which move
// to the server connection's output when the last byte has come. The parser has seen the beginning, with the key.
//
// What follows a large request is likely to be another: it is read into chunks from its first byte on, and parsed in
// them one after the other, as if each were a window.
//
// Owner: the client connection. Thread: the worker's alone.
#pragma once

#include <weir/protocol.h>

#include "core/buffer/chain.h"
#include "core/message/inbox.h"

namespace weir::client {

class ClientConnection;
class Front;

class RequestBody {
 public:
  static constexpr size_t kFrom = 16 << 10;  // what is smaller is copied

  // Whether the next bytes are to be read by read().
  bool reads() const { return left_ > 0 || expected_ > 0; }
  // A request of this size came: the next may be like it.
  void expect(size_t size) { expected_ = size; }

  // Whether the rest of it, of which so much has come, can be gathered here.
  static bool suits(const Front &front, const weir_req &req, const weir_key &key, size_t have);
  // What there is of it begins at `start` of `all`; the client's inbox is emptied.
  static void begin(ClientConnection &client, const weir_req &req, Inbox::Span all, size_t start);
  // One read; what is whole with it is dispatched.
  [[gnu::noinline]] static void read(ClientConnection &client);

  // Of the request gathered: it is whole when is_whole(). The first piece has the key.
  Chain &bytes() { return bytes_; }
  bool is_whole() const { return left_ == 0 && !bytes_.empty(); }
  void clear(ChunkPool &pool) {
    bytes_.clear(pool);
    left_ = expected_ = 0;
  }

 private:
  static bool gather(ClientConnection &client, Inbox::Span &piece, Chunk *chunk);
  static void feed(ClientConnection &client, Inbox::Span piece, Chunk *chunk);

  Chain bytes_;
  size_t left_ = 0;      // bytes of it still to come
  size_t expected_ = 0;  // 0: no large request
};

}  // namespace weir::client
