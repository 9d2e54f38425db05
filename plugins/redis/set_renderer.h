// What one server is asked for its share of the keys of a SINTER, SUNION, SDIFF, SINTERCARD, ZDIFF or ZINTERCARD:
// the members its keys have in common, or those of any of them. set_merger.h joins the answers.
#pragma once

#include <weir/protocol.h>

namespace weir::redis {

weir_status render_set_part(const weir_scope *scope, const weir_render *r, weir_out *out);

}  // namespace weir::redis
