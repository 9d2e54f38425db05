// The release this is. CMakeLists.txt says it too; a test keeps the two alike.
#pragma once

namespace weir {

inline constexpr const char *kVersion = "0.1.0";

}  // namespace weir
