// What the clients of a pool listen to together, on one worker: each topic is asked for once, over a connection that is
// there for it (a feed), and what the server says about it goes to all who listen.
//
// A feed that is lost is taken anew, and its topics are asked for again; so are those whose server is another one after
// the ring changed. What was said meanwhile is lost, as it is to anybody who was not there.
//
// Owner: Front. Thread: the worker's alone.
#pragma once

#include <weir/protocol.h>

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/upstream/lease_holder.h"

namespace weir::upstream {
class ServerConnection;
}
namespace weir::route {
class Ring;
}

namespace weir::client {

class ClientConnection;
class Front;
class Topics;

struct Topic {
  std::string_view name;  // in the table's key
  uint64_t profile;
  uint32_t kind;   // the protocol's own number
  uint32_t place;  // of Reach; WEIR_NO_SERVER: every server has something to say about it
  std::vector<ClientConnection *> clients;
};

// The connection to one server, of one profile.
class Feed final : public upstream::LeaseHolder {
 public:
  Feed(Topics &topics, uint32_t at, uint64_t of) : place(at), profile(of), topics_(topics) {}

  void push_begins(const weir_rsp &rsp, const weir_item *items, const uint8_t *data) override;
  void pushed(const uint8_t *data, size_t len) override;
  void lease_ends(upstream::ServerConnection &) override {}  // it goes when nobody listens any more
  void lease_lost(upstream::ServerConnection &) override;

  const uint32_t place;
  const uint64_t profile;
  upstream::ServerConnection *connection = nullptr;
  uint64_t since_us = 0, retry_us = 0, delay_us = 0;  // retry_us 0: it need not be taken anew

 private:
  Topics &topics_;
  std::string about_;  // the topic of the message under way, as the table knows it
};

class Topics {
 public:
  explicit Topics(Front &front) : front_(front) {}
  Topics(const Topics &) = delete;
  Topics &operator=(const Topics &) = delete;

  // The connection to ask for topics over; null: lease_limit is reached.
  upstream::ServerConnection *feed(uint32_t place, uint64_t profile);
  // Null: it listened already.
  Topic *join(ClientConnection &client, uint64_t profile, uint32_t kind, weir_bytes name, uint32_t place);
  // False: it did not listen.
  bool leave(ClientConnection &client, uint64_t profile, uint32_t kind, weir_bytes name);
  void leave(ClientConnection &client, Topic &topic);  // which is in its list no more

  void ring_changed();
  // The spare pool is about to be another one, or none.
  void leave_spare();
  // Takes feeds anew that were lost.
  void check_time(uint64_t now_us) {
    if (next_retry_us_ != 0 && now_us >= next_retry_us_) retry(now_us);
  }

 private:
  friend class Feed;
  // Many names of a kind, for one request.
  static constexpr uint32_t kAtOnce = 1000;
  static std::string key(uint64_t profile, uint32_t kind, weir_bytes name);
  Feed *find(uint32_t place, uint64_t profile);
  void forget(Topic &topic);
  void say(Feed &feed, uint32_t purpose, const std::vector<const Topic *> &topics);
  void say_some(Feed &feed, uint32_t purpose, uint32_t kind, const std::vector<weir_bytes> &names);
  void say_everywhere(Topic &topic, uint32_t purpose);
  void end_unused(uint64_t profile);
  void ask_all_that_serve(const route::Ring &ring, uint64_t profile);
  void lost(Feed &feed);
  void retry(uint64_t now_us);
  void take_anew(Feed &feed);

  Front &front_;
  std::vector<std::unique_ptr<Feed>> feeds_;
  std::unordered_map<std::string, std::unique_ptr<Topic>> topics_;
  uint64_t next_retry_us_ = 0;
};

}  // namespace weir::client
