// How requests of very many keys become a LargeRequest, which takes over their bytes and keys.
#include <cstring>
#include <utility>

#include "core/client/dispatcher.h"
#include "core/client/large_request.h"

namespace weir::client {
namespace {

constexpr uint32_t kCopiedKeys = 4 * kSlice;

}  // namespace

void Dispatcher::in_slices(const One &one) {
  // The only server there is gets it as it is, whatever its keys are.
  bool as_it_is = (one.req.flags & (WEIR_REQ_TRANSFORM | WEIR_REQ_RENDER)) == 0 && one.rekeyed() == nullptr;
  if (ring_.size() == 1 && as_it_is && !diverts_ && !one.steered) return to_server(one, 0);
  Request &request = enqueue(one);
  LargeRequest::Content content{take_message(one), take_keys(one), {}, one.way, FilterChain::kUnchanged, false};
  if (one.rekeyed() != nullptr) content.rewritten = front_.filters.take_rewritten();
  if (one.decision != nullptr) {
    content.server = one.decision->server;
    content.chosen = one.decision->moves();
  }
  client_.begin_large(request, std::move(content));
}

// Its keys, copied unless there are very many: then the worker's array, which is made anew.
LargeRequest::Keys Dispatcher::take_keys(const One &one) {
  LargeRequest::Keys keys;
  if (one.req.key_count <= kCopiedKeys) {
    keys.all.put(one.keys, one.req.key_count);
    return keys;
  }
  keys.first = static_cast<size_t>(one.keys - one.large->large_keys->data());
  keys.all.resize(RequestArrays::kFirstKeys);
  keys.all.swap(*one.large->large_keys);
  return keys;
}

// The request's bytes, in a chunk of their own: what they lie in, or the smaller part of that copied.
Chunk *Dispatcher::take_message(const One &one) {
  if (*one.whole != nullptr) return std::exchange(*one.whole, nullptr);
  Inbox::Span all = one.large->all;
  auto end = static_cast<size_t>(one.message.ptr + one.message.len - all.data);
  if (client_.inbox_.owns(all) && all.len - end < one.message.len) {
    Chunk *chunk = client_.inbox_.take();  // what is left behind it stays readable until it is kept
    chunk->begin = static_cast<size_t>(one.message.ptr - chunk->bytes());
    chunk->end = chunk->begin + one.message.len;
    return chunk;
  }
  Chunk *copy = client_.reactor_.chunks.get(one.message.len);
  std::memcpy(copy->bytes(), one.message.ptr, one.message.len);
  copy->end = one.message.len;
  return copy;
}

}  // namespace weir::client
