#include "command_table.h"

#include <array>

#include "command_rows.h"
#include "subcommand_rows.h"

namespace weir::redis {

namespace {

constexpr uint32_t kRowCount = sizeof(kRows) / sizeof(kRows[0]);
static_assert(kRowCount < 65535);
static_assert(sizeof(kSubRows) / sizeof(kSubRows[0]) < 256);  // fits the byte it has in weir_req.user

constexpr uint32_t core_flags(const Command &row) {
  uint32_t flags = 0;
  if (row.flags & kRead) flags |= WEIR_CMD_READ;
  if (row.flags & kWrite) flags |= WEIR_CMD_WRITE;
  if (row.flags & kAdmin) flags |= WEIR_CMD_ADMIN;
  if (row.flags & kMultiKey) flags |= WEIR_CMD_MULTIKEY;
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
