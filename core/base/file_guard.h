// Whether a file can be changed by somebody who has no business with it. Any thread.
#pragma once

#include <string>

namespace weir {

// Whose the file may be. Trusted: root's, this process's user's, or whose this program's own file is.
enum class Owners { any, trusted };

// "" when nobody else can write to the file or folder, else what is wrong and how to mend it, without the name. What is
// neither is nobody's to change and passes; so does what cannot be looked at, which opening it will tell.
std::string write_fault(const std::string &path, Owners);

}  // namespace weir
