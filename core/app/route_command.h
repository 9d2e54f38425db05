// `weir route`: where each key goes, and why. Reads the configuration, speaks to nobody.
#pragma once

#include "core/app/options.h"

namespace weir::app {

int route_keys(const Options &);  // the exit status

}  // namespace weir::app
