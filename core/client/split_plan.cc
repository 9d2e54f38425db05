#include "core/client/split_plan.h"

#include <weir/hash.h>

#include <algorithm>

namespace weir::client {

uint32_t count_parts(const PartSizes &sizes) {
  return static_cast<uint32_t>(std::count_if(sizes.begin(), sizes.end(), [](uint32_t size) { return size > 0; }));
}

void lay_out_parts(Split &split, Request &request, const PartSizes &sizes, std::vector<uint32_t> &index) {
  auto servers = static_cast<uint32_t>(sizes.size() - 1);
  uint32_t next_pick = 0, next_part = 0;
  index.assign(servers + 1, 0);
  for (uint32_t server = 0; server <= servers; ++server) {
    if (sizes[server] == 0) continue;
    SplitPart &part = split.parts[next_part];
    init_part(part.part, request, server == servers ? WEIR_NO_SERVER : server, next_part);
    part.part.want_items = true;
    part.first_pick = next_pick;
    index[server] = next_part++;
    next_pick += split.key_count > 0 ? sizes[server] : 0;
  }
}

void assign_keys(Split &split, const std::vector<uint32_t> &index, uint32_t from, const uint32_t *servers, uint32_t n) {
  auto none = static_cast<uint32_t>(index.size() - 1);
  bool one_part = split.part_count == 1;
  for (uint32_t i = 0; i < n; ++i) {
    SplitPart &part = split.parts[one_part ? 0 : index[std::min(servers[i], none)]];
    uint32_t key = from + i;
    split.part_of[key] = part.part.index;
    split.pos_in[key] = part.pick_count;
    split.pick[part.first_pick + part.pick_count++] = key;
    ++part.part.keys;
  }
}

}  // namespace weir::client
