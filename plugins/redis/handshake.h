// Prepares a server connection: AUTH, HELLO 3 and SELECT, as its profile wants, sent together. Worker's thread.
#pragma once

#include <weir/protocol.h>

#include "settings.h"

namespace weir::redis {

// Puts into err that the server's answer to `what` was this one.
void explain(weir_errbuf *err, const char *what, const weir_rsp *prev /*NULLABLE*/, weir_out *out);

// profile: see session.h
weir_status shake_hands(const Settings &settings, const weir_scope *scope, uint64_t profile, uint32_t step,
                        const weir_rsp *prev, weir_out *out, weir_errbuf *err);

}  // namespace weir::redis
