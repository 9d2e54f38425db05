// What the micro-benchmarks of a protocol share: its plugin file at work, and the core's side of each call with as
// little in it as possible, so that what is measured is the plugin. Memory is made once. Any answer but the expected
// one ends the program with exit code 1: a benchmark of a call that fails would measure nonsense. One thread.
#pragma once

#include <weir/weir.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/plugin_host.h"

namespace weir::bench {

[[noreturn]] void fail(const std::string &what);

inline weir_bytes bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t *>(text.data()), text.size()};
}

// Scratch memory: one block, emptied in one go.
class Scratch {
 public:
  Scratch();
  weir_arena *get() { return &arena_.base; }
  void reset() { arena_.used = 0; }

 private:
  struct Arena {
    weir_arena base;
    uint8_t *memory;
    uint64_t used;
  };
  static void *alloc(weir_arena *, uint64_t size, uint32_t align);
  std::unique_ptr<uint8_t[]> memory_;
  Arena arena_{};
};

// A protocol with default options, and one client and one server connection of it.
class Protocol {
 public:
  Protocol(const std::string &file, const std::string &name);
  ~Protocol();
  Protocol(const Protocol &) = delete;
  Protocol &operator=(const Protocol &) = delete;
  const weir_protocol &ops() const { return *ops_; }
  weir_scope client() { return scope(client_.get()); }
  weir_scope server() { return scope(server_.get()); }
  Scratch scratch;

 private:
  struct alignas(16) State {
    uint8_t bytes[1024] = {};
  };
  weir_scope scope(State *state);
  test::FakeHost host_;
  test::PluginFile file_;
  const weir_protocol *ops_ = nullptr;
  void *inst_ = nullptr, *worker_ = nullptr;
  std::unique_ptr<State> client_, server_;
};

// Windows of whole requests, each parsed in one call.
class Requests {
 public:
  Requests(Protocol &protocol, std::string window, uint32_t count);
  void parse();
  const std::string &window() const { return window_; }
  const std::vector<weir_req> &list() const { return reqs_; }
  const std::vector<weir_key> &keys() const { return keys_; }

 private:
  const weir_protocol &ops_;
  const weir_scope scope_;
  const std::string window_;
  std::vector<weir_req> reqs_;
  std::vector<weir_key> keys_;
};

// Windows of whole replies to requests, each parsed in one call.
class Replies {
 public:
  // part_keys: how many of each request's keys were asked for; 0 = all. want_items: as for merge().
  Replies(Protocol &protocol, std::string window, const Requests &asked, uint32_t part_keys = 0,
          bool want_items = false);
  void parse();
  const std::string &window() const { return window_; }
  const std::vector<weir_rsp> &list() const { return rsps_; }
  const std::vector<weir_item> &items() const { return items_; }
  uint32_t item_count() const { return item_count_; }

 private:
  static const weir_expect *expect(weir_parse *parse, uint32_t i);
  const weir_protocol &ops_;
  const weir_scope scope_;
  const std::string window_;
  std::vector<weir_expect> expects_;
  std::vector<weir_rsp> rsps_;
  std::vector<weir_item> items_;
  uint32_t item_count_ = 0;
};

// A weir_out with room for everything.
class Output {
 public:
  explicit Output(std::vector<weir_bytes> sources);
  weir_out *open();
  uint64_t size() const;  // bytes of all segments

 private:
  static const uint8_t *peek(weir_out *, uint32_t src, uint64_t off, uint64_t len);
  std::vector<weir_bytes> sources_;
  std::vector<weir_seg> segs_;
  weir_out out_{};
};

// Numbered keys of one length, "key:000000000042".
std::string key(uint32_t i);
// A redis command.
std::string resp(const std::vector<std::string> &words);
inline constexpr uint32_t kSlice = 4096;  // keys the core hands to one render() or merge()

}  // namespace weir::bench
