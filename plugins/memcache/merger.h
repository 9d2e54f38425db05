// One reply out of several. Used by the workers; a Merger is one worker's own and keeps only where it stands in large
// replies that are merged in slices.
#pragma once

#include <array>
#include <vector>

#include <weir/protocol.h>

#include "settings.h"
#include "value_lanes.h"

namespace weir::memcache {

class Merger {
 public:
  weir_status merge(const weir_scope *scope, const Settings &settings, const weir_merge *m, weir_out *out);

 private:
  // Where the slices of one merge stand: for each part, its first item that belongs to no key before `first`.
  struct Stand {
    const weir_part *parts = nullptr;
    const weir_req *req = nullptr;
    uint32_t first = 0, key_count = 0, age = 0;
    std::vector<uint32_t> next;
  };
  // The same for the slice under way.
  struct Cursor {
    Lane *lanes = nullptr;  // one a part, in the arena
  };
  weir_status values(const weir_scope *scope, const Settings &settings, const weir_merge *m, weir_out *out);
  Stand *find(const weir_merge *m);
  Cursor recall(const weir_scope *scope, const weir_merge *m, weir_out *out);
  void remember(const weir_merge *m, const Cursor &cursor);

  static constexpr uint32_t kStands = 16;  // merges in slices at the same time; more are only slower
  std::array<Stand, kStands> stands_;
  uint32_t clock_ = 0;
};

}  // namespace weir::memcache
