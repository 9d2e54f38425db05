// A small stand-in for the core around one plugin instance: a host with its extensions, scratch memory, guarded
// windows. For tests only; everything here belongs to one thread.
#pragma once

#include <weir/weir.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace weir::test {

// The file <name>.so in the build tree's plugin folder.
std::string plugin_path(const std::string &name);

// dlopen()s a plugin file and finds components in it. The file stays mapped, as plugins are never unmapped.
class PluginFile {
 public:
  explicit PluginFile(const std::string &path);
  // A plugin that is linked into the program.
  explicit PluginFile(const weir_module *module) : module_(module) {}
  const weir_module *module() const { return module_; }  // nullptr: see error()
  const std::string &error() const { return error_; }
  const weir_component *find(uint32_t kind, std::string_view name) const;

 private:
  const weir_module *module_ = nullptr;
  std::string error_;
};

// A pool as weir.pools/1 knows it. Keys lie on the server that the sum of their bytes says.
struct FakePool {
  std::string name, protocol;
  std::vector<std::string> servers;  // by name
};

// What create() gets: weir.config/1 over a map of strings, weir.pools/1 with one pool (or those given), weir.client/1,
// by which every client is 127.0.0.1:50000 and seven seconds old, weir.stats/1, weir.loop/1 with a clock that the test
// moves, weir.hashes/1 and weir.commands/1 over given modules.
class FakeHost {
 public:
  // A dot in a key is one map deeper, and a number there an item of a list: {"args.names.0", "a"}.
  using Config = std::map<std::string, std::string>;
  FakeHost(Config config, uint32_t servers);
  ~FakeHost();
  FakeHost(const FakeHost &) = delete;
  FakeHost &operator=(const FakeHost &) = delete;
  const weir_host *get() const { return &host_; }

  uint32_t servers;                         // of the one pool; may change between calls
  std::vector<std::string> log;             // what the plugin logged
  std::vector<std::string> complaints;      // "key: text", through weir.config/1
  std::vector<std::string> unread() const;  // configured, never asked for

  std::vector<FakePool> pools;               // when there are any, `servers` does not count; the first is own()
  std::vector<const weir_module *> modules;  // where hashes and command tables are found

  // weir.stats/1, all workers together; 0 for what is not defined, as for what was never counted.
  uint64_t stat(std::string_view name) const;
  std::vector<uint64_t> observed(std::string_view name) const;  // of a histogram, in order
  bool defines(std::string_view name) const;

  // weir.loop/1: lets time pass, and calls what is due in it, in its order.
  void advance(uint64_t us);
  size_t timers() const { return timers_.size(); }
  uint64_t now_us = 0;

 private:
  friend struct FakeHostCalls;
  friend struct FakeExtensions;
  struct Value {
    FakeHost *host;
    std::string key, text;
    uint32_t kind = WEIR_N_STR;
    bool read = false;
    std::vector<std::unique_ptr<Value>> children;
  };
  struct Stat {
    uint32_t kind;
    std::string name;
    std::vector<uint64_t> observed;
  };
  struct Timer {
    uint64_t id, at_us, every_us;
    uint32_t worker;
    void (*fn)(void *);
    void *ud;
  };
  struct Hash {
    const weir_hash *ops;
    std::unique_ptr<FakeHost> host;
    void *inst;
  };
  static constexpr uint32_t kMostStats = 256, kWorkers = 4;
  void put(Value &parent, std::string_view path, const std::string &text);
  const weir_component *find(uint32_t kind, std::string_view name) const;

  weir_host host_{};
  std::unique_ptr<Value> root_;
  std::vector<Stat> stats_;
  uint64_t cells_[kWorkers][kMostStats] = {};
  std::vector<Timer> timers_;
  uint64_t last_timer_ = 0;
  std::vector<std::unique_ptr<Hash>> hashes_;
};

// A weir_arena of exact-size heap blocks, so that a sanitizer sees every byte written past one.
class FakeArena {
 public:
  FakeArena();
  FakeArena(const FakeArena &) = delete;
  FakeArena &operator=(const FakeArena &) = delete;
  ~FakeArena();
  weir_arena *get() { return &arena_.base; }
  bool owns(const uint8_t *ptr, uint64_t len) const;

 private:
  struct Block {
    uint8_t *ptr;
    uint64_t size;
  };
  struct Arena {
    weir_arena base;
    FakeArena *self;
  };
  static void *alloc(weir_arena *arena, uint64_t size, uint32_t align);
  Arena arena_{};
  std::vector<Block> blocks_;
};

// Bytes that end where readable memory ends: reading one too many is a crash.
class GuardedWindow {
 public:
  GuardedWindow() = default;
  GuardedWindow(const GuardedWindow &) = delete;
  GuardedWindow &operator=(const GuardedWindow &) = delete;
  ~GuardedWindow();
  const uint8_t *place(std::string_view bytes);
  void poison();  // what the plugin kept a pointer to is gone

 private:
  uint8_t *base_ = nullptr;
  uint64_t room_ = 0;
  uint64_t used_ = 0;
};

// A weir_out over given sources; bytes() flattens what the plugin appended.
class FakeOut {
 public:
  FakeOut(FakeArena &arena, std::vector<std::string_view> sources);
  weir_out *get() { return &out_; }
  std::string bytes(std::vector<std::string> &violations) const;

 private:
  static weir_status grow(weir_out *out, uint32_t want);
  static const uint8_t *peek(weir_out *out, uint32_t src, uint64_t off, uint64_t len);
  FakeArena &arena_;
  std::vector<std::string_view> sources_;
  std::unique_ptr<weir_seg[]> segs_;
  weir_out out_{};
};

}  // namespace weir::test
