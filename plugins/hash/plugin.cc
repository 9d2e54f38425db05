// What this file offers: twemproxy's hash functions and distributions under twemproxy's names, and newer ones.
#include <weir/hash.h>
#include <weir/module.h>

#include <cstring>
#include <iterator>

#include "plugins/hash/hashes.h"
#include "plugins/hash/jump.h"
#include "plugins/hash/ketama.h"
#include "plugins/hash/maglev.h"
#include "plugins/hash/modula.h"
#include "plugins/hash/random.h"
#include "plugins/hash/rendezvous.h"
#include "plugins/hash/slots.h"

namespace weir::hash {
namespace {

template <Run *run, uint32_t bits>
constexpr weir_hash kHash = {
    .struct_size = sizeof(weir_hash), .bits = bits, .create = nullptr, .destroy = nullptr, .run = run};

template <Run *run, uint32_t bits = 32>
constexpr weir_component hash_component(const char *name, const char *summary) {
  return {WEIR_K_HASH, 0, name, summary, &kHash<run, bits>, nullptr};
}

constexpr weir_component dist_component(const char *name, const char *summary, const weir_dist *ops) {
  return {WEIR_K_DIST, 0, name, summary, ops, nullptr};
}

const void *slots_extension(const char *id) {
  return std::strcmp(id, WEIR_EXT_SCHEMA) == 0 ? &kSlotsSchema : nullptr;
}

constexpr weir_component kComponents[] = {
    hash_component<one_at_a_time>("one_at_a_time", "Bob Jenkins' one-at-a-time"),
    hash_component<md5>("md5", "first four bytes of MD5"),
    hash_component<crc16>("crc16", "CRC-16/XMODEM, not cut to 16 bits"),
    hash_component<crc32>("crc32", "15 bits of CRC-32, as libmemcached; spreads badly under ketama"),
    hash_component<crc32a>("crc32a", "CRC-32, all 32 bits"),
    hash_component<fnv1_64>("fnv1_64", "FNV-1, 64 bits cut to 32"),
    hash_component<fnv1a_64>("fnv1a_64", "FNV-1a with the 64-bit constants, computed in 32 bits"),
    hash_component<fnv1_32>("fnv1_32", "FNV-1, 32 bits"),
    hash_component<fnv1a_32>("fnv1a_32", "FNV-1a, 32 bits"),
    hash_component<hsieh>("hsieh", "Paul Hsieh's SuperFastHash"),
    hash_component<murmur>("murmur", "MurmurHash2, 32 bits"),
    hash_component<jenkins>("jenkins", "Bob Jenkins' lookup3"),
    hash_component<xxh64, 64>("xxh64", "XXH64, 64 bits; fast and without bad cases"),
    hash_component<murmur3, 64>("murmur3", "MurmurHash3 x64, the first 64 of 128 bits"),
    hash_component<murmur3_32>("murmur3_32", "MurmurHash3 x86, 32 bits"),
    dist_component("ketama", "consistent hashing by weight; few keys move when servers change", &kKetama),
    dist_component("modula", "hash modulo total weight; most keys move when servers change", &kModula),
    dist_component("random", "any live server, whatever the key", &kRandom),
    dist_component("jump", "consistent hashing without a table; servers are added at the end, and have no weights",
                   &kJump),
    dist_component("rendezvous", "highest draw by weight; fewest keys move, each key asks every server", &kRendezvous),
    dist_component("maglev", "a table filled in turns, by weight; even shares, few keys move", &kMaglev),
    {WEIR_K_DIST, 0, "slots", "a Redis cluster's 16384 slots, dealt out or by ranges; the hash is not asked", &kSlots,
     slots_extension},
};

constexpr weir_module kModule = {
    .struct_size = sizeof(weir_module),
    .abi_major = WEIR_ABI_MAJOR,
    .abi_minor = WEIR_ABI_MINOR,
    .min_core_minor = WEIR_ABI_MINOR,
    .reserved = 0,
    .component_count = std::size(kComponents),
    .id = "org.weir.hash",
    .version = "0.1.0",
    .vendor = "weir",
    .license = "",
    .url = "",
    .required_extensions = nullptr,
    .components = kComponents,
};

}  // namespace
}  // namespace weir::hash

const weir_module *weir_plugin_v0(void) {
  return &weir::hash::kModule;
}
