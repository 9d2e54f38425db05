// What a client reads when a filter answers in the servers' place (WEIR_ERR_ANSWER*): each command in the shape that
// its clients expect. A reply() half; worker's thread.
#pragma once

#include "command_table.h"
#include "writer.h"

namespace weir::redis {

// req is its request, and source 0 of out; text is the filter's.
weir_status answer_for_filter(const weir_scope *scope, const weir_req *req, uint32_t answer, std::string_view text,
                              weir_out *out);

}  // namespace weir::redis
