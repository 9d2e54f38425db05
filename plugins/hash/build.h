// Between the tables of the plugin surface and the rings' classes: no exception may cross into the core.
#pragma once

#include <weir/hash.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <new>
#include <string>
#include <string_view>
#include <utility>

namespace weir::hash {

inline void explain(weir_errbuf *err, std::string_view text) {
  err->len = static_cast<uint32_t>(std::min<size_t>(text.size(), err->cap));
  std::memcpy(err->ptr, text.data(), err->len);
}

// A Ring is constructed from the servers, and throws when it cannot be.
template <class Ring, class... Args>
void *build_with(weir_errbuf *err, Args &&...args) {
  try {
    return new Ring(std::forward<Args>(args)...);
  } catch (const std::bad_alloc &) {
    explain(err, "not enough memory to lay the servers out; use fewer servers or raise the memory limit");
  } catch (const std::exception &refused) {
    explain(err, refused.what());
  }
  return nullptr;
}

template <class Ring>
void *build_ring(void *, const weir_server *servers, uint32_t n, const void *, weir_errbuf *err) {
  return build_with<Ring>(err, servers, n);
}

template <class Ring>
void drop_ring(void *, void *ring) {
  delete static_cast<Ring *>(ring);
}

template <class Ring>
void explain_choice(void *, const void *ring, uint64_t hash, weir_bytes key, weir_errbuf *out) {
  try {
    explain(out, static_cast<const Ring *>(ring)->explain(hash, key));
  } catch (const std::bad_alloc &) {
    out->len = 0;
  }
}

template <class Ring>
void select_by_hash(const weir_scope *, const void *ring, const uint64_t *hash, const weir_bytes *, uint32_t n,
                    uint32_t *server_out) {
  const auto &built = *static_cast<const Ring *>(ring);
  for (uint32_t i = 0; i < n; ++i) server_out[i] = built.find(hash[i]);
}

// The table of a distribution that looks at hashes alone and has nothing to configure.
template <class Ring>
constexpr weir_dist dist_of() {
  return {.struct_size = sizeof(weir_dist),
          .flags = 0,
          .create = nullptr,
          .destroy = nullptr,
          .worker_init = nullptr,
          .worker_fini = nullptr,
          .build = build_ring<Ring>,
          .drop = drop_ring<Ring>,
          .select = select_by_hash<Ring>,
          .explain = explain_choice<Ring>};
}

}  // namespace weir::hash
