#include "core/client/large_request.h"

#include <weir/hash.h>

#include <algorithm>

#include "core/base/log.h"
#include "core/client/client_connection.h"
#include "core/client/client_scope.h"
#include "core/client/dispatcher.h"
#include "core/client/reasons.h"
#include "core/client/render.h"
#include "core/message/watch.h"

namespace weir::client {

LargeRequest::LargeRequest(ClientConnection &client, Request &request, Content &&content)
    : client_(client),
      front_(*client.front_),
      request_(request),
      content_(std::move(content)),
      key_count_(request.req.key_count),
      counted_(content_.keys.all.size() * sizeof(weir_key) + content_.rewritten.bytes()),
      servers_(front_.reactor.chunks.get(key_count_ * sizeof(uint32_t))) {
  ++request_.holders;
  front_.reactor.other_memory += counted_;
}

LargeRequest::~LargeRequest() {
  net::Reactor &reactor = front_.reactor;
  for (Chunk *chunk : {content_.message, servers_}) {
    if (chunk != nullptr) reactor.chunks.put(chunk);
  }
  if (split_ != nullptr && split_ != request_.split) split_->free(reactor.chunks);
  aside_.clear(reactor.chunks);
  reactor.other_memory -= counted_;
  reactor.requests.release(&request_);
}

bool LargeRequest::work() {
  switch (stage_) {
    case Stage::route:
      return route_slice();
    case Stage::group:
      return group_slice();
    case Stage::render:
      return render_slice();
  }
  return false;
}

bool LargeRequest::fail(uint32_t error, std::string_view text) {
  front_.cells.forward_error.add();
  if (request_.watch != nullptr) request_.watch->failed(WEIR_PART_NO_SERVER, error);
  client_.fail(request_, error, text);
  return false;
}

bool LargeRequest::breach() {
  WEIR_LOG(err, "pool %s: the protocol plugin broke its contract: a key or unit outside its request",
           front_.settings.name.c_str());
  fail(WEIR_ERR_INTERNAL, "internal error");
  if (client_.open()) client_.end_input();
  return false;
}

bool LargeRequest::route_slice() {
  // A ring is there for this turn only, and no request may be routed by two.
  const route::Ring &ring = front_.pool.ring();
  if (at_ == 0 || ring.epoch() != epoch_ || front_.reach.version() != reach_) {
    at_ = 0;
    epoch_ = ring.epoch();
    key_len_ = 0;
    sizes_.assign(front_.reach.places() + 1, 0);
    reach_ = front_.reach.version();
    routed_us_ = front_.reactor.now_us;
  }
  uint32_t n = slice(), *servers = this->servers() + at_;
  RequestArrays &arrays = front_.arrays;
  arrays.have_room_for(n);
  weir_bytes *bytes = arrays.key_bytes.data();
  if (!place_final_keys(bytes)) return breach();
  if (content_.server != FilterChain::kUnchanged) {
    std::fill_n(servers, n, front_.reach.place(content_.way, content_.server));
  } else {
    front_.reach.route_in(content_.way, bytes, n, servers, routed_us_);
    if (front_.routed[request_.req.cmd] != 0 && !content_.chosen) {
      client_.route_keys(request_.req, client_keys(bytes), bytes, n, servers, routed_us_);
    }
  }
  for (uint32_t i = 0; i < n; ++i) {
    ++sizes_[std::min(servers[i], front_.reach.places())];
    key_len_ += bytes[i].len + (is_rewritten() ? keys()[at_ + i].len : 0);
  }
  at_ += n;
  return at_ < key_count_ || routed();
}

// Of the slice under way: as filters left them. False: one lies outside of its request.
bool LargeRequest::place_final_keys(weir_bytes *bytes) {
  weir_bytes text = message();
  if (!place_keys(keys() + at_, slice(), text.ptr, text.len, text.len, bytes)) return false;
  for (uint32_t i = 0; is_rewritten() && i < slice(); ++i) {
    if (content_.rewritten.marks[at_ + i] != 0) bytes[i] = content_.rewritten.keys[at_ + i];
  }
  return true;
}

// Of the slice under way, whose final keys are in place: as its client gave them, which is what routes go by.
const weir_bytes *LargeRequest::client_keys(const weir_bytes *final_keys) {
  if (!is_rewritten()) return final_keys;
  weir_bytes *all = front_.filters.room_for_keys(slice()), text = message();
  place_keys(keys() + at_, slice(), text.ptr, text.len, text.len, all);  // known to lie in it
  return all;
}

// From here on the numbers of the servers are all it needs: the ring may change.
bool LargeRequest::routed() {
  const weir_req &req = request_.req;
  uint32_t parts = count_parts(sizes_);
  if (req.route == WEIR_ROUTE_KEY && parts > 1) return fail(WEIR_ERR_CROSS, "the keys lie on different servers");
  if (parts == 1 && sizes_.back() > 0) return fail(WEIR_ERR_NO_SERVER, kNoServer);
  bool merged = parts > 1 || (req.flags & WEIR_REQ_TRANSFORM) != 0;
  if (!merged) {
    init_part(request_.part, request_, servers()[0], 0);
    request_.part.keys = key_count_;
    request_.parts_open = 1;
    if ((req.flags & WEIR_REQ_RENDER) == 0 && !is_rewritten()) {
      send(request_.part, true);
      return false;
    }
  } else if (front_.protocol.merge == nullptr) {
    return fail(WEIR_ERR_INTERNAL, "the protocol cannot merge replies");
  }
  weir_bytes kept = (req.flags & WEIR_REQ_KEEP) != 0 ? message() : weir_bytes{nullptr, 0};
  split_ = Split::make_for(front_.reactor.chunks, parts, key_count_, key_len_, kept, is_rewritten());
  lay_out_parts(*split_, request_, sizes_, index_);
  if (merged) {
    request_.split = split_;
    request_.parts_open = parts;
    front_.cells.fragments.add(parts);
  }
  stage_ = Stage::group;
  at_ = 0;
  return true;
}

bool LargeRequest::group_slice() {
  uint32_t n = slice();
  RequestArrays &arrays = front_.arrays;
  arrays.have_room_for(n);
  weir_bytes *bytes = arrays.key_bytes.data(), text = message();
  place_final_keys(bytes);  // route_slice() has looked at what it says
  split_->add_keys(at_, bytes, n);
  if (is_rewritten()) {
    place_keys(keys() + at_, n, text.ptr, text.len, text.len, bytes);
    split_->add_client_keys(at_, bytes, n);
  }
  assign_keys(*split_, index_, at_, servers() + at_, n);
  at_ += n;
  if (at_ < key_count_) return true;
  stage_ = Stage::render;
  at_ = 0;
  return true;
}

// The part gets some of the keys only.
bool LargeRequest::is_cut(const SplitPart &part) const {
  return request_.req.route == WEIR_ROUTE_SPLIT && part.pick_count < key_count_;
}

bool LargeRequest::is_encoded(const SplitPart &part) const {
  bool as_it_is = (request_.req.flags & WEIR_REQ_RENDER) == 0 && !is_rewritten();
  return part.part.server != WEIR_NO_SERVER && (is_cut(part) || !as_it_is);
}

bool LargeRequest::render_slice() {
  uint32_t budget = kSlice;
  for (; part_ < split_->part_count; ++part_, at_ = 0) {
    SplitPart &part = split_->parts[part_];
    bool rendered = true;
    if (is_encoded(part)) {
      if (budget == 0) return true;
      rendered = render_more(part, budget);
      if (rendered && at_ < part.pick_count) return true;
    }
    if (!send(request_.split != nullptr ? part.part : request_.part, rendered)) return false;
  }
  return false;
}

// Large or small, half a part must not get into the connection's stream.
bool LargeRequest::render_more(SplitPart &part, uint32_t &budget) {
  weir_render what{};
  what.struct_size = sizeof what;
  what.purpose = is_cut(part) ? WEIR_RENDER_SPLIT : WEIR_RENDER_REKEY;
  what.req = &request_.req;
  what.keys = keys();
  what.key_bytes = split_->key_bytes;
  what.rekeyed = is_rewritten() ? content_.rewritten.marks.data() : nullptr;
  what.pick = split_->pick + part.first_pick;
  what.pick_count = part.pick_count;
  what.first = at_;
  what.count = std::min(budget, part.pick_count - at_);
  what.server = front_.reach.server_of(part.part.server);
  at_ += what.count;
  budget -= what.count;
  return render(front_, client_.scope(), what, message(), aside_);
}

// Sends what was rendered, or the message itself. False: the client is closed.
bool LargeRequest::send(Part &part, bool rendered) {
  ChunkPool &chunks = front_.reactor.chunks;
  auto failed = [&](uint32_t status, uint32_t error, std::string_view text) {
    aside_.clear(chunks);
    client_.part_failed(part, {status, error, text}, false);
    return client_.open();
  };
  if (part.server == WEIR_NO_SERVER) return failed(WEIR_PART_NO_SERVER, WEIR_ERR_NO_SERVER, kNoServer);
  const route::Ring &ring = front_.pool.ring();
  bool elsewhere = !front_.reach.is_own(part.server), gone = elsewhere && front_.reach.version() != reach_;
  if (gone || ((elsewhere || ring.diverts()) && !front_.reach.serves(ring, part.server))) {
    front_.cells.refused_down.add();
    return failed(WEIR_PART_NO_SERVER, WEIR_ERR_NO_SERVER, kServerDown);
  }
  upstream::ServerConnection *to = client_.shared_connection(part.server, request_.req.profile);
  if (to == nullptr) return failed(WEIR_PART_NO_SERVER, WEIR_ERR_OVERLOAD, kProfilesOut);
  upstream::ServerConnection &connection = *to;
  if (!connection.has_room()) return failed(WEIR_PART_NO_SERVER, WEIR_ERR_OVERLOAD, kQueueFull);
  bool encoded = split_ != nullptr && is_encoded(split_->parts[part_]);
  size_t len = encoded ? aside_.size() : content_.message->size();
  if (!rendered || len == 0) return failed(WEIR_PART_PROTO, WEIR_ERR_INTERNAL, kNotEncoded);
  if (encoded) {
    connection.output().append(chunks, aside_);
  } else {
    connection.output().append(std::exchange(content_.message, nullptr));
  }
  ++request_.holders;
  connection.queued(&part, len, front_.reach.due_us(part.server));
  Dispatcher::ease(client_, connection);
  return client_.open();
}

}  // namespace weir::client
