#include "core/client/slices.h"

#include <algorithm>

#include "core/client/client_connection.h"

namespace weir::client {

void Slices::add(Queue &queue, ClientConnection &client) {
  if (std::find(queue.begin(), queue.end(), &client) == queue.end()) queue.push_back(&client);
  expect_run();
}

void Slices::remove(ClientConnection &client) {
  std::erase(dispatches_, &client);
  std::erase(merges_, &client);
}

void Slices::expect_run() {
  if (expected_) return;
  expected_ = true;
  reactor_.later([this] { run(); });
}

void Slices::run() {
  expected_ = false;
  if (dispatches_.empty() && merges_.empty()) return;
  bool merge = merges_.empty() ? false : dispatches_.empty() || merge_next_;
  merge_next_ = !merge;
  Queue &queue = merge ? merges_ : dispatches_;
  ClientConnection *client = queue.front();
  Left left = merge ? client->merge_slice() : client->dispatch_slice();
  bool gone = queue.empty() || queue.front() != client;
  if (!gone && left != Left::same) {
    queue.pop_front();
    if (left == Left::other) queue.push_back(client);
  }
  if (!dispatches_.empty() || !merges_.empty()) expect_run();
}

}  // namespace weir::client
