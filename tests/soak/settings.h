// What a soak is asked to do: its command line.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/servers/wait.h"

namespace weir::soak {

using test::milliseconds;

struct Settings {
  double minutes = 1;
  size_t connections = 10'000;
  size_t rate = 2'000;  // bursts of requests a second, by all clients together
  uint32_t seed = 0;    // 0: by chance
  int workers = 2;
  std::vector<std::string> faults = {"kill", "stop", "cut", "reset", "half", "trickle", "hold", "swallow", "close"};
  bool reloads = false;
  bool memory = true;  // whether it must be flat; not with a sanitizer, which keeps freed memory
  bool verbose = false;

  milliseconds length() const { return milliseconds(static_cast<int64_t>(minutes * 60'000)); }
  bool has(const std::string &fault) const;
  // Ends the program when the command line is wrong or asks for help.
  static Settings of(int argc, char **argv);
};

}  // namespace weir::soak
