// The last words of a process that crashes.
#pragma once

namespace weir::app {

// [control] From here on a fatal signal writes its name and a backtrace to the log (standard error,
// until there is one) before the process dies of it.
void log_crashes();

}  // namespace weir::app
