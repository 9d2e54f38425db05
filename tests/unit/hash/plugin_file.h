// The built hash.so, loaded as the core loads it, and short ways to call what is in it.
#pragma once

#include <dlfcn.h>
#include <weir/hash.h>
#include <weir/module.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::test {

inline weir_bytes bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t *>(text.data()), text.size()};
}

inline const weir_module &hash_module() {
  static const weir_module *const module = [] {
    void *file = dlopen(WEIR_HASH_PLUGIN, RTLD_NOW | RTLD_LOCAL);
    if (file == nullptr) throw std::runtime_error(dlerror());
    void *entry = dlsym(file, WEIR_ENTRY_NAME);
    if (entry == nullptr) throw std::runtime_error(dlerror());
    return reinterpret_cast<const weir_module *(*)()>(entry)();
  }();
  return *module;
}

template <class Ops>
const Ops &component(uint32_t kind, std::string_view name) {
  const weir_module &module = hash_module();
  for (uint32_t i = 0; i < module.component_count; ++i) {
    const weir_component &c = module.components[i];
    if (c.kind == kind && name == c.name) return *static_cast<const Ops *>(c.ops);
  }
  throw std::runtime_error("no component " + std::string(name));
}
inline const weir_hash &hash_named(std::string_view name) {
  return component<weir_hash>(WEIR_K_HASH, name);
}
inline const weir_dist &dist_named(std::string_view name) {
  return component<weir_dist>(WEIR_K_DIST, name);
}

// Twemproxy's.
inline std::vector<std::string> hash_names() {
  return {"one_at_a_time", "md5",     "crc16",    "crc32", "crc32a", "fnv1_64",
          "fnv1a_64",      "fnv1_32", "fnv1a_32", "hsieh", "murmur", "jenkins"};
}

inline std::vector<std::string> newer_hash_names() {
  return {"xxh64", "murmur3", "murmur3_32"};
}
inline std::vector<std::string> all_hash_names() {
  std::vector<std::string> names = hash_names();
  for (std::string &name : newer_hash_names()) names.push_back(std::move(name));
  return names;
}
// The distributions that look at hashes alone, and choose by them.
inline std::vector<std::string> hashing_names() {
  return {"ketama", "modula", "jump", "rendezvous", "maglev"};
}

inline weir_scope scope_of(void *worker = nullptr) {
  weir_scope scope{};
  scope.struct_size = sizeof scope;
  scope.worker = worker;
  return scope;
}

inline uint64_t hash_of(const weir_hash &hash, weir_bytes key) {
  const weir_scope scope = scope_of();
  uint64_t out = 0;
  hash.run(&scope, &key, 1, &out);
  return out;
}

struct Server {
  std::string name;
  uint32_t weight = 1;
  bool alive = true;
};

// A ring and what built it. Names are gone once it is built, as the core's may be.
class Ring {
 public:
  Ring(std::string_view distribution, std::vector<Server> servers) : dist_(dist_named(distribution)) {
    std::vector<weir_server> array;
    for (const Server &server : servers) {
      const auto index = static_cast<uint32_t>(array.size());
      array.push_back({bytes(server.name), {}, index, server.weight, 0, server.alive});
    }
    char text[256];
    weir_errbuf err{text, sizeof text, 0};
    ring_ = dist_.build(nullptr, array.data(), static_cast<uint32_t>(array.size()), nullptr, &err);
    error_.assign(text, err.len);
  }
  ~Ring() {
    if (ring_ != nullptr) dist_.drop(nullptr, ring_);
  }
  Ring(const Ring &) = delete;
  Ring &operator=(const Ring &) = delete;

  bool built() const { return ring_ != nullptr; }
  const std::string &error() const { return error_; }

  std::vector<uint32_t> select(const std::vector<uint64_t> &hashes, void *worker = nullptr) const {
    const weir_scope scope = scope_of(worker);
    std::vector<uint32_t> chosen(hashes.size(), 0xabababab);
    const bool no_hash = (dist_.flags & WEIR_D_NO_HASH) != 0;
    dist_.select(&scope, ring_, no_hash ? nullptr : hashes.data(), nullptr, static_cast<uint32_t>(hashes.size()),
                 chosen.data());
    return chosen;
  }
  // For distributions that ask for keys instead of hashes.
  std::vector<uint32_t> select_keys(const std::vector<std::string> &keys) const {
    const weir_scope scope = scope_of();
    std::vector<weir_bytes> views;
    for (const std::string &key : keys) views.push_back(bytes(key));
    std::vector<uint32_t> chosen(keys.size(), 0xabababab);
    dist_.select(&scope, ring_, nullptr, views.data(), static_cast<uint32_t>(keys.size()), chosen.data());
    return chosen;
  }
  std::string explain(uint64_t hash, std::string_view key) const {
    char text[256];
    weir_errbuf out{text, sizeof text, 0};
    dist_.explain(nullptr, ring_, hash, bytes(key), &out);
    return {text, out.len};
  }
  uint32_t select(uint64_t hash) const { return select(std::vector<uint64_t>{hash}).front(); }

 private:
  const weir_dist &dist_;
  void *ring_ = nullptr;
  std::string error_;
};

// Numbers without a pattern, the same in every run.
inline std::vector<uint64_t> scattered_hashes(size_t n) {
  std::vector<uint64_t> hashes(n);
  uint32_t state = 2463534242;
  for (uint64_t &hash : hashes) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    hash = state;
  }
  return hashes;
}

}  // namespace weir::test
