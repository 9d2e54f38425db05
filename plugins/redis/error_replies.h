// Errors as redis words them, and weir's own. A reply() half; worker's thread.
#pragma once

#include "arguments.h"
#include "command_table.h"
#include "verdict.h"
#include "writer.h"

namespace weir::redis {

// "-ERR <text>\r\n"; no "ERR" when the text begins with a code word of its own. Line ends in the text become spaces.
weir_status write_error(const weir_scope *scope, std::string_view text, weir_out *out);

// The core's errors, WEIR_ERR_*.
weir_status write_core_error(const weir_scope *scope, uint32_t err, std::string_view text, weir_out *out);

// An error the parser found. args: the request's arguments, as far as the text needs them.
weir_status write_verdict(const weir_scope *scope, const Command &command, UserWord word, const Arguments &args,
                          weir_out *out);

}  // namespace weir::redis
