#include "core/plugin/ops_copy.h"

#include <algorithm>
#include <cstring>

namespace weir::plugin {
namespace {

template <class T>
const T *copy(const void *ops, std::deque<T> &into) {
  T &out = into.emplace_back();  // zeroed
  std::memcpy(&out, ops, std::min<size_t>(static_cast<const T *>(ops)->struct_size, sizeof(T)));
  out.struct_size = sizeof(T);
  return &out;
}

}  // namespace

const weir_component *OpsCopies::add(const weir_component &from) {
  weir_component &c = components_.emplace_back(from);
  switch (c.kind) {
    case WEIR_K_PROTOCOL:
      c.ops = copy(from.ops, protocols_);
      break;
    case WEIR_K_HASH:
      c.ops = copy(from.ops, hashes_);
      break;
    case WEIR_K_DIST:
      c.ops = copy(from.ops, dists_);
      break;
    case WEIR_K_FILTER:
      c.ops = copy(from.ops, filters_);
      break;
    default:
      break;
  }
  return &c;
}

}  // namespace weir::plugin
