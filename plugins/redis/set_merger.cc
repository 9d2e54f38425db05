#include "set_merger.h"

#include <algorithm>

#include "arguments.h"
#include "command_lookup.h"

namespace weir::redis {

namespace {

constexpr std::string_view kWrongType = "-WRONGTYPE ";
constexpr std::string_view kSyntax = "-ERR syntax error\r\n";

}  // namespace

weir_status SetMerger::run(const Command &command) {
  if (m_->first != 0) return WEIR_OK;  // all of it was written with the first slice
  Merge kind = command.merge();
  Options asked = command.spec == KeySpec::kNumkeys ? options(command) : Options{};
  const weir_part *bad = first_failure();
  // As a server does: SINTERCARD looks at its options first, the commands of sorted sets at their keys.
  if (!asked.wrong.empty() && (!bad || command.numkeys() == NumkeysStyle::kPositiveArgs)) {
    w_.lit(asked.wrong);
    return w_.status();
  }
  if (bad) {
    write_failure(*bad);
    return w_.status();
  }
  base_ = m_->part_of[0];
  width_ = asked.scores && type_of_item(base_) != '*' ? 2 : 1;
  if (kind == Merge::kUnion) {
    all_members(mark(command));
    return w_.status();
  }
  sift(kind == Merge::kIntersection || kind == Merge::kCountCommon);
  if (!left_) return w_.status();
  if (kind == Merge::kCountCommon) {
    auto n = static_cast<uint64_t>(std::count(left_, left_ + members_, true));
    w_.head(':', asked.limit && asked.limit < n ? asked.limit : n);
  } else {
    write_left(mark(command));
  }
  return w_.status();
}

// How the result begins: a set of RESP3, whatever the servers speak.
char SetMerger::mark(const Command &command) const {
  if (command.spec == KeySpec::kRange && is_resp3(m_->req->profile)) return '~';
  return static_cast<char>(type_of(base_));
}

// What stands behind the keys. ZDIFF's are judged by the server of its first key.
SetMerger::Options SetMerger::options(const Command &command) const {
  Options found;
  Arguments args;
  if (!args.read(scope_, out_->peek(out_, 0, 0, m_->req->size), m_->req->size, UINT32_MAX - 1)) {
    found.wrong = "-ERR weir could not read the request again\r\n";
    return found;
  }
  for (uint32_t i = m_->key_count + 2; i < args.count(); ++i) {
    auto is = [&](std::string_view word) { return same_word(args[i].ptr, args[i].len, word); };
    if (command.merge() != Merge::kCountCommon) {
      found.scores |= is("withscores");
      continue;
    }
    int64_t limit = 0;
    if (!is("limit") || i + 1 == args.count()) {
      found.wrong = kSyntax;
      return found;
    }
    ++i;
    if (!parse_integer(args[i].ptr, args[i].len, limit) || limit < 0) {
      found.wrong = "-ERR LIMIT can't be negative\r\n";
      return found;
    }
    found.limit = static_cast<uint64_t>(limit);
  }
  return found;
}

// A key of another type is what a server complains about first.
const weir_part *SetMerger::first_failure() const {
  const weir_part *bad = nullptr;
  for (uint32_t i = 0; i < m_->part_count; ++i) {
    const weir_part &part = m_->parts[i];
    if (good(part) && is_list(i)) continue;
    const uint8_t *text = answered(part) ? out_->peek(out_, i + 1, 0, kWrongType.size()) : nullptr;
    if (text && std::memcmp(text, kWrongType.data(), kWrongType.size()) == 0) return &part;
    if (!bad) bad = &part;
  }
  return bad;
}

uint8_t SetMerger::type_of_item(uint32_t part) const {
  const weir_part &p = m_->parts[part];
  return p.item_count ? byte_of(part, p.items[0].off) : 0;
}

// With its header, which is the same for the same text. A member with its score is a pair in RESP3.
weir_bytes SetMerger::member(uint32_t part, uint64_t item) const {
  const weir_item &it = m_->parts[part].items[item];
  const uint8_t *ptr = out_->peek(out_, part + 1, it.off, it.len);
  if (!ptr || *ptr != '*') return {ptr, ptr ? it.len : 0};
  auto bulk = static_cast<const uint8_t *>(std::memchr(ptr, '$', it.len));
  uint64_t left = bulk ? it.len - static_cast<uint64_t>(bulk - ptr) : 0;
  auto line = bulk ? static_cast<const uint8_t *>(std::memchr(bulk, '\n', left)) : nullptr;
  int64_t len = 0;
  if (!line || !parse_integer(bulk + 1, static_cast<uint64_t>(line - bulk - 2), len) || len < 0) return {ptr, it.len};
  uint64_t size = static_cast<uint64_t>(line + 1 - bulk) + static_cast<uint64_t>(len) + 2;
  return {bulk, size < left ? size : left};
}

void SetMerger::too_large() {
  left_ = nullptr;
  w_.lit("-ERR the sets are too large for weir to join; give their keys a common hash tag\r\n");
}

void SetMerger::all_members(char mark) {
  uint64_t most = 0, n = 0;
  for (uint32_t i = 0; i < m_->part_count; ++i) most += m_->parts[i].item_count;
  auto fresh = static_cast<bool *>(scope_->arena->alloc(scope_->arena, most + 1, 1));
  if (!fresh || !table_.reserve(scope_->arena, most)) return too_large();
  bool *next = fresh;
  for (uint32_t i = 0; i < m_->part_count; ++i)
    for (uint32_t k = 0; k < m_->parts[i].item_count; ++k) n += *next++ = table_.insert(member(i, k));
  w_.head(mark, n);
  RefRun run(w_);
  next = fresh;
  for (uint32_t i = 0; i < m_->part_count; ++i)
    for (uint32_t k = 0; k < m_->parts[i].item_count; ++k)
      if (*next++) run.add(i + 1, m_->parts[i].items[k].off, m_->parts[i].items[k].len);
}

// Leaves the members of the first key's part that all the other parts have (keep), or that none of them has.
void SetMerger::sift(bool keep) {
  members_ = m_->parts[base_].item_count / width_;
  uint64_t most = 0;
  for (uint32_t i = 0; i < m_->part_count; ++i)
    if (i != base_) most = std::max<uint64_t>(most, m_->parts[i].item_count);
  left_ = static_cast<bool *>(scope_->arena->alloc(scope_->arena, uint64_t{members_} + 1, 1));
  if (!left_ || !table_.reserve(scope_->arena, most)) return too_large();
  std::fill(left_, left_ + members_, true);
  for (uint32_t i = 0; i < m_->part_count; ++i) {
    if (i == base_) continue;
    table_.clear();
    for (uint32_t k = 0; k < m_->parts[i].item_count; ++k) table_.insert(member(i, k));
    for (uint32_t k = 0; k < members_; ++k)
      if (left_[k] && table_.has(member(base_, uint64_t{k} * width_)) != keep) left_[k] = false;
  }
}

void SetMerger::write_left(char mark) {
  const weir_part &part = m_->parts[base_];
  auto n = static_cast<uint64_t>(std::count(left_, left_ + members_, true));
  bool pairs = from_resp2_ && width_ == 2;  // in RESP3 an array of pairs, with the score as a double
  w_.head(mark, pairs ? n : n * width_);
  if (pairs) return write_pairs();
  RefRun run(w_);
  for (uint32_t k = 0; k < members_ * width_; ++k)
    if (left_[k / width_]) run.add(base_ + 1, part.items[k].off, part.items[k].len);
}

void SetMerger::write_pairs() {
  const weir_part &part = m_->parts[base_];
  for (uint32_t k = 0; k < members_; ++k) {
    if (!left_[k]) continue;
    const weir_item &name = part.items[k * 2], &score = part.items[k * 2 + 1];
    weir_bytes digits = text_of(base_, score);
    w_.lit("*2\r\n").ref(base_ + 1, name.off, name.len);
    w_.lit(",").ref(base_ + 1, score.off + score.len - digits.len - 2, digits.len + 2);
  }
}

}  // namespace weir::redis
