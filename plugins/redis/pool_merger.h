// Joins the replies to commands that are about the pool as a whole, where it takes more than adding up: RANDOMKEY,
// SCRIPT KILL, PUBSUB, LASTSAVE; and SCAN, which has one reply.
#pragma once

#include "merge_work.h"

namespace weir::redis {

class PoolMerger : public MergeWork {
 public:
  using MergeWork::MergeWork;
  static bool takes(Merge kind) { return kind >= Merge::kDistinct && kind <= Merge::kCursor; }
  weir_status run(Merge kind);

 private:
  bool fits(Merge kind, uint32_t part) const;
  void distinct();
  void sum_pairs();
  void extreme(bool largest);
  void pick_one();
  void one_succeeds();
  void cursor();
};

}  // namespace weir::redis
