// The one table of binary opcodes: which command each is, how its packet must look, and what a quiet one keeps to
// itself. Constant data, read by every thread.
#pragma once

#include <weir/protocol.h>

#include "packet.h"

namespace weir::memcache {

// What a packet of an opcode consists of; memcached 1.6.18 closes the connection on any other.
enum class Layout : uint8_t {
  kUnknown,    // no such opcode: an error, and the connection goes on
  kBare,       // nothing but the header
  kFlush,      // perhaps an expiration, nothing else
  kKey,        // a key, nothing else
  kKeyExpiry,  // an expiration and a key
  kStore,      // flags and expiration, a key, a value
  kJoin,       // a key and a value
  kCount,      // delta, initial value and expiration, a key
  kStat,       // perhaps a key
  kSasl        // a mechanism as the key, a value
};

// What is not told to a client that asked quietly.
enum class Hides : uint8_t { kNothing, kMiss, kSuccess };

struct OpcodeRow {
  const char *name;  // as docs/memcache.md has it
  uint16_t cmd;      // row of the command table
  uint8_t loud;      // the opcode that does the same and always answers
  Layout layout;
  Hides hides;
};

inline constexpr uint32_t kOpcodes = 0x25;
const OpcodeRow &opcode_row(uint8_t opcode);

}  // namespace weir::memcache
