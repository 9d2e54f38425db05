// What becomes of a request that gets an answer other than its own: an error of the core's, or what a filter said. The
// client's state is brought back to what it was before the request was parsed. A reply() half; worker's thread.
#pragma once

#include <weir/protocol.h>

#include <string_view>

namespace weir::redis {

weir_status answer_instead(const weir_scope *scope, const weir_req *req, uint32_t err, std::string_view text,
                           weir_out *out);

}  // namespace weir::redis
