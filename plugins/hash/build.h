// Between the tables of the plugin surface and the rings' classes: no exception may cross into the core.
#pragma once

#include <weir/hash.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <string_view>

namespace weir::hash {

inline void explain(weir_errbuf *err, std::string_view text) {
  err->len = static_cast<uint32_t>(std::min<size_t>(text.size(), err->cap));
  std::memcpy(err->ptr, text.data(), err->len);
}

// A Ring is constructed from the servers, and throws when it cannot be.
template <class Ring>
void *build_ring(void *, const weir_server *servers, uint32_t n, const void *, weir_errbuf *err) {
  try {
    return new Ring(servers, n);
  } catch (const std::bad_alloc &) {
    explain(err, "not enough memory to lay the servers out; use fewer servers or raise the memory limit");
  } catch (const std::exception &refused) {
    explain(err, refused.what());
  }
  return nullptr;
}

template <class Ring>
void drop_ring(void *, void *ring) {
  delete static_cast<Ring *>(ring);
}

}  // namespace weir::hash
