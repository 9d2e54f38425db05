// Telling a supervisor that asks for it how the process is doing: systemd's protocol, one datagram a word. Nothing
// happens where nobody asks (no NOTIFY_SOCKET). Thread: control.
#pragma once

#include <string>

namespace weir::app {

// "READY=1", "STOPPING=1", "MAINPID=123"; several lines may stand in one.
void notify(const std::string &state);

}  // namespace weir::app
