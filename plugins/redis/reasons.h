// Why a command is refused, in words for clients and for docs/redis.md.
#pragma once

#include "command_table.h"

namespace weir::redis {

std::string_view reason(Why why);

}  // namespace weir::redis
