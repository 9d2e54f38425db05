// Which protocol a pool speaks when a boolean key of its own says so, as in nutcracker.yml. Which keys these are is
// known only from the protocols' schemas. Control thread.
#pragma once

#include <string>

#include "core/config/section.h"

namespace weir::config {

bool is_pick_key(const Catalog &, std::string_view key);

// The protocol of a pool without `protocol:`. Null after a complaint.
const CatalogEntry *pick_protocol(const Context &, const Node &pool, const Place &, const std::string &path);

// Complains when a picking key says something else than `protocol:` does.
void check_picks(const Context &, const Node &pool, const CatalogEntry &chosen, const std::string &path);

}  // namespace weir::config
