// What the parser found out about a request that weir answers itself; it travels to reply() in weir_req.user.
#pragma once

#include <cstdint>

namespace weir::redis {

enum class Verdict : uint8_t {
  kRun,  // nothing is wrong: the command itself decides the answer
  // errors, worded as redis 7.0 does
  kUnknown,
  kUnknownSub,
  kArity,
  kNoAuth,
  kOddPairs,  // from here to kNotInt: found out when the command runs
  kNotInteger,
  kTooManyKeys,
  kNegativeKeys,
  kNoInputKey,
  kNotPositive,
  kSyntax,
  kUnbalancedStreams,
  kNotInt,
  // errors of weir's own
  kAdmin,
  kRefused,
  kConcernsOne,
  kEscapedKey,
  kBadCursor,
  kStrayCursor,  // its server is not one of the pool's
  // AUTH, HELLO, CLIENT SETNAME
  kOk,
  kAuthWrong,
  kAuthNotNeeded,
  kHello,
  kHelloProtocol,
  kHelloVersion,
  kHelloOption,  // the option is argument number arg()
  kHelloNoAuth,
  kBadName,
  kLongName,
  // transactions
  kNestedMulti,
  kExecAlone,
  kDiscardAlone,
  kWatchInside,
  kNotInside,    // the command cannot be part of one
  kHoldsLease,   // a connection of the client's own is not to be another than its others
  kConcernsAll,  // it would concern servers that the transaction does not
  kQueueFull,
  kMixed,   // with subscriptions
  kQueued,  // from here on no errors
  kQueuedInVain,
  kMultiBegun,
  kDiscarded,
  kExecEmpty,
  kExecAborted,
  // subscriptions
  kSubscribedOnly,
  kPong,           // as a subscriber gets it in RESP2
  kNotSubscribed,  // UNSUBSCRIBE without a subscription
};

// Answered by answer_transaction().
constexpr bool is_transaction_answer(Verdict verdict) {
  return verdict >= Verdict::kQueued && verdict <= Verdict::kExecAborted;
}

// weir_req.user: verdict, subcommand row, an argument's number, and a word of the command's own.
struct UserWord {
  Verdict verdict;
  uint8_t sub;
  uint16_t arg;
  uint32_t value = 0;

  uint64_t pack() const {
    return static_cast<uint64_t>(verdict) | static_cast<uint64_t>(sub) << 8 | static_cast<uint64_t>(arg) << 16 |
           static_cast<uint64_t>(value) << 32;
  }
  static UserWord unpack(uint64_t word) {
    return {static_cast<Verdict>(word & 0xFF), static_cast<uint8_t>(word >> 8), static_cast<uint16_t>(word >> 16),
            static_cast<uint32_t>(word >> 32)};
  }
};

}  // namespace weir::redis
