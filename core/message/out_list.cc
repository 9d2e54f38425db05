#include "core/message/out_list.h"

#include <algorithm>

namespace weir {

OutList::OutList() : segs_(256) {}

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

const uint8_t *OutList::resolve(const weir_seg &seg, const Arena &arena) const {
  switch (seg.kind) {
    case WEIR_SEG_REF: {
      if (seg.src >= sources_.size()) return nullptr;
      const weir_bytes &source = sources_[seg.src];
      return seg.off <= source.len && seg.len <= source.len - seg.off ? source.ptr + seg.off : nullptr;
    }
    case WEIR_SEG_MEM:
      return arena.holds(seg.ptr, seg.len) ? seg.ptr : nullptr;
    case WEIR_SEG_LIT:
      return seg.ptr;
    default:
      return nullptr;
  }
}

size_t OutList::bytes() const {
  if (abi_.len > segs_.size()) return 0;
  size_t total = 0;
  for (uint32_t i = 0; i < abi_.len; ++i) total += abi_.segs[i].len;
  return total;
}

bool OutList::flatten(const Arena &arena, ChunkPool &pool, Chain &to) const {
  if (abi_.len > segs_.size()) return false;
  for (uint32_t i = 0; i < abi_.len; ++i) {
    if (resolve(abi_.segs[i], arena) == nullptr) return false;
  }
  for (uint32_t i = 0; i < abi_.len; ++i) to.append(pool, resolve(abi_.segs[i], arena), abi_.segs[i].len);
  return true;
}

weir_bytes OutList::flatten(Arena &arena) const {
  if (abi_.len > segs_.size()) return {nullptr, 0};
  for (uint32_t i = 0; i < abi_.len; ++i) {  // before their lengths are trusted
    if (resolve(abi_.segs[i], arena) == nullptr) return {nullptr, 0};
  }
  size_t total = bytes();
  auto *to = static_cast<uint8_t *>(arena.alloc(std::max<size_t>(total, 1), 1));
  if (to == nullptr) return {nullptr, 0};
  uint8_t *at = to;
  for (uint32_t i = 0; i < abi_.len; ++i) {
    at = std::copy_n(resolve(abi_.segs[i], arena), abi_.segs[i].len, at);
  }
  return {to, total};
}

}  // namespace weir
