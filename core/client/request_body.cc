#include "core/client/request_body.h"

#include <algorithm>

#include "core/buffer/landing.h"
#include "core/client/client_connection.h"
#include "core/client/dispatcher.h"
#include "core/client/request_parser.h"

namespace weir::client {

bool RequestBody::suits(const Front &front, const weir_req &req, const weir_key &key, size_t have) {
  return req.size >= kFrom && Dispatcher::takes_pieces(front, req) && key.off + key.len <= std::min(have, Chain::kMost);
}

void RequestBody::begin(ClientConnection &c, const weir_req &req, Inbox::Span all, size_t start) {
  RequestBody &body = c.body_;
  ChunkPool &pool = c.reactor_.chunks;
  size_t have = all.len - start;
  Chunk *own = c.inbox_.owns(all) ? c.inbox_.take() : nullptr;
  if (own != nullptr && have >= own->cap / 4) {
    own->begin += start;
    body.bytes_.append(own);
  } else {
    body.bytes_.append(pool, all.data + start, have);
    if (own != nullptr) pool.put(own);
  }
  c.inbox_.done(pool);
  body.left_ = req.size - have;
  body.expect(req.size);
}

void RequestBody::read(ClientConnection &c) {
  RequestBody &body = c.body_;
  ChunkPool &pool = c.reactor_.chunks;
  const Window &window = c.reactor_.window;
  const bool gathers = body.left_ > 0;
  if (gathers && RequestParser::gives_up(c, c.awaited_.size - body.left_)) return;
  Chain fresh;
  Landing room(pool, gathers ? body.bytes_ : fresh, gathers ? body.left_ : body.expected_);
  if (!gathers || body.left_ <= Landing::kMost) room.add_behind(window.data, window.size);
  ssize_t n = c.transport_.read(room.pieces(), room.count());
  if (n <= 0) return c.read_failed(n);
  size_t behind = room.landed(static_cast<size_t>(n));
  if (gathers) {
    body.left_ -= static_cast<size_t>(n) - behind;
    if (body.left_ == 0) c.consume({});
  } else {
    body.expected_ = 0;  // until another one comes
  }
  while (Chunk *chunk = fresh.pop()) feed(c, {chunk->data(), chunk->size()}, chunk);
  if (behind > 0) feed(c, {window.data, behind}, nullptr);
}

// Bytes of the request under way leave `piece`. True: the chunk went with them.
bool RequestBody::gather(ClientConnection &c, Inbox::Span &piece, Chunk *chunk) {
  RequestBody &body = c.body_;
  size_t part = std::min(piece.len, body.left_);
  bool all_of_it = chunk != nullptr && part == piece.len;
  if (all_of_it) {
    body.bytes_.append(chunk);
  } else {
    body.bytes_.append_fitting(c.reactor_.chunks, piece.data, part);
  }
  piece = {piece.data + part, piece.len - part};
  body.left_ -= part;
  if (body.left_ == 0) c.consume({});
  return all_of_it;
}

// The next piece of the stream, in a chunk of its own or else in the window.
void RequestBody::feed(ClientConnection &c, Inbox::Span piece, Chunk *chunk) {
  ChunkPool &pool = c.reactor_.chunks;
  if (c.open() && !c.input_ended_ && c.body_.left_ > 0 && gather(c, piece, chunk)) return;
  if (c.open() && !c.input_ended_ && piece.len > 0) {
    if (c.inbox_.held() > 0 || c.pauses_ != 0) {  // in one piece with what is there; paused, it waits
      c.inbox_.add(pool, piece);
      if (c.pauses_ == 0) c.consume(c.inbox_.again());
    } else if (chunk != nullptr) {
      chunk->begin = chunk->end - piece.len;
      c.inbox_.hold(chunk);
      return c.consume(c.inbox_.again());
    } else {
      c.consume(piece);
    }
  }
  if (chunk != nullptr) pool.put(chunk);
}

}  // namespace weir::client
