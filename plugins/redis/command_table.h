// Every command the plugin knows: one table that routing, splitting, merging and COMMAND all read. Constant data.
#pragma once

#include <weir/protocol.h>

#include <cstdint>
#include <string_view>

namespace weir::redis {

// Where a command's keys are.
enum class KeySpec : uint8_t {
  kNone,
  kRange,    // arguments first, first + step, ... up to last (negative: counted from the end)
  kNumkeys,  // argument `first` says how many keys follow it; last == 1: argument 1 is a key too
  kStreams,  // the first half of what follows the word STREAMS
  kSort,     // argument 1, and what follows STORE
  kGeo,      // argument 1, and what follows STORE or STOREDIST
};

// What weir does with it. "One server" and "several" is the pool's size: a pool of one server is transparent.
enum class Policy : uint8_t {
  kKeys,          // by its keys; without any (EVAL with 0 keys) server 0, the same one every time
  kSplit,         // by its keys, which may lie on several servers
  kAll,           // every server, replies merged
  kAny,           // any server
  kFirst,         // server 0
  kScan,          // the server that its cursor names
  kLocal,         // weir answers
  kTail,          // weir answers, and the parser reads the arguments (AUTH, HELLO)
  kLocalMany,     // weir answers for several servers, one server answers itself
  kOneServer,     // one server: it answers. Several: refused, because it concerns one server
  kRefused,       // always refused; `detail` says why
  kContainer,     // the subcommand decides
  kTransaction,   // begins or ends a transaction; `detail` is a TransactionWord
  kSubscription,  // begins or ends subscriptions; `detail` is a SubscriptionWord
};

// How the replies of several servers become one.
enum class Merge : uint8_t {
  kNone,
  kArray,         // elements in the order of the keys
  kSum,           // of integers
  kStatus,        // all say OK
  kConcat,        // all elements
  kFirst,         // the first one's
  kLearn,         // the first one's, and weir remembers the script
  kForget,        // all say OK, and weir forgets all scripts
  kAvailable,     // element by element, 1 for a script that is everywhere or can be brought there
  kDistinct,      // all elements, each once
  kSumPairs,      // a name and a number by turns: the numbers added up
  kLargest,       // integer
  kLeast,         // integer
  kPickOne,       // any that is not nil
  kOneSucceeds,   // OK if one says OK
  kCursor,        // of one server, its cursor rewritten
  kUnion,         // the members that any key has
  kIntersection,  // those that all have
  kDifference,    // those of the first key that no other has
  kCountCommon,   // how many all have
  kInfo,          // texts, what counts something added up
};

// Why a command is refused.
enum class Why : uint8_t {
  kNothing,
  kReplication,
  kMonitor,
  kTracking,
  kReplyMode,
  kCursor,
  kMigrate,
  kClients,
  kCluster,
  kScriptDebug,
};

// What is wrong with the number of keys, as redis words it for the command. Of scripts, also what argument 1 is.
enum class NumkeysStyle : uint8_t { kScript, kScriptBody, kScriptName, kZset, kPositive, kPositiveArgs };
enum class TransactionWord : uint8_t { kMulti, kExec, kDiscard, kWatch, kUnwatch };
enum class SubscriptionWord : uint8_t {
  kSubscribe,
  kPsubscribe,
  kSsubscribe,
  kUnsubscribe,
  kPunsubscribe,
  kSunsubscribe
};

enum : uint16_t {
  kRead = 1,
  kWrite = 2,
  kAdmin = 4,
  kMultiKey = 8,
  kMovable = 16,   // some key positions depend on the arguments
  kNoAuth = 32,    // allowed before AUTH
  kSecret = 64,    // carries passwords
  kCloses = 128,   // ends the connection
  kApart = 256,    // over connections of its own: what others wait for there must not hold it up
  kFenced = 512,   // reads or changes what the parser keeps about the connection: nothing is parsed before its answer
  kKept = 1024,    // what merges its replies reads the request, too
  kBlocks = 2048,  // the server may wait with its reply
  kEchoes = 4096,  // its replies name keys of the request; where key_echo.h looks for them
  kOperators = 8192,  // redis counts it among the administrative commands; weir does not refuse it for that
  kLasting = 16384,   // what it does to the connection is done when it is parsed, and cannot be undone
};

struct Command {
  const char *name;  // a subcommand's is "container|name"
  uint8_t name_len;
  int8_t arity;  // redis's: negative = at least
  KeySpec spec;
  int8_t first, last, step;
  Policy policy;
  uint8_t detail;  // Why or NumkeysStyle, as policy and spec say
  uint16_t flags;
  Merge join;

  constexpr std::string_view full_name() const { return {name, name_len}; }
  Merge merge() const { return join; }
  Why why() const { return static_cast<Why>(detail); }
  TransactionWord transaction() const { return static_cast<TransactionWord>(detail); }
  SubscriptionWord subscription() const { return static_cast<SubscriptionWord>(detail); }
  NumkeysStyle numkeys() const { return static_cast<NumkeysStyle>(detail); }
  bool holds_script() const {
    return spec == KeySpec::kNumkeys &&
           (numkeys() == NumkeysStyle::kScriptBody || numkeys() == NumkeysStyle::kScriptName);
  }
  bool arity_fits(uint64_t argc) const {
    return arity >= 0 ? argc == static_cast<uint64_t>(arity) : argc >= static_cast<uint64_t>(-arity);
  }
};

extern const Command *const kCommands;  // [0] is "(other)"
extern const uint32_t kCommandCount;
extern const weir_cmd *const kCmds;  // the same rows as the core wants them
extern const uint16_t kSelectRow;

// Subcommands, named "container|name". [0] is none.
extern const Command *const kSubcommands;
extern const uint32_t kSubcommandCount;

// What a request turned out to be: the subcommand's row if there is one.
inline const Command &command_of(uint32_t cmd, uint32_t sub) {
  return sub ? kSubcommands[sub] : kCommands[cmd];
}

// Whether what stands as its keys are channels.
inline bool names_topics(uint32_t cmd) {
  return (kCmds[cmd].flags & WEIR_CMD_TOPICS) != 0;
}

}  // namespace weir::redis
