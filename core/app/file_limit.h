// File descriptors: how many the process may have, and what the configuration can need them for.
// Thread: control.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/base/result.h"
#include "core/config/settings.h"

namespace weir::app {

// Raises the process's limit as far as the system lets it; what it is then.
uint64_t raise_file_limit();

// How many clients may be connected at once so that there are descriptors left for every server connection and for
// the process itself. A warning is logged when fewer than the configuration allows; an error when fewer than the
// max_clients it asks for.
Result<size_t> room_for_clients(const config::Settings &settings, uint32_t workers, uint64_t limit);

}  // namespace weir::app
