#include "core/client/slices.h"

#include <algorithm>

#include "core/client/client_connection.h"

namespace weir::client {

void Slices::add(ClientConnection &client) {
  if (std::find(queue_.begin(), queue_.end(), &client) != queue_.end()) return;
  queue_.push_back(&client);
  if (expected_) return;
  expected_ = true;
  reactor_.later([this] { run(); });
}

void Slices::remove(ClientConnection &client) {
  std::erase(queue_, &client);
}

void Slices::run() {
  expected_ = false;
  if (queue_.empty()) return;
  ClientConnection *client = queue_.front();
  bool more = client->work_slice();
  if (!queue_.empty() && queue_.front() == client) {  // it was not closed
    queue_.pop_front();
    if (more) queue_.push_back(client);
  }
  if (queue_.empty() || expected_) return;
  expected_ = true;
  reactor_.later([this] { run(); });
}

}  // namespace weir::client
