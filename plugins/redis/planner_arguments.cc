// What a command's arguments say about its keys and its way, one by one.
#include <weir/inline.h>

#include "command_lookup.h"
#include "numbers.h"
#include "planner.h"
#include "pool_cursor.h"
#include "timeouts.h"

namespace weir::redis {

namespace {

bool is(const SeenArg &arg, std::string_view word) {
  return arg.ptr && same_word(arg.ptr, arg.len, word);
}

}  // namespace

weir_status Planner::see(uint32_t i, const SeenArg &arg, weir_parse *p) {
  if (i == st_.next_key) [[likely]] {
    weir_status status = push_key(i, arg, p);
    if (status != WEIR_OK) return status;
  } else {
    switch (st_.watch) {
      case Watch::kSubcommand:
        subcommand(arg);
        return WEIR_OK;
      case Watch::kCursor:
        cursor(arg);
        return WEIR_OK;
      case Watch::kScript:
        script(arg);
        break;
      case Watch::kNumkeys:
        numkeys(i, arg);
        break;
      case Watch::kStreams:
        streams(i, arg);
        break;
      case Watch::kTimeout:
        timeout(arg);
        break;
      case Watch::kBlock:
        st_.timeout_ms = plain_ms(arg.ptr, arg.len);
        st_.watch = Watch::kStreams;
        st_.option = i + 1;
        break;
      case Watch::kSort:
      case Watch::kGeo:
        store_option(i, arg);
        break;
      default:
        break;
    }
  }
  st_.look = next_look();
  return WEIR_OK;
}

// ---- keys

void Planner::keys_between(uint32_t first, uint32_t last) {
  st_.next_key = first;
  st_.last_key = last;
  st_.look = next_look();
}

uint32_t Planner::next_look() const {
  if (st_.watch == Watch::kNone) return st_.next_key;
  return st_.next_key < st_.option ? st_.next_key : st_.option;
}

weir_status Planner::push_key(uint32_t i, const SeenArg &arg, weir_parse *p) {
  if (!arg.verbatim) {
    reject(Verdict::kEscapedKey);
    return WEIR_OK;
  }
  if (arg.len > UINT32_MAX) return WEIR_E_LIMIT;
  weir_key *slot = weir_push_key(p);
  if (!slot) return WEIR_E_LIMIT;
  *slot = {arg.off, static_cast<uint32_t>(arg.len), i, arg.unit_off, arg.unit_len};
  ++st_.key_count;
  if (st_.family == Family::kSubscription) st_.events |= is_event_channel(arg.ptr, arg.len);
  st_.next_key = st_.last_key - i >= st_.step ? i + st_.step : kNever;
  return WEIR_OK;
}

// ---- words, numbers and texts

void Planner::subcommand(const SeenArg &arg) {
  st_.watch = Watch::kNone;
  st_.look = kNever;
  st_.sub = arg.ptr ? find_subcommand(st_.cmd, arg.ptr, arg.len) : 0;
  if (!st_.sub) {
    if (settings_.one_server && authorized() && kCommands[st_.cmd].full_name() != "client") {
      st_.route = WEIR_ROUTE_SERVER;
      return;
    }
    return reject(Verdict::kUnknownSub);
  }
  plan(kSubcommands[st_.sub]);
}

void Planner::numkeys(uint32_t i, const SeenArg &arg) {
  NumkeysStyle style = kCommands[st_.cmd].numkeys();
  int64_t n = 0;
  bool number = arg.ptr && parse_integer(arg.ptr, arg.len, n);
  bool fits = number && n >= 0 && n <= static_cast<int64_t>(st_.argc - i - 1);
  // A server looks for the function before it looks at the number, so it is the one to say what is wrong.
  if ((style == NumkeysStyle::kScript || style == NumkeysStyle::kScriptName) && !fits) {
    number = true;
    n = 0;
  }
  bool positive = style == NumkeysStyle::kPositive || style == NumkeysStyle::kPositiveArgs;
  if (positive && (!number || n <= 0)) return reject(Verdict::kNotPositive);
  if (!number) return reject(Verdict::kNotInteger);
  if (n < 1 && style == NumkeysStyle::kZset) return reject(Verdict::kNoInputKey);
  if (n > static_cast<int64_t>(st_.argc - i - 1)) {
    bool syntax = style == NumkeysStyle::kZset || style == NumkeysStyle::kPositive;
    return reject(syntax ? Verdict::kSyntax : Verdict::kTooManyKeys);
  }
  if (n < 0) return reject(Verdict::kNegativeKeys);
  st_.watch = Watch::kNone;
  if (n == 0) {
    st_.route = WEIR_ROUTE_SERVER;
    st_.next_key = kNever;
    return;
  }
  keys_between(i + 1, i + static_cast<uint32_t>(n));
}

void Planner::streams(uint32_t i, const SeenArg &arg) {
  if (is(arg, "block")) {
    may_block();
    st_.watch = Watch::kBlock;
    st_.option = i + 1;
  } else if (is(arg, "count")) {
    st_.option = i + 2;
  } else if (is(arg, "group")) {
    st_.option = i + 3;
  } else if (is(arg, "noack")) {
    st_.option = i + 1;
  } else if (is(arg, "streams")) {
    uint32_t rest = st_.argc - i - 1;
    if (rest == 0 || rest % 2) return reject(Verdict::kUnbalancedStreams);
    st_.watch = Watch::kNone;
    keys_between(i + 1, i + rest / 2);
  } else {
    reject(Verdict::kSyntax);
  }
}

// SORT and GEORADIUS: what follows STORE is a key; what follows an option with values is not an option.
void Planner::store_option(uint32_t i, const SeenArg &arg) {
  bool sort = st_.watch == Watch::kSort;
  st_.option = i + 1;
  if (is(arg, "store") || (!sort && is(arg, "storedist"))) {
    if (i + 1 < st_.argc) st_.next_key = st_.last_key = i + 1;
    st_.option = i + 2;
  } else if (sort && is(arg, "limit")) {
    st_.option = i + 3;
  } else if (sort && (is(arg, "get") || is(arg, "by"))) {
    st_.option = i + 2;
  }
}

// SCAN goes to the server that its cursor names; the cursor there is the server's own.
void Planner::cursor(const SeenArg &arg) {
  PoolCursor cursor;
  if (!arg.ptr || !cursor.read(arg.ptr, arg.len)) return reject(Verdict::kBadCursor);
  if (cursor.server >= settings_.servers) return reject(Verdict::kStrayCursor);
  st_.watch = Watch::kNone;
  st_.look = kNever;
  st_.route_arg = cursor.server;
  st_.req_flags |= WEIR_REQ_RENDER | WEIR_REQ_TRANSFORM | WEIR_REQ_RETRY_SAFE;
}

// EVAL's body is remembered, for an EVALSHA to come. What knows EVALSHA's name again is the reply parser.
void Planner::script(const SeenArg &arg) {
  st_.watch = Watch::kNumkeys;
  st_.option = 2;
  weir_bytes text = {arg.ptr, arg.len};
  if (!arg.ptr) return;
  if (kCommands[st_.cmd].numkeys() == NumkeysStyle::kScriptBody) return settings_.scripts->seen(text);
  st_.arg = ScriptMemory::mark(text);
  if (st_.arg) st_.req_flags |= WEIR_REQ_KEEP;
}

void Planner::timeout(const SeenArg &arg) {
  const Command &row = kCommands[st_.cmd];
  bool seconds = row.policy == Policy::kKeys;
  st_.timeout_ms = seconds ? seconds_to_ms(arg.ptr, arg.len) : plain_ms(arg.ptr, arg.len);
  st_.watch = row.spec == KeySpec::kNumkeys ? Watch::kNumkeys : Watch::kNone;
  st_.option = 2;
}

}  // namespace weir::redis
