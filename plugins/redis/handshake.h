// Prepares a server connection: AUTH, then SELECT, sent together. Worker's thread.
#pragma once

#include <weir/protocol.h>

#include "settings.h"

namespace weir::redis {

// Puts into err that the server's answer to `what` was this one.
void explain(weir_errbuf *err, const char *what, const weir_rsp *prev /*NULLABLE*/, weir_out *out);

weir_status shake_hands(const Settings &settings, const weir_scope *scope, uint32_t step, const weir_rsp *prev,
                        weir_out *out, weir_errbuf *err);

}  // namespace weir::redis
