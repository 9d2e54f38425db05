// What weir answers itself: PING, AUTH, SELECT, HELLO, CLIENT, INFO, COMMAND. Worker's thread.
#pragma once

#include "arguments.h"
#include "client_state.h"
#include "settings.h"

namespace weir::redis {

// Source 0 of out is the whole request.
weir_status answer_locally(const Settings &settings, const weir_scope *scope, const weir_req *req, weir_out *out);

// COMMAND and its forms, from the table. command_info.cc
weir_status answer_command(const weir_scope *scope, std::string_view form, const Arguments &args, weir_out *out);

}  // namespace weir::redis
