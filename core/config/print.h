// What one key looks like when it is printed: whole lines, "" when it is not. Control thread.
#pragma once

#include <string>

#include "core/config/catalog.h"
#include "core/config/schema.h"

namespace weir::config {

std::string key_text(const Pool &, const Key<Pool> &, const Catalog &);
std::string key_text(const Settings &, const Key<Settings> &);  // but for lists

}  // namespace weir::config
