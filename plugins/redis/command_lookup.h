// From a command's name, in any case, to its row. No allocation, no lock; constant data.
#pragma once

#include "command_table.h"

namespace weir::redis {

// The row of a name; 0 when the table does not know it.
uint16_t find_command(const uint8_t *name, uint64_t len);
// The row in kSubcommands; 0 when the container has no such subcommand.
uint8_t find_subcommand(uint16_t container, const uint8_t *name, uint64_t len);
// len bytes equal the lower-case word, whatever their case.
bool same_word(const uint8_t *ptr, uint64_t len, std::string_view word);

}  // namespace weir::redis
