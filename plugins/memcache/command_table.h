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
  kStats,      // stats [what]*
  kMeta,       // mg|md|ma|me key flags*
  kMetaStore,  // ms key bytes flags*, then the data
  kMetaNoop,   // mn
  kAdmin,      // administers one server; its reply is a line, or lines that begin with "key=" and one more
  kShutdown,   // likewise; the server says nothing if it does it
  kWatch,      // turns the connection into a log
  kBinary      // has no name in ascii
};

inline bool is_meta(Shape shape) {
  return shape == Shape::kMeta || shape == Shape::kMetaStore;
}

inline bool administers(Shape shape) {
  return shape == Shape::kAdmin || shape == Shape::kShutdown || shape == Shape::kWatch;
}

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
  kAnswerMeta = 1 << 11,       // HD, EN, NF, NS, EX, ME
  kAnswerMetaValue = 1 << 12,  // VA: data follows
  kAnswerKey = 1 << 13,        // key=: more of the reply follows
  kAnswerAny = 0xffff
};

struct Command {
  const char *name;
  uint8_t name_len;
  Shape shape;
  uint16_t answers;  // Answer bits beside kAnswerError
  uint32_t flags;    // WEIR_CMD_*
};

// Rows of the table that are named without a search; kOther is for what the table does not know.
enum Row : uint16_t {
  kOther,
  kGet,
  kGets,
  kGat,
  kGats,
  kSet,
  kAdd,
  kReplace,
  kAppend,
  kPrepend,
  kCas,
  kIncr,
  kDecr,
  kDelete,
  kTouch,
  kVersion,
  kVerbosity,
  kFlushAll,
  kQuit,
  kStats,
  kMg,
  kMs,
  kMd,
  kMa,
  kMn,
  kMe,
  kNoop,
  kSasl
};

uint16_t find_command(const uint8_t *name, uint32_t len);  // the row's number; kOther when unknown
const Command &command(uint16_t id);

inline constexpr uint32_t kCommandCount = 40;
extern const std::array<weir_cmd, kCommandCount> kCommandRows;  // the table as the core wants it

}  // namespace weir::memcache
