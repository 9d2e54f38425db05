// Sends the requests of a window on their way: keys to servers all at once, then each request by its route.
// Thread: the worker's alone; one call at a time, so the arrays are the worker's.
#pragma once

#include <string_view>

#include "core/client/client_connection.h"
#include "core/client/front.h"
#include "core/client/split_plan.h"
#include "core/message/split.h"

namespace weir::client {

class Dispatcher {
 public:
  // Whole requests, one behind the other in memory. The bytes of their keys stand in RequestArrays::key_bytes.
  struct Batch {
    const weir_req *reqs;
    uint32_t count;
    const uint8_t *bytes;  // of the first one
    const weir_key *keys;  // of all
    uint32_t key_count;
    Chunk *whole;  // when there is one request and it fills this chunk; null once it was taken
    // When the last one is to be dispatched in slices: the array its keys stand in, which is taken over, and what it
    // lies in, which is if it can be. Its keys are not counted above, and not looked at yet.
    PlainArray<weir_key> *large_keys = nullptr;
    Inbox::Span all{};
  };

  // False when the client wants no more now: it is closed, closing or paused.
  static bool run(ClientConnection &client, Batch &batch);
  // The same for what a client sends that asks for one thing at a time: a whole request of one key, and nothing else.
  // False, with nothing done: it needs run().
  static bool run_one(ClientConnection &client, const weir_req &req, const uint8_t *message, weir_bytes key);
  // A request whose bytes are in several pieces, the first of which has the key; they are taken when it is sent.
  static bool run_pieces(ClientConnection &client, const weir_req &req, const weir_key &key, Chain &pieces);
  // Whether it may come like that: nobody needs to see it in one piece.
  static bool takes_pieces(const Front &front, const weir_req &req);
  // A part whose server left the ring: to the one that the ring has for it now.
  static void send_again(ClientConnection &client, Part &part);
  // A part whose reply asked for it, see WEIR_RF_RESEND.
  static void send_as_told(ClientConnection &client, Part &part, const weir_rsp &rsp);
  // What waited for everything before it to be answered. False: as run().
  static bool run_postponed(ClientConnection &client);
  // A request was queued: its client waits while there is more than is good.
  static void ease(ClientConnection &client, upstream::ServerConnection &connection);

 private:
  // One request of the batch.
  struct One {
    const weir_req &req;
    weir_bytes message;
    const weir_key *keys;
    const weir_bytes *key_bytes;
    uint32_t *servers;  // of the keys, as places of Reach
    Chunk **whole;
    const Batch *large = nullptr;               // it is dispatched in slices
    Chain *pieces = nullptr;                    // what the message is in when it is not in one piece
    uint32_t way = Reach::kOwnWay;              // of Reach: the pool that it goes to where no key says which
    uint32_t mirror = Reach::kNoWay;            // the pool that gets a copy
    bool steered = false;                       // some of it may go to another pool than its client's
    FilterChain::Decision *decision = nullptr;  // of the filters, when they were asked

    // NULLABLE
    const uint8_t *rekeyed() const { return decision == nullptr ? nullptr : decision->rekeyed; }
    const weir_bytes *client_keys() const { return decision == nullptr ? nullptr : decision->client_keys; }
  };
  explicit Dispatcher(ClientConnection &client);

  static void give_up(ClientConnection &client, Part &part, const Failure &why);
  static void queue_again(ClientConnection &client, Part &part, upstream::ServerConnection &connection);
  static bool run_joined(ClientConnection &client, const weir_req &req, const weir_key &key, Chain &pieces);
  bool leaves_topics(const One &one) const;
  bool done();
  void put_large(const uint8_t *message, size_t size, Chain &to);
  bool send_at_once(const weir_req &req, const uint8_t *message, uint32_t server);
  bool dispatch_with_care(One &one);
  bool is_within_limits(const One &one);
  void dispatch(One &one);
  void filter(const One &one);
  const weir_bytes *keys_to_show(const One &one);
  void follow(const One &one, FilterChain::Decision &decision, uint32_t shown);
  uint32_t mirror_of(const One &one);
  uint32_t way_to_show(const One &one, const weir_bytes *keys);
  bool is_only_renamed(const One &one, const FilterChain::Decision &decision) const;
  bool send_renamed(const One &one, const weir_req &req, const FilterChain::Decision &decision);
  void send(const One &one);
  Request &enqueue(const One &one);
  void watch(const One &one, Request &request);
  void answer(const One &one, uint32_t error, std::string_view text);
  bool steer(One &one);
  uint32_t way_of(const One &one) const;
  void mirror(const One &one, uint32_t way);
  void in_slices(const One &one);
  LargeRequest::Keys take_keys(const One &one);
  Chunk *take_message(const One &one);
  void by_key(const One &one);
  void by_split(const One &one);
  void to_all(const One &one);
  void to_any(const One &one);
  void to_numbered(const One &one);
  void to_server(const One &one, uint32_t place);
  bool may_be_down(uint32_t place) const { return diverts_ || !front_.reach.is_own(place); }
  bool serves(const One &one, uint32_t place);
  void to_parts(const One &one, uint32_t part_count);
  bool is_its_turn(const One &one);
  void postpone(const One &one);
  void over_leases(const One &one);
  upstream::ServerConnection *connection_for(const One &one, uint32_t place, Failure &why);
  upstream::ServerConnection *new_lease(const One &one, uint32_t place, Failure &why);
  void join_topics(const One &one, Split &split);
  void leave_topics(const One &one);
  bool put_ahead(const weir_req &req, const One &one, upstream::ServerConnection &connection, uint32_t place,
                 uint32_t purpose);
  void refuse(const One &one, uint32_t error, std::string_view text);
  void expect_reply(const weir_req &req, upstream::ServerConnection &connection, uint32_t place, size_t len,
                    uint64_t due_us);
  void keep(Part &part, upstream::ServerConnection &connection, size_t len, const weir_bytes *key);
  bool may_send(const One &one, upstream::ServerConnection &connection);
  uint64_t due_us(const weir_req &req, uint32_t place);
  // Appends the request, or its part, to the connection's output; its length, 0 when the plugin failed.
  size_t write(const One &one, upstream::ServerConnection &connection, uint32_t place, const SplitPart *part);
  size_t render(const One &one, upstream::ServerConnection &connection, uint32_t purpose, const uint32_t *pick,
                uint32_t pick_count, uint32_t server);

  ClientConnection &client_;
  Front &front_;
  RequestArrays &arrays_;
  const route::Ring &ring_;
  const size_t request_limit_;
  const uint64_t due_us_;  // when what is sent now has waited too long
  const bool no_memory_;   // memory_limit is reached
  const bool diverts_;     // servers may be down, or their keys elsewhere
  const bool quick_;       // nothing is out of the ordinary, so that plain requests may take the short way
};

[[gnu::always_inline]] inline Dispatcher::Dispatcher(ClientConnection &client)
    : client_(client),
      front_(*client.front_),
      arrays_(client.front_->arrays),
      ring_(client.front_->pool.ring()),
      request_limit_(client.front_->settings.request_limit),
      due_us_(client.front_->upstream.due_us()),
      no_memory_(client.reactor_.memory_in_use() > client.reactor_.memory_limit),
      diverts_(ring_.diverts()),
      quick_(!no_memory_ && !diverts_ && !front_.keeps_reads && client.leases_.empty() && !client.is_apart()) {}

[[gnu::always_inline]] inline void Dispatcher::expect_reply(const weir_req &req, upstream::ServerConnection &connection,
                                                            uint32_t place, size_t len, uint64_t due_us) {
  Request &request = *client_.enqueue(req);
  init_part(request.part, request, place, 0);
  request.part.keys = req.key_count;
  request.parts_open = 1;
  request.holders = 2;  // the client and the part
  connection.queued(&request.part, len, due_us);
}

}  // namespace weir::client
