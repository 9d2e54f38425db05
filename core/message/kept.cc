#include "core/message/kept.h"

namespace weir {

Chunk *Kept::make(ChunkPool &pool, const Chain &from, size_t len, const weir_bytes *key) {
  uint32_t key_len = key == nullptr ? kNone : static_cast<uint32_t>(key->len);
  size_t before = sizeof key_len + (key == nullptr ? 0 : key->len);
  Chunk *kept = pool.get(before + len);
  std::memcpy(kept->bytes(), &key_len, sizeof key_len);
  if (key != nullptr && key->len > 0) std::memcpy(kept->bytes() + sizeof key_len, key->ptr, key->len);
  from.copy_last(len, kept->bytes() + before);
  kept->begin = before;
  kept->end = before + len;
  return kept;
}

}  // namespace weir
