#include "command_table.h"

#include <array>

#include "command_rows.h"
#include "subcommand_rows.h"

namespace weir::redis {

namespace {

constexpr uint32_t kRowCount = sizeof(kRows) / sizeof(kRows[0]);
static_assert(kRowCount < 65535);
static_assert(sizeof(kSubRows) / sizeof(kSubRows[0]) < 256);  // fits the byte it has in weir_req.user

constexpr bool has_channels(const Command &row) {
  return row.policy == Policy::kSubscription || row.full_name() == "publish" || row.full_name() == "spublish";
}

// A container is what any of its subcommands is; whether it is administrative its own row says.
constexpr uint16_t flags_of(const Command &row) {
  uint16_t flags = row.flags;
  if (row.policy != Policy::kContainer) return flags;
  std::string_view name = row.full_name();
  for (const Command &sub : kSubRows) {
    std::string_view full = sub.full_name();
    bool of_it = full.size() > name.size() && full.starts_with(name) && full[name.size()] == '|';
    if (of_it) flags |= static_cast<uint16_t>(sub.flags & (kRead | kWrite));
  }
  return flags;
}

constexpr uint32_t core_flags(const Command &row) {
  const uint16_t of_row = flags_of(row);
  uint32_t flags = 0;
  if (of_row & kRead) flags |= WEIR_CMD_READ;
  if (of_row & kWrite) flags |= WEIR_CMD_WRITE;
  if (of_row & (kAdmin | kOperators)) flags |= WEIR_CMD_ADMIN;
  if (of_row & kMultiKey) flags |= WEIR_CMD_MULTIKEY;
  if (of_row & kEchoes) flags |= WEIR_CMD_ECHO;
  if (of_row & kLasting) flags |= WEIR_CMD_STATE;
  if (has_channels(row)) flags |= WEIR_CMD_TOPICS;
  return flags;
}

constexpr std::array<weir_cmd, kRowCount> core_rows() {
  std::array<weir_cmd, kRowCount> rows{};
  for (uint32_t i = 0; i < kRowCount; ++i) rows[i] = {kRows[i].name, core_flags(kRows[i]), 0};
  return rows;
}
constexpr std::array<weir_cmd, kRowCount> kCoreRows = core_rows();

constexpr uint16_t row_of(std::string_view name) {
  uint16_t row = 1;
  while (kRows[row].full_name() != name) ++row;
  return row;
}

}  // namespace

const uint16_t kSelectRow = row_of("select");
const Command *const kCommands = kRows;
const uint32_t kCommandCount = kRowCount;
const weir_cmd *const kCmds = kCoreRows.data();
const Command *const kSubcommands = kSubRows;
const uint32_t kSubcommandCount = sizeof(kSubRows) / sizeof(kSubRows[0]);

}  // namespace weir::redis
