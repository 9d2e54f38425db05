// What a client reads when a filter answers in the servers' place (WEIR_ERR_ANSWER*), in the words of its command and
// dialect. Any thread.
#pragma once

#include <weir/out.h>
#include <weir/protocol.h>

namespace weir::memcache {

// req is its request, and source 0 of out; text is the filter's.
weir_status answer_for_filter(const weir_scope *scope, const weir_req *req, uint32_t answer, weir_bytes text,
                              weir_out *out);

}  // namespace weir::memcache
