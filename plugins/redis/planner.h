// Decides, argument by argument, what becomes of a request: which arguments are keys, which route it takes, or what is
// wrong with it. Works on the client's state alone; the request parser (RESP or inline) feeds it. Worker's thread.
#pragma once

#include "client_state.h"
#include "command_table.h"
#include "settings.h"

namespace weir::redis {

// One argument as it was sent. off and unit_off count from the message's first byte.
struct SeenArg {
  const uint8_t *ptr;  // nullptr: too long to be of interest, and not shown
  uint64_t len;
  uint64_t off;
  uint64_t unit_off, unit_len;
  bool verbatim;  // its bytes stand in the message at off (an inline argument with escapes does not)
};

class Planner {
 public:
  Planner(const Settings &settings, ClientState &state) : settings_(settings), st_(state) {}

  // Argument 0: the command's name. st_.argc is known.
  void begin(const SeenArg &name);
  // Argument i >= st_.look, i >= 1.
  weir_status see(uint32_t i, const SeenArg &arg, weir_parse *p);
  // Whether argument i, of that length, must be shown though it is no short word.
  bool must_see(uint32_t i, uint64_t len) const {
    return i == st_.next_key || (st_.watch == Watch::kScript && len <= ScriptMemory::kLongestSeen);
  }
  // The last argument of a request of this size was read. Drops the keys of a request that turned out to be wrong.
  void end(weir_parse *p, uint64_t size);
  // AUTH, HELLO, CLIENT SETNAME: all arguments after the command's name.
  void tail(const weir_bytes *args, uint32_t n);
  void reject(Verdict verdict);

 private:
  void plan(const Command &row);
  void plan_keys(const Command &row);
  void plan_blocking(const Command &row);
  void plan_wait();
  void may_block();
  void timeout(const SeenArg &arg);
  void reset();
  void plan_queued(const Command &row);
  void plan_transaction(const Command &row);
  void plan_subscription(const Command &row);
  void forward(uint8_t many_route);
  bool holds_lease() const;
  bool authorized() const { return settings_.auth.empty() || st_.authed; }
  void subcommand(const SeenArg &arg);
  void numkeys(uint32_t i, const SeenArg &arg);
  void streams(uint32_t i, const SeenArg &arg);
  void store_option(uint32_t i, const SeenArg &arg);
  void cursor(const SeenArg &arg);
  void script(const SeenArg &arg);
  void apart();
  weir_status push_key(uint32_t i, const SeenArg &arg, weir_parse *p);
  void keys_between(uint32_t first, uint32_t last);
  uint32_t next_look() const;

  const Settings &settings_;
  ClientState &st_;
};

// An argument longer than this is no option, number or subcommand; it need not be shown to be judged.
constexpr uint64_t kLongestWord = 32;

}  // namespace weir::redis
