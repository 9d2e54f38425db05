// One client: reads its requests, and writes their replies in the order in which it asked.
//
// Reading is paused (bits of pauses_) while the client has too much unanswered, unread or unsent; what has been
// received but not parsed waits in the inbox. Closing is orderly: no more input, every reply out, then the connection.
//
// Owner: Front. Thread: the worker's alone.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/client/large_request.h"
#include "core/client/lease.h"
#include "core/client/reply_order.h"
#include "core/client/request_body.h"
#include "core/client/topics.h"
#include "core/message/carried.h"
#include "core/message/inbox.h"
#include "core/message/request.h"
#include "core/net/connection.h"
#include "core/plugin/host_client.h"
#include "core/route/routes.h"

namespace weir::client {

class Front;

class ClientConnection final : public net::Connection,
                               public RequestOwner,
                               public upstream::LeaseHolder,
                               public plugin::ClientView {
 public:
  enum Pause : uint32_t {
    kInflight = 1,
    kOutput = 2,
    kServerQueue = 4,
    kFence = 8,
    kBusy = 16,
    kMoving = 32,
    kRing = 64,
    kSpare = 128,
    kTurn = 256  // a request of its own waits until everything before it is answered
  };

  ClientConnection(Front &front, uint32_t lane);
  ~ClientConnection() override;

  void start(int fd, bool refused);
  // Takes in what has arrived, then no more.
  void drain();
  // No more requests: what is unanswered is answered, then the connection ends.
  void end_input();
  // At once; what is unanswered is abandoned.
  void close();
  void go_on();  // parses what waits, and reads again
  void unpause(uint32_t why);
  void check_time(uint64_t now_us);
  // The spare pool, or a target, was replaced: it reads no further until what it may have under way there is answered.
  void reach_changed();
  // Whether it has a connection of its own to a server of another pool.
  bool leases_elsewhere() const;
  // Servers came or went, so that what it listens to over leases may be said by others now.
  void ring_changed_under_leases();
  // Its front was replaced: it goes to the new one as soon as nothing of it is under way, see Front::hand_over().
  void leave();
  // Sends those of the n keys that the pool's routes name elsewhere: changes their places. True: there were some.
  // by: what is looked for in the routes; keys: what is looked for in the pool then.
  bool route_keys(const weir_req &req, const weir_bytes *by, const weir_bytes *keys, uint32_t n, uint32_t *places,
                  uint64_t now_us);
  // What the routes say of a request: of its first key, if it has any. Null: nothing.
  const route::Routes::Entry *route_of(const weir_req &req, const weir_bytes *keys);
  // Calls f(Part &) for each of its requests and their parts.
  template <class F>
  void each_part(F f) {
    for (Request *request = order_.front(); request != nullptr; request = request->next) {
      f(request->part);
      for (uint32_t i = 0; request->split != nullptr && i < request->split->part_count; ++i) {
        f(request->split->parts[i].part);
      }
    }
  }
  // A slice of its large commands.
  Left dispatch_slice();
  Left merge_slice();

  void on_readable() override;
  void replied(Part &, const weir_rsp &, const weir_item *, const uint8_t *data) override;
  void reply_begins(Part &, const weir_rsp &, const weir_item *, const uint8_t *data, size_t len, bool ends) override;
  void reply_goes_on(Part &, const uint8_t *data, size_t len, bool ends) override;
  BodyPlace body_place(Part &) override;
  void body_came(Part &, size_t len, bool ends) override;
  void hold_back(Part &) override;
  void awaits_ring(Part &) override;
  void ring_changed(Part &) override;
  void send_again(Part &, const weir_rsp &) override;
  void part_failed(Part &, const Failure &, bool held) override;
  void released(Request &) override;
  void pushed(const uint8_t *data, size_t len) override;
  void lease_ends(upstream::ServerConnection &) override;
  void lease_lost(upstream::ServerConnection &) override;
  void about(weir_client_about &) const override;
  uint32_t server_of(uint32_t pool, weir_bytes key) const override;
  // Its address as text, asked for once.
  const std::string &peer();

 protected:
  void on_written(size_t len) override;
  void on_broken(int error) override;

 private:
  static constexpr size_t kWriteAtOnce = 32 << 10;
  friend class Front;
  friend class Dispatcher;
  friend class FilterChain;
  friend class LargeRequest;
  friend class RequestBody;
  friend class RequestParser;
  friend class Topics;

  void consume(Inbox::Span all);
  void read_failed(ssize_t n);
  void peer_closed();
  void drop_input();
  void pause(uint32_t why);
  bool may_leave() const;
  // How many requests may be unanswered: the fewer, the larger their replies are, so that these stay within
  // client_output_limit.
  uint32_t allowed_inflight() const { return allowed_inflight_; }
  void note_reply(uint64_t size) {
    if (size != usual_reply_ && size > nothing_new_) weigh_reply(size);
  }
  void weigh_reply(uint64_t size);
  void weigh_inflight();
  void check_inflight();
  // After bytes were put on the account or out.
  inline void note_output();  // client_scope.h
  void check_output();
  void finish_if_done();
  void linger();
  bool idles_too_long(uint64_t now_us);
  void end_in_a_reply();
  bool may_move(bool with_state);
  void moved(Front &to, bool with_state);

  // Replies.
  [[gnu::always_inline]] Request *enqueue(const weir_req &req) {  // at the end of the order, held by the client
    Request *request = reactor_.requests.get(this, req);
    request->holders = 1;
    order_.push(*request);
    return request;
  }
  Chain &reply_chain(Request &request);  // where its bytes go now
  // Appends to the output; what is large is written at once instead of being copied, as far as the socket takes it.
  void put_out(const uint8_t *data, size_t len) {
    if (len >= kWriteAtOnce) [[unlikely]]
      return put_out_large(data, len);
    out_.append(reactor_.chunks, data, len);
    output_grew();
  }
  [[gnu::noinline]] void put_out_large(const uint8_t *data, size_t len);
  void deliver(Request &request, const uint8_t *data, size_t len);
  bool is_first(const Request &request) const;  // of those unanswered, and nothing holds it back
  void hold(size_t before, size_t now);
  void unhold(const HeldReply &reply);
  void take_held(Request &request);
  void part_answered(Request &request);
  void forget_gathered(const Request &request);
  bool merge(Request &request, Chain &to);  // true: there are more keys
  void replied_to_part(Part &part, const weir_rsp &rsp, const weir_item *items, const uint8_t *data);
  static bool is_merged_at_hand(const Request &request);
  void merge_at_hand(Request &request, const weir_rsp &rsp, const weir_item *items, const uint8_t *data);
  bool has_merge() const {  // the client waits for it
    const Request *first = order_.front();
    return first != nullptr && first->to_merge && first->held_back == 0;
  }
  void finish(Request &request);
  void flush_order();
  void order_moved();
  // The protocol's answer or error into `to`; false: the client must be closed.
  bool render_reply(const weir_req *req, uint32_t error, std::string_view text, weir_bytes message, Chain &to);
  // An error as the whole answer to a request that has none yet.
  void fail(Request &request, uint32_t error, std::string_view text);

  // Leases.
  Lease *lease_at(uint32_t place);  // of Reach; null = none
  Lease *take_lease(const weir_req &req, uint32_t place);
  void tell_lease(const weir_req &begin, uint32_t place, uint32_t on);
  void break_lease(const weir_req &req);
  bool ends_broken_lease(const weir_req &req);
  void fence_passed(const weir_req &req);
  void end_lease(size_t i, bool clean);
  void drop_leases();
  bool is_blocked() const {
    const Request *last = order_.back();
    return last != nullptr && (last->req.flags & WEIR_REQ_BLOCKING) != 0;
  }
  bool may_push() const;
  void put_out_pushes();
  void leave_topics();
  void end_joining(const Split &split);
  void forget_joined();
  void hear_leases(bool on);
  void read_leases();

  // A connection to a server that others use, too; null: max_profiles are in use.
  upstream::ServerConnection *shared_connection(uint32_t place, uint64_t profile);
  // Whether what it sends now follows a request with WEIR_REQ_APART.
  bool is_apart() {
    if (apart_ && order_.empty()) apart_ = false;
    return apart_;
  }

  // Dispatches it in slices; until that is done nothing more is parsed.
  void begin_large(Request &request, LargeRequest::Content &&content);

  route::Routes::Query route_query(const weir_req &req);
  void ask_address();

  void *state();
  weir_scope scope();

  // A request that is watched has ended.
  [[gnu::noinline]] void tell_end(Request &request);

  Front *front_;  // never null; another one after a reload
  const uint32_t lane_;
  size_t place_ = 0;  // in Front::clients_
  uint64_t conn_id_ = 0;

  Inbox inbox_;
  RequestBody body_;
  Carried<weir_key> carried_;  // keys of an unfinished request
  weir_req awaited_{};         // a request whose end has not arrived
  bool awaiting_ = false;
  uint64_t discard_ = 0;  // bytes of a refused request still to come

  std::unique_ptr<LargeRequest> large_;

  std::vector<Lease> leases_;
  std::unique_ptr<Postponed> postponed_;
  std::vector<Topic *> topics_;  // it listens to; each has it in its list
  std::vector<Topic *> joined_;  // of these, by the request under way
  Chain pushes_;                 // what servers said unasked, while a reply is under way

  ReplyOrder order_;
  size_t held_bytes_ = 0;     // of replies that are not first in the order
  size_t largest_reply_ = 0;  // seen so far
  uint64_t usual_reply_;      // what the next replies may be like, from those before them; never below small_reply
  uint64_t nothing_new_ = 0;  // replies up to this size change nothing about it
  uint32_t allowed_inflight_ = 0;
  uint64_t began_us_ = 0;  // when it was accepted
  uint64_t moved_us_ = 0;  // when the client last took bytes
  uint64_t linger_until_us_ = 0;
  uint64_t idle_since_us_ = 0;  // of check_time(): when it was first seen with nothing under way, from then on

  uint32_t pauses_ = 0;
  bool input_ended_ = false;
  bool refused_ = false;  // not counted among the pool's clients
  bool peer_ended_ = false;
  bool parsing_ = false;
  bool apart_ = false;             // see is_apart()
  bool hears_leases_ = true;       // else the client has enough to take already
  bool heard_ = true;              // bytes came since check_time()
  config::ClientAddress address_;  // asked for once, by routes that want to know
  std::vector<uint64_t> protocol_state_;
  std::string peer_;  // empty: not asked yet
};

}  // namespace weir::client
