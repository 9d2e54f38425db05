// Where a window's requests are laid out between parsing and dispatch. One for a worker, which works on one window at a
// time; grown to the largest seen.
#pragma once

#include <weir/protocol.h>

#include <numeric>
#include <vector>

#include "core/base/plain_array.h"

namespace weir::client {

struct RequestArrays {
  static constexpr uint32_t kMaxRequests = 128;  // a call of parse_req()
  static constexpr uint32_t kFirstKeys = 1024;
  static constexpr uint32_t kMostKeys = 64 << 10;  // the most that room is kept for

  weir_req reqs[kMaxRequests];
  PlainArray<weir_key> keys = PlainArray<weir_key>(kFirstKeys);
  uint32_t key_limit = 0;  // of the parse under way

  // For each key of the window: its bytes, and the server it lies on.
  std::vector<weir_bytes> key_bytes = std::vector<weir_bytes>(kFirstKeys);
  std::vector<uint32_t> servers = std::vector<uint32_t>(kFirstKeys);
  std::vector<uint8_t> decoded;  // bytes of keys that are encoded on the wire, each where it stands in the window

  std::vector<uint32_t> part_sizes;  // keys by server; the last place is for keys without one
  std::vector<uint32_t> part_index;  // by server: which part of the request it got

  // Of the copy of a request for another pool: the servers of its keys there, and its keys, those of a server together.
  std::vector<uint32_t> copy_servers, copy_picks;

  // 0, 1, 2, ... up to n: as what a request picks that picks all of its keys.
  const uint32_t *all_keys(uint32_t n) {
    if (size_t had = counted.size(); had < n) {
      counted.resize(n);
      std::iota(counted.begin(), counted.end(), 0);
    }
    return counted.data();
  }

  void have_room_for(size_t key_count) {
    if (key_bytes.size() >= key_count) return;
    key_bytes.resize(key_count);
    servers.resize(key_count);
  }
  // Between two windows: a huge command's room is not kept, and after a burst none.
  void shrink(size_t key_count) {
    if (key_count <= kMostKeys) return;
    let_go_of_key_room();
  }
  void trim() {
    if (keys.size() > kFirstKeys) PlainArray<weir_key>(kFirstKeys).swap(keys);
    if (key_bytes.size() > kFirstKeys) let_go_of_key_room();
    std::vector<uint8_t>().swap(decoded);
  }
  void let_go_of_key_room() {
    std::vector<weir_bytes>(kFirstKeys).swap(key_bytes);
    std::vector<uint32_t>(kFirstKeys).swap(servers);
    for (auto *some : {&counted, &copy_servers, &copy_picks}) std::vector<uint32_t>().swap(*some);
  }

  static RequestArrays &of_this_thread() {
    thread_local RequestArrays arrays;
    return arrays;
  }

  std::vector<uint32_t> counted;  // of all_keys()
};

inline bool within(uint64_t off, uint64_t len, uint64_t size) {
  return off <= size && len <= size - off;
}

// Fills in the bytes of a key; false when it lies outside its message, and they are not to be looked at. visible: how
// much of it there is, from data on; size: of all of it. No branch until all is known: so the sum is one of numbers.
inline bool place_key(const weir_key &key, const uint8_t *data, uint64_t visible, uint64_t size, weir_bytes &bytes) {
  bytes = {reinterpret_cast<const uint8_t *>(reinterpret_cast<uintptr_t>(data) + key.off), key.len};
  return within(key.off, key.len, visible) && within(key.unit_off, key.unit_len, size);
}

inline bool place_keys(const weir_key *key, uint32_t n, const uint8_t *data, uint64_t visible, uint64_t size,
                       weir_bytes *bytes) {
  bool inside = true;
  for (const weir_key *end = key + n; key != end; ++key, ++bytes) {
    inside &= place_key(*key, data, visible, size, *bytes);
  }
  return inside;
}

}  // namespace weir::client
