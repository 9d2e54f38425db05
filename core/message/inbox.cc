#include "core/message/inbox.h"

#include <algorithm>
#include <cstring>

namespace weir {

bool Inbox::reads_in_place(const Window &window) const {
  return held_->size() >= kOwnChunkFrom || std::max(size_, resume_) > window.size / 2;
}

Inbox::Span Inbox::prepare_more(ChunkPool &pool, const Window &window) {
  if (!reads_in_place(window)) {
    std::memcpy(window.data, held_->data(), held_->size());
    return {window.data + held_->size(), window.size - held_->size()};
  }
  size_t have = held_->end;
  size_t known = held_->begin + std::max(size_, resume_);
  size_t unseen = known > have ? known - have : 0;
  // What will be parsed at once is no more than a window; what need not be looked at may come besides.
  size_t most = size_ > 0 ? unseen : unseen + window.size;
  if (held_->room() < std::min(most, window.size)) {
    // Memory follows what arrives, not what was announced: twice what is there, or one step more.
    size_t more = std::max(have, kGrowStep);
    held_ = pool.grow(held_, have + (size_ > 0 ? std::min(more, unseen) : more));
  }
  size_t room = std::min(held_->room(), most);
  return {held_->bytes() + held_->end, room};
}

Inbox::Span Inbox::received_more(ChunkPool &pool, const Window &window, size_t n) {
  if (reads_in_place(window)) {
    held_->end += n;
    return {held_->data(), held_->size()};
  }
  size_t before = held();
  pool.put(held_);
  held_ = nullptr;
  return {window.data, before + n};
}

Inbox::Span Inbox::again() {
  return held_ == nullptr ? Span{} : Span{held_->data(), held_->size()};
}

void Inbox::add(ChunkPool &pool, Span more) {
  if (held_ == nullptr) {
    held_ = pool.get(more.len);
  } else if (held_->room() < more.len) {
    held_ = pool.grow(held_, held_->end + more.len);
  }
  std::memcpy(held_->bytes() + held_->end, more.data, more.len);
  held_->end += more.len;
}

void Inbox::keep(ChunkPool &pool, Span all, size_t from, size_t resume, size_t size) {
  resume_ = resume;
  size_ = size;
  size_t left = all.len - from;
  if (owns(all) && held_->begin + from <= left) {  // mostly unread: leave it where it is
    held_->begin += from;
    return;
  }
  Chunk *kept = nullptr;
  if (left > 0) {
    kept = pool.get(left);
    std::memcpy(kept->bytes(), all.data + from, left);
    kept->end = left;
  }
  if (held_ != nullptr) pool.put(held_);
  held_ = kept;
}

Chunk *Inbox::take() {
  Chunk *chunk = held_;
  held_ = nullptr;
  resume_ = size_ = 0;
  return chunk;
}

}  // namespace weir
