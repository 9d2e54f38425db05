// A small catalog with the traits that matter: protocols picked by a boolean key, keys that stand in the pool, a
// secret, every type of key, components with a schema and without.
#pragma once

#include <weir/module.h>
#include <weir/schema.h>

#include "core/config/catalog.h"

namespace weir::config::testing {

inline const weir_schema_key kRedisKeys[] = {
    {"redis_auth", WEIR_T_STR, WEIR_KEY_POOL | WEIR_KEY_SECRET, nullptr, nullptr, 0, 0, "The password."},
    {"redis_db", WEIR_T_INT, WEIR_KEY_POOL, "0", nullptr, 0, 2147483647, "The database."},
    {"mget_failure", WEIR_T_ENUM, 0, "error", "error|null|close", 0, 0, "What a part that failed becomes."},
};
inline const weir_schema_switch kRedisPick = {"redis", 1, 0};
inline const weir_schema kRedis = {sizeof(weir_schema), 3, kRedisKeys, &kRedisPick};

inline const weir_schema_switch kMemcachePick = {"redis", 0, 1};
inline const weir_schema kMemcache = {sizeof(weir_schema), 0, nullptr, &kMemcachePick};

inline const weir_schema_key kTypedKeys[] = {
    {"flag", WEIR_T_BOOL, 0, "false", nullptr, 0, 0, "A flag."},
    {"level", WEIR_T_INT, 0, "5", nullptr, -2, 9, "A level."},
    {"label", WEIR_T_STR, 0, "\"x: y\"", nullptr, 0, 0, "A label."},
    {"mode", WEIR_T_ENUM, 0, nullptr, "fast|slow", 0, 0, "A mode | a way."},
    {"wait", WEIR_T_DURATION, 0, "250ms", nullptr, 0, 0, "A wait."},
    {"room", WEIR_T_SIZE, 0, "64k", nullptr, 0, 0, "A room."},
    {"names", WEIR_T_LIST, 0, "[a, \"1\"]", nullptr, 0, 0, "Some names."},
    {"extra", WEIR_T_ANY, 0, nullptr, nullptr, 0, 0, "Anything."},
    {"pin", WEIR_T_INT, WEIR_KEY_SECRET, nullptr, nullptr, 0, 9999, "A secret number."},
    {"path", WEIR_T_FILE, 0, nullptr, nullptr, 0, 0, "A file."},
};
inline const weir_schema kTyped = {sizeof(weir_schema), 10, kTypedKeys, nullptr};

inline const Catalog &fixed_catalog() {
  static const Catalog catalog = {
      {WEIR_K_PROTOCOL, "memcache", &kMemcache}, {WEIR_K_PROTOCOL, "redis", &kRedis},
      {WEIR_K_PROTOCOL, "colour", nullptr},      {WEIR_K_HASH, "fnv1a_64", nullptr},
      {WEIR_K_HASH, "fnv1_64", nullptr},         {WEIR_K_HASH, "md5", nullptr},
      {WEIR_K_HASH, "crc32a", nullptr},          {WEIR_K_HASH, "murmur", nullptr},
      {WEIR_K_DIST, "ketama", nullptr},          {WEIR_K_DIST, "modula", nullptr},
      {WEIR_K_DIST, "random", nullptr},          {WEIR_K_FILTER, "typed", &kTyped},
      {WEIR_K_FILTER, "loose", nullptr},
  };
  return catalog;
}

}  // namespace weir::config::testing
