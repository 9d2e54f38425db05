#include "command_table.h"

#include <cstring>
#include <string_view>

namespace weir::memcache {
namespace {

constexpr Command row(const char *name, Shape shape, uint32_t flags, uint16_t answers) {
  return {name, static_cast<uint8_t>(std::string_view(name).size()), shape, answers, flags};
}

constexpr uint32_t kRead = WEIR_CMD_READ;
constexpr uint32_t kWrite = WEIR_CMD_WRITE;
constexpr uint32_t kAdmin = WEIR_CMD_ADMIN;
constexpr uint32_t kMulti = WEIR_CMD_MULTIKEY;
constexpr uint32_t kEcho = WEIR_CMD_ECHO;
constexpr uint16_t kValues = kAnswerValue | kAnswerEnd;
constexpr uint16_t kLines = kAnswerOk | kAnswerKey;
constexpr uint16_t kStores = kAnswerStored | kAnswerMissing;

constexpr Command kCommands[] = {
    row("(other)", Shape::kUnknown, 0, kAnswerAny),
    row("get", Shape::kGet, kRead | kMulti | kEcho, kValues),
    row("gets", Shape::kGet, kRead | kMulti | kEcho, kValues),
    row("gat", Shape::kGat, kRead | kWrite | kMulti | kEcho, kValues),
    row("gats", Shape::kGat, kRead | kWrite | kMulti | kEcho, kValues),
    row("set", Shape::kStore, kWrite, kStores),
    row("add", Shape::kStore, kWrite, kStores),
    row("replace", Shape::kStore, kWrite, kStores),
    row("append", Shape::kStore, kWrite, kStores),
    row("prepend", Shape::kStore, kWrite, kStores),
    row("cas", Shape::kCas, kWrite, kStores),
    row("incr", Shape::kArith, kWrite, kAnswerNumber | kAnswerMissing),
    row("decr", Shape::kArith, kWrite, kAnswerNumber | kAnswerMissing),
    row("delete", Shape::kDelete, kWrite, kAnswerGone | kAnswerMissing),
    row("touch", Shape::kTouch, kWrite, kAnswerTouched | kAnswerMissing),
    row("version", Shape::kVersion, kRead, kAnswerVersion),
    row("verbosity", Shape::kVerbosity, kAdmin, kAnswerOk),
    row("flush_all", Shape::kFlush, kWrite | kAdmin, kAnswerOk),
    row("quit", Shape::kQuit, WEIR_CMD_STATE, 0),
    row("stats", Shape::kStats, kRead | kAdmin, kAnswerStat | kAnswerEnd | kAnswerOk),
    row("mg", Shape::kMeta, kRead | kEcho, kAnswerMeta | kAnswerMetaValue),
    row("ms", Shape::kMetaStore, kWrite | kEcho, kAnswerMeta),
    row("md", Shape::kMeta, kWrite | kEcho, kAnswerMeta),
    row("ma", Shape::kMeta, kWrite | kEcho, kAnswerMeta | kAnswerMetaValue),
    row("mn", Shape::kMetaNoop, kRead, 0),
    row("me", Shape::kMeta, kRead | kEcho, kAnswerMeta),
    row("noop", Shape::kBinary, kRead, 0),
    row("sasl", Shape::kBinary, 0, 0),
    row("bget", Shape::kGet, kRead | kMulti | kEcho, kValues),
    row("shutdown", Shape::kShutdown, kAdmin, kLines),
    row("slabs", Shape::kAdmin, kAdmin, kLines),
    row("lru", Shape::kAdmin, kAdmin, kLines),
    row("lru_crawler", Shape::kAdmin, kAdmin, kLines),
    row("watch", Shape::kWatch, kAdmin, kLines),
    row("cache_memlimit", Shape::kAdmin, kAdmin, kLines),
    row("extstore", Shape::kAdmin, kAdmin, kLines),
    row("refresh_certs", Shape::kAdmin, kAdmin, kLines),
    row("misbehave", Shape::kAdmin, kAdmin, kLines),
    row("debugtime", Shape::kAdmin, kAdmin, kLines),
    row("debug", Shape::kAdmin, kAdmin, kLines),
};
static_assert(sizeof(kCommands) / sizeof(kCommands[0]) == kCommandCount);
constexpr bool stands(Row at, const char *name) {
  return std::string_view(kCommands[at].name) == name;
}
static_assert(stands(kGet, "get") && stands(kGats, "gats") && stands(kSet, "set") && stands(kCas, "cas") &&
              stands(kDecr, "decr") && stands(kTouch, "touch") && stands(kQuit, "quit") && stands(kStats, "stats") &&
              stands(kMg, "mg") && stands(kMa, "ma") && stands(kMe, "me") && stands(kNoop, "noop") &&
              stands(kSasl, "sasl"));

// Open addressing over the first two letters and the length; built by the compiler.
constexpr uint32_t kSlots = 128;
constexpr uint32_t slot_of(uint32_t first, uint32_t second, uint32_t len) {
  return (first * 7 + second * 29 + len * 3) % kSlots;
}
constexpr std::array<uint8_t, kSlots> make_index() {
  std::array<uint8_t, kSlots> index{};
  for (uint32_t i = 1; i < kCommandCount; ++i) {
    const char *name = kCommands[i].name;
    uint32_t slot = slot_of(static_cast<uint8_t>(name[0]), static_cast<uint8_t>(name[1]), kCommands[i].name_len);
    while (index[slot] != 0) slot = (slot + 1) % kSlots;
    index[slot] = static_cast<uint8_t>(i);
  }
  return index;
}
constexpr std::array<uint8_t, kSlots> kIndex = make_index();

constexpr std::array<weir_cmd, kCommandCount> make_rows() {
  std::array<weir_cmd, kCommandCount> rows{};
  for (uint32_t i = 0; i < kCommandCount; ++i) rows[i] = {kCommands[i].name, kCommands[i].flags, 0};
  return rows;
}
}  // namespace

constinit const std::array<weir_cmd, kCommandCount> kCommandRows = make_rows();

uint16_t find_command(const uint8_t *name, uint32_t len) {
  if (len < 2) return kOther;
  for (uint32_t slot = slot_of(name[0], name[1], len); kIndex[slot] != 0; slot = (slot + 1) % kSlots) {
    const Command &found = kCommands[kIndex[slot]];
    if (found.name_len == len && std::memcmp(found.name, name, len) == 0) return kIndex[slot];
  }
  return kOther;
}

const Command &command(uint16_t id) {
  if (id < kCommandCount) [[likely]]
    return kCommands[id];
  return kCommands[id == WEIR_CMD_PROBE ? kVersion : kOther];
}

}  // namespace weir::memcache
