// AUTH, HELLO, SELECT, RESET and the CLIENT commands that set something: they change the connection, and are judged
// while they are parsed so that what is pipelined behind them already finds the change.
#pragma once

#include "client_state.h"
#include "settings.h"

namespace weir::redis {

// args: what follows the command's name. Changes the state; says what to answer.
UserWord evaluate_tail(const Settings &settings, ClientState &state, const weir_bytes *args, uint32_t n);

}  // namespace weir::redis
