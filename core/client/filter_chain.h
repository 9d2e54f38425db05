// The filters of a pool at work on one worker: asks them about a request before it is routed, believes nothing of what
// they say before it was checked, and tells them how the request ended.
//
// Owner: Front. Thread: the worker's alone; one request at a time, so the arrays are the chain's.
#pragma once

#include <weir/filter.h>

#include <string_view>
#include <vector>

#include "core/client/verdict_check.h"
#include "core/message/watch.h"
#include "core/route/pool.h"

namespace weir {
struct Request;
}

namespace weir::client {

class ClientConnection;
class Front;

class FilterChain {
 public:
  static constexpr uint32_t kUnchanged = UINT32_MAX;

  // What they made of a request. Its memory is the chain's, and valid until the chain is asked again.
  struct Decision {
    uint32_t action = WEIR_V_CONTINUE;
    uint32_t answer = WEIR_ERR_NONE;  // WEIR_V_REJECT and WEIR_V_ANSWER: what reply() is told
    std::string_view text;
    uint32_t pool = kUnchanged, server = kUnchanged, mirror_pool = kUnchanged;
    const weir_bytes *keys = nullptr;  // as they are now
    const uint8_t *rekeyed = nullptr;  // by key: it was rewritten; null: none was
    const weir_bytes *client_keys = nullptr;
    Watch *watch = nullptr;  // null: nobody wants to hear how it ends

    bool moves() const { return pool != kUnchanged || server != kUnchanged; }
  };
  // Rewritten keys that outlive the next request.
  struct Rewritten {
    std::vector<weir_bytes> keys;
    std::vector<uint8_t> marks;
    std::vector<uint8_t> text;
    size_t bytes() const { return keys.size() * sizeof(weir_bytes) + marks.size() + text.size(); }
  };

  explicit FilterChain(Front &front);
  ~FilterChain();
  FilterChain(const FilterChain &) = delete;
  FilterChain &operator=(const FilterChain &) = delete;

  // Asks those that want to see the request, which is whole. keys: what its keys are now.
  // pool: where it goes as things stand.
  Decision &ask(ClientConnection &client, const weir_req &req, weir_bytes message, const weir_bytes *keys,
                uint32_t pool);
  // Of the request asked about last, which had some.
  Rewritten take_rewritten();
  // For the servers of n rewritten keys.
  uint32_t *servers(uint32_t n) {
    if (servers_.size() < n) servers_.resize(n);
    return servers_.data();
  }
  // For the keys of a request that is not routed with its window.
  weir_bytes *room_for_keys(uint32_t n) {
    if (placed_.size() < n) placed_.resize(n);
    return placed_.data();
  }
  // The request is on its way: what was made for it may go.
  void done(uint32_t key_count);

  // A request that was watched has ended; tells those who want to hear of it. place: of Reach, or WEIR_NO_SERVER.
  void ended(ClientConnection &client, Request &request);
  void ended(ClientConnection &client, const weir_req &req, Watch *watch, uint32_t place);

  size_t watches() const { return watches_.in_use(); }

 private:
  struct Filter {
    const weir_filter *ops;
    const plugin::Instance *instance;
    void *worker;
    bool rejects_on_error;
    uint64_t quiet_until_us = 0;  // the core says no more about it before then
  };
  // What the functions of a view work on.
  struct Shown {
    weir_view view;
    FilterChain *chain;
    ClientConnection *client;
    weir_bytes message;
    uint32_t words;  // in words_; kNotAsked: args() was not asked yet
  };
  static constexpr uint32_t kNotAsked = UINT32_MAX;
  static constexpr uint32_t kMostKept = 64 << 10;  // keys that room is kept for
  static constexpr size_t kLongestText = 512;      // of a rejection

  static weir_bytes client_of(const weir_view *view);
  static uint32_t count_words(const weir_view *view);
  static weir_bytes word(const weir_view *view, uint32_t i);
  static uint32_t no_words(const weir_view *) { return 0; }
  static weir_bytes no_word(const weir_view *, uint32_t) { return {nullptr, 0}; }

  weir_scope scope(const Filter &filter, ClientConnection &client) const;
  Shown show(ClientConnection &client, const weir_req &req);
  bool ask_one(uint32_t i, Shown &shown, Watch &heard);
  OfferedKeys fresh_verdict(weir_verdict &verdict, uint32_t key_count);
  bool take(const weir_verdict &verdict, Shown &shown, Watch &heard);
  void take_keys(Shown &shown);
  bool failed(Filter &filter, const char *fault, const Shown &shown);
  void reject(std::string_view text);
  void keep_texts(uint32_t key_count);
  uint32_t ask_words(Shown &shown);

  Front &front_;
  std::vector<Filter> filters_;
  const weir_bytes listener_, protocol_;
  WatchPool watches_;

  Decision decision_;
  std::vector<weir_bytes> keys_;      // as they are now, when any was rewritten
  std::vector<uint8_t> marks_;        // which were
  std::vector<weir_bytes> new_keys_;  // of one filter
  std::vector<uint8_t> new_marks_;
  std::vector<uint8_t> texts_;  // of all that were rewritten
  std::vector<uint32_t> servers_;
  std::vector<weir_bytes> placed_;
  std::vector<weir_bytes> words_;
  char text_[kLongestText];
};

}  // namespace weir::client
