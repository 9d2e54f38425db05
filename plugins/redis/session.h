// What a client chose for its connection and a server connection must have too: the version of RESP and the database.
// weir_req.profile carries it.
#pragma once

#include "client_state.h"
#include "settings.h"

namespace weir::redis {

// 0 is RESP2 and the pool's own database.
constexpr uint64_t kProfileResp3 = uint64_t{1} << 32;
constexpr uint64_t kProfileDb = uint64_t{1} << 33;  // the database is the lower half

constexpr bool is_resp3(uint64_t profile) {
  return (profile & kProfileResp3) != 0;
}
inline int64_t database_of(const Settings &settings, uint64_t profile) {
  return profile & kProfileDb ? static_cast<int64_t>(profile & UINT32_MAX) : settings.db;
}
inline uint64_t with_database(const Settings &settings, uint64_t profile, int64_t db) {
  uint64_t resp = profile & kProfileResp3;
  return db == settings.db ? resp : resp | kProfileDb | static_cast<uint64_t>(db);
}
constexpr uint64_t with_resp(uint64_t profile, int64_t version) {
  return version == 3 ? profile | kProfileResp3 : profile & ~kProfileResp3;
}

}  // namespace weir::redis
