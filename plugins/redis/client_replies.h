// What CLIENT answers. weir knows of the client that asks and tells of nobody else: CLIENT LIST lists it alone, CLIENT
// KILL ends it or nobody, CLIENT UNBLOCK finds nobody.
#pragma once

#include "arguments.h"
#include "command_table.h"
#include "settings.h"

namespace weir::redis {

// name: of the subcommand's row, "client|id".
weir_status answer_client(const Settings &settings, const weir_scope *scope, const weir_req *req,
                          const Command &command, const Arguments &args, weir_out *out);

}  // namespace weir::redis
