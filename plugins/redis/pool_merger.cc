#include "pool_merger.h"

#include <algorithm>

#include "pool_cursor.h"

namespace weir::redis {

namespace {

constexpr std::string_view kNotBusy = "-NOTBUSY ";

// Any number; good enough to pick among servers.
uint64_t any_number(uint64_t seed) {
  static thread_local uint64_t state = 0x9E3779B97F4A7C15u;
  state += seed | 1;
  uint64_t mixed = (state ^ state >> 31) * 0xBF58476D1CE4E5B9u;
  return mixed ^ mixed >> 29;
}

// One element of one part's reply, as it stands there.
struct Element {
  const uint8_t *ptr;
  uint64_t off, len;
  uint32_t part;
  bool operator<(const Element &other) const {
    if (len != other.len) return len < other.len;
    return std::memcmp(ptr, other.ptr, len) < 0;
  }
  bool operator==(const Element &other) const { return len == other.len && std::memcmp(ptr, other.ptr, len) == 0; }
};

}  // namespace

weir_status PoolMerger::run(Merge kind) {
  if (kind == Merge::kOneSucceeds) {
    one_succeeds();
    return w_.status();
  }
  for (uint32_t i = 0; i < m_->part_count; ++i) {
    const weir_part &part = m_->parts[i];
    if (good(part) && fits(kind, i)) continue;
    write_failure(part);
    return w_.status();
  }
  switch (kind) {
    case Merge::kDistinct:
      distinct();
      break;
    case Merge::kSumPairs:
      sum_pairs();
      break;
    case Merge::kLargest:
    case Merge::kLeast:
      extreme(kind == Merge::kLargest);
      break;
    case Merge::kPickOne:
      pick_one();
      break;
    default:
      cursor();
  }
  return w_.status();
}

// Whether a reply has the command's shape.
bool PoolMerger::fits(Merge kind, uint32_t part) const {
  const weir_part &p = m_->parts[part];
  switch (kind) {
    case Merge::kDistinct:
      return is_list(part);
    case Merge::kSumPairs:
      return type_of(part) == '*' && p.item_count % 2 == 0 && p.item_count == m_->parts[0].item_count;
    case Merge::kLargest:
    case Merge::kLeast:
      return type_of(part) == ':';
    case Merge::kPickOne:
      return type_of(part) == '$' || type_of(part) == '_';
    default:
      return type_of(part) == '*' && p.item_count == 2;
  }
}

// PUBSUB CHANNELS: a channel that clients listen to on several servers is named once.
void PoolMerger::distinct() {
  uint64_t total = 0;
  for (uint32_t i = 0; i < m_->part_count; ++i) total += m_->parts[i].item_count;
  void *room = scope_->arena->alloc(scope_->arena, (total + 1) * sizeof(Element), alignof(Element));
  auto all = static_cast<Element *>(room);
  if (!all) {
    w_.fail(WEIR_E_NOMEM);
    return;
  }
  Element *end = all;
  for (uint32_t i = 0; i < m_->part_count; ++i) {
    const weir_part &part = m_->parts[i];
    const uint8_t *bytes = part.item_count ? out_->peek(out_, i + 1, 0, part.rsps[0].size) : nullptr;
    for (uint32_t k = 0; bytes && k < part.item_count; ++k)
      *end++ = {bytes + part.items[k].off, part.items[k].off, part.items[k].len, i};
  }
  std::sort(all, end);
  end = std::unique(all, end);
  w_.head(static_cast<char>(type_of(0)), static_cast<uint64_t>(end - all));
  for (Element *e = all; e < end; ++e) w_.ref(e->part + 1, e->off, e->len);
}

// PUBSUB NUMSUB: the channels in the order they were asked for.
void PoolMerger::sum_pairs() {
  uint32_t n = m_->part_count ? m_->parts[0].item_count : 0;
  w_.head('*', n);
  for (uint32_t k = 0; k < n; k += 2) {
    uint64_t sum = 0;
    for (uint32_t i = 0; i < m_->part_count; ++i) sum += m_->parts[i].items[k + 1].user;
    w_.ref(1, m_->parts[0].items[k].off, m_->parts[0].items[k].len).head(':', sum);
  }
}

// PUBSUB NUMPAT: patterns are subscribed to on every server. LASTSAVE: since when everything is saved.
void PoolMerger::extreme(bool largest) {
  uint32_t best = 0;
  for (uint32_t i = 1; i < m_->part_count; ++i) {
    uint64_t value = m_->parts[i].rsps[0].user, than = m_->parts[best].rsps[0].user;
    if (largest ? value > than : value < than) best = i;
  }
  whole_reply(best);
}

// RANDOMKEY: a server without keys says nil; the pool does when all do.
void PoolMerger::pick_one() {
  uint32_t found = 0, chosen = 0;
  for (uint32_t i = 0; i < m_->part_count; ++i) {
    if (type_of(i) == '_' || byte_of(i, 1) == '-') continue;
    if (any_number(scope_->now_us) % ++found == 0) chosen = i;
  }
  whole_reply(chosen);
}

// SCRIPT KILL: servers on which no script runs say so.
void PoolMerger::one_succeeds() {
  const weir_part *worst = nullptr, *idle = nullptr;
  for (uint32_t i = 0; i < m_->part_count; ++i) {
    const weir_part &part = m_->parts[i];
    if (good(part)) return whole_reply(i);
    const uint8_t *text = answered(part) ? out_->peek(out_, i + 1, 0, kNotBusy.size()) : nullptr;
    bool not_busy = text && std::memcmp(text, kNotBusy.data(), kNotBusy.size()) == 0;
    const weir_part *&slot = not_busy ? idle : worst;
    if (!slot) slot = &part;
  }
  if (worst || idle) write_failure(worst ? *worst : *idle);
}

void PoolMerger::cursor() {
  const weir_part &part = m_->parts[0];
  PoolCursor scan{0, part.server};
  weir_bytes text = text_of(0, part.items[0]);
  uint64_t answered = 0, word = 0;
  if (text.len == 0 || !PoolCursor::read_number(text.ptr, text.len, answered) ||
      !scan.next(answered, settings_.servers, word)) {
    w_.lit("-ERR the server's cursor is too large to be carried with the number of the server\r\n");
    return;
  }
  uint8_t digits[24];
  const uint8_t *begin = write_decimal(digits + sizeof(digits), word);
  auto len = static_cast<uint64_t>(digits + sizeof(digits) - begin);
  w_.lit("*2\r\n").bulk({reinterpret_cast<const char *>(begin), len}).ref(1, part.items[1].off, part.items[1].len);
}

}  // namespace weir::redis
