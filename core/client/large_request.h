// A command of so many keys that it is sent on its way in slices, with turns of the loop between them:
//
//   route    hash and select, a slice of keys after the other; from the beginning when the ring has changed meanwhile
//   group    which key goes to which part, and copies of the keys
//   render   part after part, put together aside; a part that is whole goes to its server's connection
//
// Its Request stands in the client's order from the beginning, and its client parses no more until it is on its way.
//
// Owner: the client connection, which has one at most. Thread: the worker's alone.
#pragma once

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "core/client/front.h"
#include "core/client/split_plan.h"

namespace weir::client {

class LargeRequest {
 public:
  struct Keys {
    PlainArray<weir_key> all;
    size_t first = 0;  // of the request's
  };
  // What it is about. The chunk, which holds the message and nothing else, is taken over.
  struct Content {
    Chunk *message;
    Keys keys;
    FilterChain::Rewritten rewritten;  // empty: the keys are those of the message
    uint32_t way, server;              // of Reach, and of that pool: all of it; kUnchanged: where its keys lie there
    bool chosen;                       // by filters: the pool's routes are not asked
  };
  LargeRequest(ClientConnection &client, Request &request, Content &&content);
  ~LargeRequest();
  LargeRequest(const LargeRequest &) = delete;
  LargeRequest &operator=(const LargeRequest &) = delete;

  // Does one slice; false when nothing is left to do. The client may be closed by it.
  bool work();

  // Whether such a request is dispatched in slices.
  static bool is_one(const weir_req &req) {
    return req.key_count > kSlice && (req.route == WEIR_ROUTE_KEY || req.route == WEIR_ROUTE_SPLIT) &&
           req.reply == WEIR_REPLY_EXACT;
  }

 private:
  enum class Stage { route, group, render };

  bool route_slice();
  bool routed();
  bool group_slice();
  bool render_slice();
  bool render_more(SplitPart &part, uint32_t &budget);
  bool send(Part &part, bool rendered);
  bool fail(uint32_t error, std::string_view text);
  bool breach();
  bool is_cut(const SplitPart &part) const;
  bool is_encoded(const SplitPart &part) const;
  uint32_t slice() const { return std::min(kSlice, key_count_ - at_); }
  weir_bytes message() const { return {content_.message->data(), content_.message->size()}; }
  const weir_key *keys() const { return content_.keys.all.data() + content_.keys.first; }
  bool is_rewritten() const { return !content_.rewritten.marks.empty(); }
  bool place_final_keys(weir_bytes *bytes);
  const weir_bytes *client_keys(const weir_bytes *final_keys);
  uint32_t *servers() { return reinterpret_cast<uint32_t *>(servers_->bytes()); }

  ClientConnection &client_;
  Front &front_;
  Request &request_;
  Content content_;
  const uint32_t key_count_;
  const size_t counted_;  // of Reactor::other_memory

  Stage stage_ = Stage::route;
  uint32_t at_ = 0;  // the next key; when rendering, of those of the part under way
  uint64_t epoch_ = 0;
  uint64_t reach_ = 0;      // its version when all was routed
  uint64_t routed_us_ = 0;  // all of it goes by one time: keys may be on their way back to a server
  size_t key_len_ = 0;      // of all keys together
  Chunk *servers_;          // uint32_t[key_count]: where each key lies
  PartSizes sizes_;
  std::vector<uint32_t> index_;  // by server: which part it is
  Split *split_ = nullptr;       // the request's; when that needs none, for the arrays alone
  uint32_t part_ = 0;            // the one being rendered
  Chain aside_;                  // what there is of it
};

}  // namespace weir::client
