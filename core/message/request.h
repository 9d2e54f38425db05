// One command of a client, and its parts: what goes to one server each.
//
// A Request stays in its client's reply order until it is delivered, and a Part stays in its server connection's queue
// until its reply has come, whichever of the two leaves first. A part whose client is gone, or whose time is over, is
// *abandoned*: its reply, when it comes, is swallowed in place.
//
// Owner: a RequestPool; freed when both the client and all parts have let go. Thread: the worker's alone.
#pragma once

#include <weir/protocol.h>

#include <algorithm>
#include <bit>
#include <string_view>

#include "core/message/held_reply.h"

namespace weir {

struct Request;
struct Split;
struct Watch;

// What is out of the ordinary about a part.
struct PartMarks {
  enum Again : uint8_t {
    kKept = 1,
    kHere = 2,
    kElsewhere = 4,
    kSwallowed = 8,    // what goes ahead of a lease's first request, or of one that is sent again
    kResentOnce = 16,  // its reply asked for it: so many times
    kResent = 3 * kResentOnce,
  };
  bool abandoned = false;
  bool want_items = false;  // the reply will be merged
  bool begun = false;       // some of its reply went to its owner
  uint8_t again = 0;        // Again: it can be sent again; it was, to its server; it was, to another one ...
  bool none() const { return std::bit_cast<uint32_t>(*this) == 0; }
};

// A request's share on one server connection.
struct Part : PartMarks {
  Part *next_expected = nullptr;  // the server connection's queue
  Request *request = nullptr;
  uint64_t due_us = 0;        // 0 = no deadline
  uint64_t sent_at = 0;       // how many bytes the connection has to send before it comes to this part
  uint32_t server = 0;        // index in the pool
  uint32_t index = 0;         // which part of the request
  uint32_t replies_left = 0;  // final replies still to come
  uint32_t keys = 0;          // how many of the request's keys it carries
  Chunk *kept = nullptr;      // what is sent again (Kept), with kKept
};

// Why a part or request failed, as a client reads it.
struct Failure {
  uint32_t status;        // WEIR_PART_*
  uint32_t error;         // WEIR_ERR_*
  std::string_view text;  // static or outliving the call
};

// Where bytes of a reply may be put that nobody has to see in between.
struct BodyPlace {
  Chain *chain = nullptr;  // at its end; null: they have to be told one by one
  int socket = -1;         // they may be written to it at once, the chain being empty; -1: they may not
};

// Who a request belongs to, as seen from the server's side. Implemented by the client connection.
class RequestOwner {
 public:
  virtual ~RequestOwner() = default;
  // What most replies are: all of it is here, and it answers the part. The items' offsets count from data.
  virtual void replied(Part &, const weir_rsp &, const weir_item *items, const uint8_t *data) = 0;
  // A reply begins: its description, its items (offsets from data), and the first len bytes of it. ends: with them the
  // part is answered.
  virtual void reply_begins(Part &, const weir_rsp &, const weir_item *items, const uint8_t *data, size_t len,
                            bool ends) = 0;
  // More bytes of the reply that began last on this part.
  virtual void reply_goes_on(Part &, const uint8_t *data, size_t len, bool ends) = 0;
  // The same without a look at them: where they go, and that len bytes were put there.
  virtual BodyPlace body_place(Part &) = 0;
  virtual void body_came(Part &, size_t len, bool ends) = 0;
  // The reply that comes next must not be seen before released(), unless some of the part's replies were already.
  virtual void hold_back(Part &) = 0;
  // Its server leaves the ring; nothing was replied. It is to be sent again when ring_changed() is called for it.
  virtual void awaits_ring(Part &) = 0;
  virtual void ring_changed(Part &) = 0;
  // Its reply said that it is to be sent again; it left its queue.
  virtual void send_again(Part &, const weir_rsp &) = 0;
  // There will be no (or no whole) reply. held: the client must not be told before released().
  virtual void part_failed(Part &, const Failure &, bool held) = 0;
  // A request that was held back may be told.
  virtual void released(Request &) = 0;

  uint64_t changed_at = 0;  // Upstream::position of its last request that may have changed something; for the upstream
};

struct Request {
  Request *next = nullptr;        // the client's reply order
  RequestOwner *owner = nullptr;  // null once the client is gone
  weir_req req{};
  HeldReply reply;          // what is ready and may not be written yet
  Part part;                // the only part of most requests
  Split *split = nullptr;   // set when there are several, or when the reply goes through merge()
  Watch *watch = nullptr;   // somebody wants to hear how it ends; null before it is given back
  uint32_t parts_open = 0;  // parts that have neither their reply nor a failure
  uint32_t holders = 0;     // the client, each open or abandoned part, and whoever holds it back
  uint32_t held_back = 0;   // > 0: the reply is ready but must wait
  bool done = false;        // the reply is complete in `reply` or written
  bool begun = false;       // bytes of an unfinished reply went to the client
  bool to_merge = false;    // all parts are answered, and it waits for its turn to be merged in slices
};

// Requests of one worker, on a bounded free list.
class RequestPool {
 public:
  explicit RequestPool(ChunkPool &chunks) : chunks_(chunks) {}
  ~RequestPool();
  RequestPool(const RequestPool &) = delete;
  RequestPool &operator=(const RequestPool &) = delete;

  // Without holders yet.
  [[gnu::always_inline]] Request *get(RequestOwner *owner, const weir_req &req) {
    Request *request = free_;
    if (request == nullptr) return make(owner, req);
    free_ = request->next;
    low_ = std::min(low_, --idle_);
    renew(*request, owner, req);
    return request;
  }
  // One holder lets go; the last one frees it.
  [[gnu::always_inline]] void release(Request *request) {
    if (--request->holders > 0) return;
    if (request->split != nullptr || request->reply.holds_memory() || idle_ >= kMaxIdle) return dispose(request);
    request->next = free_;
    free_ = request;
    ++idle_;
  }
  // A part leaves for good, which held its request.
  void release(Part &part) {
    if ((part.again & Part::kKept) != 0) [[unlikely]]
      forget(part);
    release(part.request);
  }
  // It will not be sent again.
  void forget(Part &part);
  // Gives idle ones that were not needed since the last trim back to the allocator. True when there were any.
  bool trim();
  size_t in_use() const { return made_ - idle_; }

 private:
  static constexpr size_t kMaxIdle = 16 << 10;
  // Only what a request that was given back may have left: it has no reply and no split.
  static void renew(Request &request, RequestOwner *owner, const weir_req &req) {
    request.owner = owner;
    request.req = req;
    static_cast<PartMarks &>(request.part) = {};
    request.parts_open = request.holders = request.held_back = 0;
    request.done = request.begun = false;
  }
  Request *make(RequestOwner *owner, const weir_req &req);
  void dispose(Request *request);  // what it has is freed with it

  ChunkPool &chunks_;
  Request *free_ = nullptr;
  size_t made_ = 0, idle_ = 0, low_ = 0;
};

}  // namespace weir
