// The one table of commands: names, what an operator or filter may know about them, the shape of their line, and which
// replies a server may give to them. Constant data, read by every thread.
#pragma once

#include <array>

#include <weir/protocol.h>

namespace weir::memcache {

// How the words of a command line are to be read.
enum class Shape : uint8_t {
  kUnknown,    // not in the table: memcached answers ERROR
  kGet,        // get|gets key+
  kGat,        // gat|gats exptime key+
  kStore,      // set|add|replace|append|prepend key flags exptime bytes [noreply], then the data
  kCas,        // cas key flags exptime bytes unique [noreply], then the data
  kArith,      // incr|decr key delta [noreply]
  kDelete,     // delete key [0] [noreply]
  kTouch,      // touch key exptime [noreply]
  kVersion,    // version
  kVerbosity,  // verbosity level [noreply]
  kFlush,      // flush_all [delay] [noreply]
  kQuit,       // quit
  kStats,      // understood, not routed yet
  kMeta,       // likewise: a meta command of one line
  kMetaStore,  // likewise: ms key bytes flags*, then the data
  kRefused     // would act on one server only, or turn the connection into something else
};

// What a reply line says. A set of them tells which replies a command may get; any command may get an error.
enum Answer : uint16_t {
  kAnswerNone = 0,
  kAnswerError = 1 << 0,    // ERROR, CLIENT_ERROR, SERVER_ERROR
  kAnswerValue = 1 << 1,    // VALUE: data follows, and more of the reply
  kAnswerEnd = 1 << 2,      // END
  kAnswerStat = 1 << 3,     // STAT: more of the reply follows
  kAnswerStored = 1 << 4,   // STORED, NOT_STORED, EXISTS
  kAnswerMissing = 1 << 5,  // NOT_FOUND
  kAnswerGone = 1 << 6,     // DELETED
  kAnswerTouched = 1 << 7,
  kAnswerNumber = 1 << 8,  // what incr and decr made
  kAnswerOk = 1 << 9,
  kAnswerVersion = 1 << 10,
  kAnswerAny = 0xffff
};

struct Command {
  const char *name;
  uint8_t name_len;
  Shape shape;
  uint16_t answers;  // Answer bits beside kAnswerError
  uint32_t flags;    // WEIR_CMD_*
};

// Rows of the table that the parser names without a search; kOther is for what the table does not know.
inline constexpr uint16_t kOther = 0, kGet = 1, kGets = 2, kSet = 5;

uint16_t find_command(const uint8_t *name, uint32_t len);  // the row's number; kOther when unknown
const Command &command(uint16_t id);

inline constexpr uint32_t kCommandCount = 36;
extern const std::array<weir_cmd, kCommandCount> kCommandRows;  // the table as the core wants it

}  // namespace weir::memcache
