// What an operator may configure. Made and destroyed by the control thread, read-only for the workers.
#pragma once

#include <weir/host.h>
#include <weir/schema.h>
#include <weir/types.h>

namespace weir::memcache {

struct Settings {
  // What a get over several servers answers when one of them fails: one error for the whole, which never passes a
  // failure off as an absent key and is what twemproxy does; or the keys of the others, the failed ones as misses.
  bool failed_shard_is_miss = false;
  bool deny_admin = false;  // commands that administer a server are refused where the pool has but one, too
  bool one_server = false;  // the pool is transparent: nothing is split or joined
};

// Those of the instance a call is for.
const Settings &settings_of(const weir_scope *scope);

extern const weir_schema kSchema;

// False: refused, and the place of the mistake has been complained about.
bool read_settings(const weir_host *host, weir_errbuf *err, Settings *out);

}  // namespace weir::memcache
