// The `ranges` of slots, read from the configuration. The instance of the distribution is their list, or null.
#pragma once

#include <weir/host.h>

namespace weir::hash {

void *read_slot_ranges(const weir_host *, weir_errbuf *);  // a std::vector<SlotRange>
void drop_slot_ranges(void *inst);

}  // namespace weir::hash
