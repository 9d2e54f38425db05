// The scripts that clients have loaded or run, by name, so that a server that came back without them can be given them
// again: a -NOSCRIPT to an EVALSHA of a script that is known is not passed on, see WEIR_RF_RESEND. One a pool of
// several servers, shared by the workers. Only what is about scripts comes here; an EVALSHA that succeeds does not.
#pragma once

#include <weir/protocol.h>

#include <atomic>
#include <mutex>
#include <string>
#include <unordered_map>

#include "sha1.h"

namespace weir::redis {

class ScriptMemory {
 public:
  static constexpr size_t kMostScripts = 1024;
  static constexpr uint64_t kMostBytes = 8 * 1024 * 1024;
  static constexpr uint64_t kLongestSeen = 64 * 1024;  // of EVAL: a longer body is not looked at

  // A few bits of the name in an EVALSHA, to travel with the request; 0 for what is no name.
  static uint16_t mark(weir_bytes name);

  // [worker] SCRIPT LOAD succeeded.
  void loaded(weir_bytes body);
  // [worker] EVAL came. Cheap for a body that this thread has seen lately.
  void seen(weir_bytes body);
  // [worker] SCRIPT FLUSH succeeded.
  void forget();
  // [worker] Whether there is a script with such a name.
  bool may_know(uint16_t mark) const;
  enum class Known { kNot, kSeen, kLoaded };
  // [worker] A body that was only seen need not compile.
  Known known(weir_bytes name) const;
  // [worker] The body, copied to the arena. ptr is nullptr when it is not known or does not fit.
  weir_bytes find(weir_bytes name, weir_arena *arena);

 private:
  struct Script {
    std::string body;
    uint64_t used;
    bool loaded;  // these are the last to be dropped
  };
  struct Hash {
    size_t operator()(const ScriptName &name) const;
  };
  void keep(weir_bytes body, bool loaded);
  void drop_one();
  static uint64_t next_era();

  mutable std::mutex mutex_;
  std::unordered_map<ScriptName, Script, Hash> scripts_;
  uint64_t bytes_ = 0, clock_ = 0;
  std::atomic<uint64_t> era_{next_era()};  // what threads have seen counts in one era; no two memories share one
};

}  // namespace weir::redis
