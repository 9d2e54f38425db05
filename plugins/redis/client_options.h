// The CLIENT commands that set something: names, whether there are replies. Judged while they are parsed.
#pragma once

#include <string_view>

#include "client_state.h"

namespace weir::redis {

Verdict check_name(const weir_bytes &name);
void set_name(ClientState &state, const weir_bytes &name);
// command: "client|setname". args[0] is the subcommand.
UserWord set_client_option(std::string_view command, ClientState &state, const weir_bytes *args, uint32_t n);

}  // namespace weir::redis
