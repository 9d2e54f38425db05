// SINTER, SUNION, SDIFF, SINTERCARD, ZDIFF and ZINTERCARD over keys of several servers. Each server joins the keys it
// has, see set_renderer.h; here the parts are joined. The result is exactly what one server would have found; sets have
// no order, and the order of a ZDIFF is that of its first key's part.
#pragma once

#include "merge_work.h"
#include "set_table.h"

namespace weir::redis {

class SetMerger : public MergeWork {
 public:
  using MergeWork::MergeWork;
  static bool takes(Merge kind) { return kind >= Merge::kUnion; }
  weir_status run(const Command &command);

 private:
  struct Options {
    bool scores = false;
    uint64_t limit = 0;           // 0: none
    std::string_view wrong = {};  // what is wrong with them
  };
  Options options(const Command &command) const;
  const weir_part *first_failure() const;
  uint8_t type_of_item(uint32_t part) const;
  weir_bytes member(uint32_t part, uint64_t item) const;
  char mark(const Command &command) const;
  void too_large();
  void all_members(char mark);
  void sift(bool keep);
  void write_left(char mark);
  void write_pairs();

  uint32_t base_ = 0;                 // the part that has the first key
  bool *left_ = nullptr;              // for each of its members: whether it is still in the result
  uint32_t members_ = 0, width_ = 1;  // how many members it has, each of so many items
  SetTable table_;
};

}  // namespace weir::redis
