#include "core/upstream/reply_body.h"

#include "core/buffer/landing.h"
#include "core/upstream/upstream.h"

namespace weir::upstream {

bool ReplyBody::read(ServerConnection &c) {
  Part &part = *c.queue_.head();
  RequestOwner *owner = part.request->owner;
  if (part.abandoned || owner == nullptr) return false;
  BodyPlace place = owner->body_place(part);
  if (place.chain == nullptr) return false;
  bool relays = place.socket >= 0 && c.body_left_ >= net::Relay::kFrom && c.transport_.ops == nullptr &&
                c.reactor_.relay.usable();
  size_t behind = 0;
  ssize_t n = relays ? relay(c, place) : land(c, *place.chain, behind);
  if (n <= 0) {
    c.read_failed(n);
    return true;
  }
  c.moved_us_ = c.reactor_.now_us;
  size_t body = static_cast<size_t>(n) - behind;
  c.body_left_ -= body;
  bool answers = c.body_ends_ && c.body_left_ == 0;
  owner->body_came(part, body, answers);
  if (answers) c.retire_head();
  c.parse_on({c.reactor_.window.data, behind}, 0);
  return true;
}

ssize_t ReplyBody::relay(ServerConnection &c, const BodyPlace &place) {
  return c.reactor_.relay.move(c.transport_.fd, place.socket, c.body_left_, c.reactor_.chunks, *place.chain);
}

ssize_t ReplyBody::land(ServerConnection &c, Chain &to, size_t &behind) {
  const Window &window = c.reactor_.window;
  Landing room(c.reactor_.chunks, to, c.body_left_);
  if (c.body_left_ <= Landing::kMost) room.add_behind(window.data, window.size);
  ssize_t n = c.transport_.read(room.pieces(), room.count());
  if (n > 0) behind = room.landed(static_cast<size_t>(n));
  return n;
}

}  // namespace weir::upstream
