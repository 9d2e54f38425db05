#include "opcode_table.h"

#include "command_table.h"

namespace weir::memcache {
namespace {

constexpr OpcodeRow kUnknown = {"", kOther, 0, Layout::kUnknown, Hides::kNothing};

constexpr OpcodeRow kRows[kOpcodes] = {
    {"get", kGet, kOpGet, Layout::kKey, Hides::kNothing},
    {"set", kSet, kOpSet, Layout::kStore, Hides::kNothing},
    {"add", kAdd, kOpAdd, Layout::kStore, Hides::kNothing},
    {"replace", kReplace, kOpReplace, Layout::kStore, Hides::kNothing},
    {"delete", kDelete, kOpDelete, Layout::kKey, Hides::kNothing},
    {"increment", kIncr, kOpIncrement, Layout::kCount, Hides::kNothing},
    {"decrement", kDecr, kOpDecrement, Layout::kCount, Hides::kNothing},
    {"quit", kQuit, kOpQuit, Layout::kBare, Hides::kNothing},
    {"flush", kFlushAll, kOpFlush, Layout::kFlush, Hides::kNothing},
    {"getq", kGet, kOpGet, Layout::kKey, Hides::kMiss},
    {"noop", kNoop, kOpNoop, Layout::kBare, Hides::kNothing},
    {"version", kVersion, kOpVersion, Layout::kBare, Hides::kNothing},
    {"getk", kGet, kOpGetK, Layout::kKey, Hides::kNothing},
    {"getkq", kGet, kOpGetK, Layout::kKey, Hides::kMiss},
    {"append", kAppend, kOpAppend, Layout::kJoin, Hides::kNothing},
    {"prepend", kPrepend, kOpPrepend, Layout::kJoin, Hides::kNothing},
    {"stat", kStats, kOpStat, Layout::kStat, Hides::kNothing},
    {"setq", kSet, kOpSet, Layout::kStore, Hides::kSuccess},
    {"addq", kAdd, kOpAdd, Layout::kStore, Hides::kSuccess},
    {"replaceq", kReplace, kOpReplace, Layout::kStore, Hides::kSuccess},
    {"deleteq", kDelete, kOpDelete, Layout::kKey, Hides::kSuccess},
    {"incrementq", kIncr, kOpIncrement, Layout::kCount, Hides::kSuccess},
    {"decrementq", kDecr, kOpDecrement, Layout::kCount, Hides::kSuccess},
    {"quitq", kQuit, kOpQuit, Layout::kBare, Hides::kSuccess},
    {"flushq", kFlushAll, kOpFlush, Layout::kFlush, Hides::kSuccess},
    {"appendq", kAppend, kOpAppend, Layout::kJoin, Hides::kSuccess},
    {"prependq", kPrepend, kOpPrepend, Layout::kJoin, Hides::kSuccess},
    kUnknown,  // 0x1b, verbosity: memcached 1.6.18 does not know it either
    {"touch", kTouch, kOpTouch, Layout::kKeyExpiry, Hides::kNothing},
    {"gat", kGat, kOpGat, Layout::kKeyExpiry, Hides::kNothing},
    {"gatq", kGat, kOpGat, Layout::kKeyExpiry, Hides::kMiss},
    kUnknown,
    {"sasl list mechs", kSasl, kOpSaslList, Layout::kBare, Hides::kNothing},
    {"sasl auth", kSasl, kOpSaslAuth, Layout::kSasl, Hides::kNothing},
    {"sasl step", kSasl, kOpSaslStep, Layout::kSasl, Hides::kNothing},
    {"gatk", kGat, kOpGatK, Layout::kKeyExpiry, Hides::kNothing},
    {"gatkq", kGat, kOpGatK, Layout::kKeyExpiry, Hides::kMiss},
};
static_assert(kRows[kOpStat].loud == kOpStat && kRows[kOpTouch].loud == kOpTouch && kRows[kOpGatKQ].loud == kOpGatK &&
              kRows[kOpPrependQ].loud == kOpPrepend && kRows[kOpSaslStep].loud == kOpSaslStep);

}  // namespace

const OpcodeRow &opcode_row(uint8_t opcode) {
  return opcode < kOpcodes ? kRows[opcode] : kUnknown;
}

}  // namespace weir::memcache
