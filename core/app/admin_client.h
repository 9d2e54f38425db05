// `weir reload` and its like: asks a weir that runs, over its admin port. Blocking, before anything else runs.
#pragma once

#include <string>

#include "core/config/settings.h"

namespace weir::app {

struct Answer {
  bool ok = false;
  std::string text;
};

Answer ask(const config::Address &admin, const std::string &command);

}  // namespace weir::app
