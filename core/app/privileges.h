// Giving up what only the start needed. Thread: control, before any other is there.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.h"

namespace weir::app {

// Whether there are such a user and group on this machine; what is empty need not be.
Status can_name(const std::string &user, const std::string &group);
// Becomes that user, by name or number, with that group or the user's own, and no way back; the files that exist become
// the user's too. Nothing is done when both are empty, or when the process is that user already.
Status become(const std::string &user, const std::string &group, const std::vector<std::string> &files);

}  // namespace weir::app
