// How parts that left their queue unanswered get on their way once more.
#include "core/client/client_connection.h"
#include "core/client/dispatcher.h"
#include "core/client/reasons.h"
#include "core/message/kept.h"

namespace weir::client {

void Dispatcher::send_again(ClientConnection &client, Part &part) {
  Dispatcher dispatcher(client);
  Reach &reach = dispatcher.front_.reach;
  weir_bytes key = Kept::key(*part.kept);
  uint32_t place = WEIR_NO_SERVER;
  reach.route_in(reach.way_of(part.server), &key, 1, &place, client.reactor_.now_us);
  if (place == WEIR_NO_SERVER || !reach.serves(dispatcher.ring_, place)) {
    std::string_view why = place == WEIR_NO_SERVER ? kNoServer : kServerDown;
    return give_up(client, part, {WEIR_PART_NO_SERVER, WEIR_ERR_NO_SERVER, why});
  }
  upstream::ServerConnection *to = client.shared_connection(place, part.request->req.profile);
  if (to == nullptr) return give_up(client, part, {WEIR_PART_NO_SERVER, WEIR_ERR_OVERLOAD, kProfilesOut});
  part.server = place;
  queue_again(client, part, *to);
}

// The part's reply said so; it left its queue.
void Dispatcher::send_as_told(ClientConnection &client, Part &part, const weir_rsp &rsp) {
  Dispatcher dispatcher(client);
  const weir_req &req = part.request->req;
  const Reach &reach = dispatcher.front_.reach;
  uint32_t place = rsp.server == UINT32_MAX ? part.server : reach.place(reach.way_of(part.server), rsp.server);
  Chunk *whole = nullptr;
  One one{req, {part.kept->data(), part.kept->size()}, nullptr, nullptr, nullptr, &whole};
  Failure why{};
  upstream::ServerConnection *to = place < reach.places() ? dispatcher.connection_for(one, place, why) : nullptr;
  if (to == nullptr || !dispatcher.put_ahead(req, one, *to, place, WEIR_RENDER_RESEND)) {
    return give_up(client, part, {WEIR_PART_PROTO, WEIR_ERR_INTERNAL, "the request could not be sent again"});
  }
  init_part(part, *part.request, place, part.index);
  queue_again(client, part, *to);
}

void Dispatcher::give_up(ClientConnection &client, Part &part, const Failure &why) {
  client.part_failed(part, why, false);
  client.reactor_.requests.release(part);
}

// Its time is counted from when it was sent first.
void Dispatcher::queue_again(ClientConnection &client, Part &part, upstream::ServerConnection &connection) {
  connection.output().append(client.reactor_.chunks, part.kept->data(), part.kept->size());
  connection.queued(&part, part.kept->size(), part.due_us);
  connection.look_when_due(part);
  ease(client, connection);
}

}  // namespace weir::client
