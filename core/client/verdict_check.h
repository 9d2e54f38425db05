// Whether what a filter decided may be followed: nothing of it is believed before.
// Thread: the worker's alone. No I/O here.
#pragma once

#include <weir/filter.h>

namespace weir::client {

class Front;

// Where a filter was to write other keys, and which of them it wrote.
struct OfferedKeys {
  const weir_bytes *keys;
  const uint8_t *marks;
};

// Why the verdict on the request that the view shows cannot be followed, for the log; null: it can.
const char *verdict_fault(const Front &front, const weir_view &view, const weir_verdict &verdict,
                          const OfferedKeys &offered);

}  // namespace weir::client
