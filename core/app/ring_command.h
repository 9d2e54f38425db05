// `weir ring`: how evenly a pool's servers share keys, or which keys move from one configuration to another. Reads the
// configurations, speaks to nobody.
#pragma once

#include "core/app/options.h"

namespace weir::app {

int show_ring(const Options &);  // the exit status

}  // namespace weir::app
