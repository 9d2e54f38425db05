// Whether a file is a shared library of this machine, whole and in bounds, found out without mapping it. What comes
// after, the symbol inspection and dlopen(), trusts the headers this has checked: a truncated file would otherwise end
// the process by SIGBUS. Pure function; control thread.
#pragma once

#include <string>

namespace weir::plugin {

// "" when the file is fit to be looked at, else what is wrong and what to do. The file's name is not in the text.
std::string elf_fault(const std::string &path);

}  // namespace weir::plugin
