// Whether a server is well: it tells its version. Worker's thread.
#pragma once

#include <weir/protocol.h>

namespace weir::memcache {

weir_status probe_server(const weir_scope *scope, uint32_t step, const weir_rsp *prev, weir_out *out, weir_errbuf *err);

}  // namespace weir::memcache
