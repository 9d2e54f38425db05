// Going into the background the way twemproxy does.
#pragma once

#include "core/base/result.h"

namespace weir::app {

// [control] Forks twice and returns in the grandchild: in a session of its own that it does not lead, umask 0, standard
// streams on /dev/null, same working folder. The other two processes end here with exit code 0. Must be called before
// any thread, event loop or pid file is made.
Status daemonize();

}  // namespace weir::app
