// Cuts the stream of a client that speaks the binary protocol into requests. Used by the worker that owns the client.
#pragma once

#include <weir/protocol.h>

#include "settings.h"

namespace weir::memcache {

// lost: nobody knows where the next request begins; what is left is thrown away.
weir_status parse_packets(const Settings &settings, weir_parse *p, bool *lost);

}  // namespace weir::memcache
