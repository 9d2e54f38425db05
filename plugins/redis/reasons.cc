#include "reasons.h"

namespace weir::redis {

std::string_view reason(Why why) {
  switch (why) {
    case Why::kReplication:
      return "replication must be set up with the server itself";
    case Why::kMonitor:
      return "it would show the commands of all clients of a server; ask the server itself";
    case Why::kTracking:
      return "server connections are shared, so a server cannot tell weir's clients apart";
    case Why::kReplyMode:
      return "server connections are shared, so replies cannot be switched off for one client";
    case Why::kMigrate:
      return "keys are placed by weir's distribution, and a key moved past it would not be found";
    case Why::kClients:
      return "it concerns other clients, and a client of weir's sees itself only";
    case Why::kCluster:
      return "weir does not speak the cluster protocol";
    case Why::kScriptDebug:
      return "debugging a script stops the server for all clients";
    case Why::kCursor:
      return "its cursor can name 1,024 servers, and this pool has more";
    default:
      return "weir does not know how to forward it";
  }
}

}  // namespace weir::redis
