// SHA-1, by which redis names scripts. No more than a name: nothing relies on it being hard to forge.
#pragma once

#include <weir/types.h>

#include <array>

namespace weir::redis {

// Forty hexadecimal digits in lower case.
using ScriptName = std::array<char, 40>;

ScriptName sha1(weir_bytes text);

}  // namespace weir::redis
