#include "core/message/request.h"

#include "core/message/split.h"

namespace weir {

RequestPool::~RequestPool() {
  while (Request *request = free_) {
    free_ = request->next;
    delete request;
  }
}

Request *RequestPool::make() {
  return new Request;
}

void RequestPool::dispose(Request *request) {
  --in_use_;
  request->reply.clear(chunks_);
  if (request->split != nullptr) request->split->free(chunks_);
  if (idle_ >= kMaxIdle) {
    delete request;
    return;
  }
  request->next = free_;
  free_ = request;
  ++idle_;
}

void RequestPool::trim() {
  for (; low_ > 0; --low_, --idle_) {
    Request *request = free_;
    free_ = request->next;
    delete request;
  }
  low_ = idle_;
}

}  // namespace weir
