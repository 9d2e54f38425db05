// One connection to a server: connects when first needed, prepares itself as the protocol says, carries the requests of
// many clients one behind the other, and gives each reply to the part it answers.
//
//   closed -> connecting -> preparing -> ready -> closed
//                                          \-> leaving -> closed, when the server is at another address now
//
// After a try that failed it refuses requests for a while (BackOff): they fail at once, with that try's error.
//
// Any reply that no part in its queue expects ends the connection, since the position is then in doubt.
//
// Owner: Upstream; it lives as long as its worker. Thread: the worker's alone.
#pragma once

#include <string>
#include <vector>

#include "core/message/carried.h"
#include "core/message/inbox.h"
#include "core/message/request.h"
#include "core/net/connection.h"
#include "core/upstream/back_off.h"
#include "core/upstream/backend.h"
#include "core/upstream/expectation_queue.h"
#include "core/upstream/lease_holder.h"
#include "core/upstream/reply_arrays.h"

namespace weir::upstream {

class Upstream;

class ServerConnection final : public net::Connection {
 public:
  // profile: what kind of connection it is, for the protocol.
  ServerConnection(Upstream &upstream, uint32_t server, uint64_t profile);
  ~ServerConnection() override;

  // Where the bytes of the next request go; queued() must follow in the same breath.
  Chain &output() { return state_ == State::ready ? out_ : waiting_; }
  // The len bytes just appended are a request. part is null when no reply will come. Connects if need be. due_us: of
  // Upstream::due_us().
  [[gnu::always_inline]] void queued(Part *part, size_t len, uint64_t due_us) {
    ++requests_;
    request_bytes_ += len;
    if (queue_.empty() && (part != nullptr || backlog() == len)) moved_us_ = reactor_.now_us;
    queue_.push(part, len, due_us);
    output_grew();
    if (state_ != State::ready) connect_if_closed();
  }
  // The part's time is not counted from now.
  void look_when_due(const Part &part);
  // Sees to it that clients stop asking when too much waits; to be called when it is_crowded().
  void note_queue();
  // Whether another request may be queued (server_queue_limit).
  bool has_room() const { return backlog() <= queue_limit_; }
  // More waits than is good: clients should pause until it does not.
  bool is_crowded() const { return is_crowded_by(0); }
  // Whether it is, or len more bytes would make it so.
  bool is_crowded_by(size_t len) const {
    return backlog() + len > queue_limit_ / 4 || queue_.size() >= inflight_limit_;
  }

  // Whether len bytes may be queued that nobody waits for: so few are that they are in nobody's way.
  bool takes_copies(size_t len) const {
    return !back_off_.refuses(reactor_.now_us) && backlog() + len <= queue_limit_ / 8 && queue_.size() < kMostCopies;
  }

  void connect();  // if it is closed
  void end();      // at once and for good: nobody waits for anything any more
  // The server's name stands for other addresses: a connection to one that is gone ends when what is under way on it is
  // answered, and what comes meanwhile waits for its successor.
  void addresses_changed();

  // Fails what is overdue, and closes the connection when it has stood still; the next time to look, 0 = never.
  uint64_t check_time(uint64_t now_us);

  bool idle() const { return queue_.empty() && backlog() == 0; }
  bool is_awaited() const { return queue_.is_awaited(); }
  uint32_t server() const { return server_; }
  uint64_t profile() const { return profile_; }
  Upstream &upstream() const { return upstream_; }

  // Of one that is leased: whether what the server says is read. Not while its client takes nothing.
  void keep_reading(bool on);
  bool is_as_new() const;

  void on_readable() override;
  void on_writable() override;
  void turn_ends() override;

 protected:
  void on_written(size_t len) override;
  void on_broken(int error) override;

 private:
  static constexpr size_t kMostCopies = 16 << 10;  // behind so many requests none is queued
  friend class Leases;
  friend class ReplyBody;
  friend class ReplyParser;
  enum class State : uint8_t { closed, connecting, preparing, ready, leaving };
  struct Ending {
    const char *why;               // for clients, after "-ERR " or its like
    uint32_t status, error;        // WEIR_PART_*, WEIR_ERR_*
    bool counts;                   // as a failure of the server, though it had nothing to answer
    const char *logged = nullptr;  // for the log, where clients know it by another name
    bool eof = false;              // it closed in good order
    bool ours = false;             // nothing the server did: this machine has no descriptors, ports or memory, say
  };

  bool start_connect();
  bool try_next_address();
  void connected();
  void next_step(const weir_rsp *prev, weir_bytes prev_bytes);
  void became_ready();
  void fail_soon(int error);
  void close(const Ending &ending);
  void take_down();
  void leave();
  void start_leaving();
  bool check_leaving();
  void renew();
  void connect_anew();
  // What becomes of the requests on it.
  struct Fate {
    bool keeps_unsent = false;  // those of which nothing was written wait for the next connection
    bool resends = false;       // so do those that may be sent again
    bool held = false;          // clients must not hear of it before the ring changed
  };
  void fail_all(const Ending &ending, const Fate &fate);
  uint64_t mark_changes(const Part *first, const Part *unsent);
  bool may_be_sent_again(const Part &part, uint64_t position) const;
  void send_again(Part *first);
  void count_end(const Ending &ending);
  void log_end(const Ending &ending, bool had_work);
  static Ending ending_of(int error);
  static const Ending kServerEnds;  // as it said itself

  size_t backlog() const { return out_.size() + waiting_.size(); }

  // Replies, in stream order; false when the connection was closed over it.
  bool reply(const weir_rsp &rsp, const weir_item *items, const uint8_t *data, size_t have);
  bool unusual_reply(const weir_rsp &rsp, const weir_item *items, const uint8_t *data, size_t have);
  bool reply_to_step(const weir_rsp &rsp, const uint8_t *data, size_t have);
  bool reply_to_head(const weir_rsp &rsp, const weir_item *items, const uint8_t *data, size_t have);
  void read_failed(ssize_t n);
  void parse_on(Inbox::Span all, size_t at);
  bool push_begins(const weir_rsp &rsp, const weir_item *items, const uint8_t *data, size_t have);
  void gather_push(const uint8_t *data, size_t len);
  void drop_push();
  size_t push_goes_on(const uint8_t *data, size_t len);
  bool refuses_prelude(const Part &part, const weir_rsp &rsp) const;
  bool send_head_again(const weir_rsp &rsp);
  void end_lease_if_done();
  size_t stream_body(const uint8_t *data, size_t len);
  void retire_head();
  bool give_up_head();  // its reply is too large to be held whole; false: the connection is closed
  void connect_if_closed();
  void refuse_soon();
  void note_end(const Ending &ending, bool had_work);
  void count_requests();
  void count_replies();
  void expire(Part &part);
  ReplyArrays &arrays();
  const weir_expect *expect(uint32_t i) { return is_up() ? queue_.expect(i) : nullptr; }
  bool is_up() const { return state_ == State::ready || state_ == State::leaving; }

  weir_scope scope();

  Upstream &upstream_;
  Backend &backend_;
  ServerCells &cells_;
  const size_t queue_limit_;
  const uint64_t inflight_limit_;
  const uint32_t server_;
  const uint64_t profile_;
  State state_ = State::closed;
  bool closing_soon_ = false;
  bool resends_soon_ = false;  // connects at the end of the turn, for what is sent again
  bool answered_ = false;      // a request, since it connected
  uint8_t tried_ = 0;          // addresses that did not answer, since requests wait for this connection
  bool swamped_ = false;       // so much waits that clients must be taken one request at a time; see Upstream::swamped

  ExpectationQueue queue_;
  Chain waiting_;  // requests that came before the connection was ready, or since it leaves

  // The reply side.
  Inbox inbox_;
  Carried<weir_item> carried_;                   // items of an unfinished reply
  size_t body_left_ = 0;                         // bytes of the head's reply still to come, past what was parsed
  bool body_ends_ = false;                       // ... and they end the part
  bool body_closes_ = false;                     // ... and the connection
  uint64_t moved_us_ = 0;                        // when bytes last came, or the queue last began
  uint64_t responses_ = 0, response_bytes_ = 0;  // since count_replies()
  uint64_t requests_ = 0, request_bytes_ = 0;    // since count_requests()

  // One that is a client's alone; kept by Leases.
  struct Lease {
    LeaseHolder *holder = nullptr;  // null: nobody has it now
    size_t place = 0;               // among all leases
    bool is_one = false;            // else the connection is shared
    bool ends = false;              // the server's reply said so
    uint64_t unread_since_us = 0;   // its client takes nothing: since when the server is not read from; 0 = it is
  };
  Lease lease_;
  size_t push_left_ = 0;   // bytes still to come of a message that no request asked for
  Chunk *push_ = nullptr;  // what has come of it

  // Preparing.
  uint32_t step_ = 0, steps_pending_ = 0;
  uint64_t prepare_due_us_ = 0;
  uint64_t renewed_us_ = 0;  // when renew() last did something
  uint64_t leave_due_us_ = 0;
  net::SocketAddress address_;  // where it is connected to
  uint64_t conn_id_ = 0;
  BackOff back_off_;
  std::string down_why_;  // while it refuses: what the last try failed of
  uint32_t down_error_ = WEIR_ERR_NO_SERVER;
  std::string refusal_;     // why the server would not have us
  uint64_t logged_us_ = 0;  // when an end of the connection was last logged
  uint32_t resends_ = 0;    // in a row, without a reply in between

  std::vector<uint64_t> protocol_state_;
};

}  // namespace weir::upstream
