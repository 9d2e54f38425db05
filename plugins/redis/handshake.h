// Prepares a server connection: AUTH, then SELECT, sent together. Worker's thread.
#pragma once

#include <weir/protocol.h>

#include "settings.h"

namespace weir::redis {

weir_status shake_hands(const Settings &settings, const weir_scope *scope, uint32_t step, const weir_rsp *prev,
                        weir_out *out, weir_errbuf *err);

}  // namespace weir::redis
