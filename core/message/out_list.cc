#include "core/message/out_list.h"

#include <algorithm>
#include <cstring>

namespace weir {

OutList::OutList() : segs_(kFirst) {}

void OutList::trim() {
  if (segs_.size() > kFirst) std::vector<weir_seg>(kFirst).swap(segs_);
}

weir_out *OutList::open(std::span<const weir_bytes> sources) {
  sources_ = sources;
  abi_.struct_size = sizeof abi_;
  abi_.flags = 0;
  abi_.segs = segs_.data();
  abi_.len = 0;
  abi_.cap = static_cast<uint32_t>(segs_.size());
  abi_.swallow = 0;
  abi_.grow = &OutList::grow;
  abi_.peek = &OutList::peek;
  abi_.core = this;
  return &abi_;
}

weir_status OutList::grow(weir_out *out, uint32_t want) {
  auto *self = static_cast<OutList *>(out->core);
  size_t total = static_cast<size_t>(out->len) + want;
  if (total > kMaxSegments) return WEIR_E_LIMIT;
  self->segs_.resize(std::max(total, self->segs_.size() * 2));
  out->segs = self->segs_.data();
  out->cap = static_cast<uint32_t>(self->segs_.size());
  return WEIR_OK;
}

const uint8_t *OutList::peek(weir_out *out, uint32_t src, uint64_t off, uint64_t len) {
  const auto *self = static_cast<const OutList *>(out->core);
  if (src >= self->sources_.size()) return nullptr;
  const weir_bytes &source = self->sources_[src];
  if (off > source.len || len > source.len - off) return nullptr;
  return source.ptr + off;
}

bool OutList::is_legal(const weir_seg &seg, const Arena &arena) {
  return seg.kind == WEIR_SEG_LIT || (seg.kind == WEIR_SEG_MEM && arena.holds(seg.ptr, seg.len));
}

size_t OutList::bytes() const {
  if (abi_.len > segs_.size()) return 0;
  size_t total = 0;
  for (uint32_t i = 0; i < abi_.len; ++i) total += abi_.segs[i].len;
  return total;
}

bool OutList::locate(const Arena &arena) {
  if (abi_.len > segs_.size()) return false;
  weir_seg *const end = segs_.data() + abi_.len;
  const weir_bytes *const sources = sources_.data();
  const size_t source_count = sources_.size();
  size_t total = 0;
  for (weir_seg *seg = segs_.data(); seg != end; ++seg) {
    if (seg->kind == WEIR_SEG_REF && seg->src < source_count) {  // most are
      const weir_bytes &source = sources[seg->src];
      if (seg->off > source.len || seg->len > source.len - seg->off) return false;
      seg->ptr = source.ptr + seg->off;
    } else if (!is_legal(*seg, arena)) {
      return false;
    }
    if (seg->ptr == nullptr || __builtin_add_overflow(total, seg->len, &total)) return false;
  }
  total_ = total;
  return true;
}

bool OutList::flatten(const Arena &arena, ChunkPool &pool, Chain &to) {
  return locate(arena) && put(pool, to);
}

bool OutList::flatten(const Arena &arena, ChunkPool &pool, HeldReply &to) {
  if (!locate(arena)) return false;
  if (total_ > HeldReply::kSmall) return put(pool, to.chain(pool));
  for (uint32_t i = 0; i < abi_.len; ++i) to.append(pool, segs_[i].ptr, segs_[i].len);
  return true;
}

// Of what is located. True, always.
bool OutList::put(ChunkPool &pool, Chain &to) const {
  const weir_seg *const end = segs_.data() + abi_.len;
  if (uint8_t *at = to.reserve(pool, total_); at != nullptr) {
    for (const weir_seg *seg = segs_.data(); seg != end; ++seg) {
      std::memcpy(at, seg->ptr, seg->len);
      at += seg->len;
    }
    to.filled(total_);
    return true;
  }
  for (const weir_seg *seg = segs_.data(); seg != end; ++seg) to.append(pool, seg->ptr, seg->len);
  return true;
}

}  // namespace weir
