// What a process that is being replaced gives to the one it starts: its listening sockets, and a way to say how the
// start went. Both sides of the agreement are here. Thread: control, before any other is there.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "core/app/daemon.h"

namespace weir::app {

// A listening socket under the name by which both processes know it.
struct HandedSocket {
  std::string key;
  int fd = -1;
};

class Inheritance {
 public:
  // What the environment says, which is cleared of it; nothing when this process replaces no other. The descriptors
  // are closed on exec from here on.
  static std::optional<Inheritance> take();
  // What the process with that id sets for the one it starts: "WEIR_HANDED_DOWN=...".
  static std::string variable(pid_t giver, int launch_fd, const std::vector<HandedSocket> &);
  static const char *variable_name();

  // The socket of that key, which the caller owns then; -1 when there is none.
  int take_socket(const std::string &key);
  // All that are left.
  std::vector<HandedSocket> take_sockets();

  pid_t giver = -1;  // the process before
  Launch launch;     // it waits for a word from here

 private:
  Inheritance(pid_t from, int launch_fd) : giver(from), launch(launch_fd) {}
  std::vector<HandedSocket> sockets_;
};

}  // namespace weir::app
