#include "core/message/request.h"

#include "core/message/split.h"

namespace weir {

RequestPool::~RequestPool() {
  while (Request *request = free_) {
    free_ = request->next;
    delete request;
  }
}

Request *RequestPool::make(RequestOwner *owner, const weir_req &req) {
  auto *request = new Request;
  request->part.request = request;
  ++made_;
  renew(*request, owner, req);
  return request;
}

void RequestPool::dispose(Request *request) {
  request->reply.clear(chunks_);
  if (request->split != nullptr) request->split->free(chunks_);
  request->split = nullptr;
  request->to_merge = false;
  if (idle_ >= kMaxIdle) {
    delete request;
    --made_;
    return;
  }
  request->next = free_;
  free_ = request;
  ++idle_;
}

void RequestPool::forget(Part &part) {
  if ((part.again & Part::kKept) == 0) return;
  chunks_.put(part.kept);
  part.kept = nullptr;
  part.again &= static_cast<uint8_t>(~Part::kKept);
}

bool RequestPool::trim() {
  bool freed = low_ > 0;
  for (; low_ > 0; --low_, --idle_) {
    Request *request = free_;
    free_ = request->next;
    delete request;
    --made_;
  }
  low_ = idle_;
  return freed;
}

}  // namespace weir
