#include "key_echo.h"

#include "command_table.h"
#include "verdict.h"

namespace weir::redis {

namespace {

constexpr uint64_t kLongestError = 2048;

bool same(const weir_bytes &a, const weir_bytes &b) {
  return a.len == b.len && (a.len == 0 || std::memcmp(a.ptr, b.ptr, a.len) == 0);
}

uint8_t in_line(uint8_t c) {
  return c == '\r' || c == '\n' || c == '\0' ? ' ' : c;
}

class Finder {
 public:
  Finder(const weir_merge *m, const uint8_t *reply, Echo *out) : m_(m), reply_(reply), next_(out) {}

  Echo *next() const { return next_; }

  // A bulk at off that names a key, the next one the client asked for: a server answers in the order of the request,
  // and two of the client's keys may have become one. False: the server's own affair.
  bool bulk(uint64_t off, uint64_t room) {
    const uint8_t *at = reply_ + off;
    auto line = room > 0 && *at == '$' ? static_cast<const uint8_t *>(std::memchr(at, '\n', room)) : nullptr;
    int64_t len = 0;
    if (!line || line < at + 3 || !parse_integer(at + 1, static_cast<uint64_t>(line - at) - 2, len) || len < 0)
      return false;
    uint64_t head = static_cast<uint64_t>(line + 1 - at), size = head + static_cast<uint64_t>(len) + 2;
    if (size > room) return false;
    weir_bytes said = {line + 1, static_cast<uint64_t>(len)};
    for (; key_ < m_->key_count; ++key_) {
      if (!same(said, m_->key_bytes[key_])) continue;
      *next_++ = {off, size, m_->client_keys[key_], false};
      ++key_;
      return true;
    }
    return false;
  }

  // "*2\r\n$1\r\nk\r\n...": the first of a pair.
  bool pair(const weir_item &item) {
    constexpr uint64_t kHead = sizeof("*2\r\n") - 1;
    if (item.len < kHead || std::memcmp(reply_ + item.off, "*2\r\n", kHead) != 0) return false;
    return bulk(item.off + kHead, item.len - kHead);
  }

  // The first "'k'" of an error, which redis writes up to a NUL.
  bool error(uint64_t size) {
    for (uint32_t i = 0; i < m_->key_count; ++i) {
      weir_bytes key = m_->key_bytes[i];
      auto nul = key.len ? static_cast<const uint8_t *>(std::memchr(key.ptr, 0, key.len)) : nullptr;
      if (nul) key.len = static_cast<uint64_t>(nul - key.ptr);
      for (uint64_t at = 1; at + key.len + 1 < size; ++at) {
        if (!quoted(reply_ + at - 1, key)) continue;
        *next_++ = {at, key.len, m_->client_keys[i], true};
        return true;
      }
    }
    return false;
  }

 private:
  // Whether it stands behind a quote, and a quote behind it.
  static bool quoted(const uint8_t *at, const weir_bytes &key) {
    if (*at++ != '\'' || at[key.len] != '\'') return false;
    uint64_t i = 0;
    while (i < key.len && at[i] == in_line(key.ptr[i])) ++i;
    return i == key.len;
  }

  const weir_merge *m_;
  const uint8_t *reply_;
  Echo *next_;
  uint32_t key_ = 0;
};

}  // namespace

void Echoes::write_in_line(const weir_bytes &key, Writer &w) {
  uint8_t *place = key.len ? w.alloc(key.len) : nullptr;
  if (!place) return;
  for (uint64_t i = 0; i < key.len; ++i) place[i] = in_line(key.ptr[i]);
  w.mem(place, key.len);
}

weir_status find_echoes(const weir_scope *scope, const weir_merge *m, const uint8_t *reply, Echoes &out) {
  if (m->part_count != 1 || !reply) return WEIR_OK;
  const Command &command = kCommands[m->req->cmd];
  const weir_part &part = m->parts[0];
  if (!(command.flags & kEchoes) || part.rsp_count != 1) return WEIR_OK;
  bool streams = command.spec == KeySpec::kStreams;
  uint64_t most = streams ? uint64_t{m->key_count} + 1 : 1;
  void *room = scope->arena->alloc(scope->arena, most * sizeof(Echo), alignof(Echo));
  auto first = static_cast<Echo *>(room);
  if (!first) return WEIR_E_NOMEM;
  Finder finder(m, reply, first);
  uint64_t size = part.rsps[0].size;
  if (part.rsps[0].flags & WEIR_RF_ERROR) {
    if (size <= kLongestError) finder.error(size);
  } else if (streams) {
    bool map = *reply == '%';
    for (uint32_t i = 0; i < part.item_count; i += map ? 2 : 1) {
      const weir_item &item = part.items[i];
      if (!(map ? finder.bulk(item.off, item.len) : finder.pair(item))) break;
    }
  } else if (part.item_count > 1 && (command.spec == KeySpec::kNumkeys || (command.flags & kBlocks))) {
    finder.bulk(part.items[0].off, part.items[0].len);
  }
  out = {first, finder.next()};
  return WEIR_OK;
}

void write_with(Echoes &echoes, uint64_t size, Writer &w) {
  uint64_t at = 0;
  while (echoes.any()) {
    uint64_t off = echoes.next->off;
    w.ref(1, at, off - at);
    at = off + echoes.put_at(off, w);
  }
  w.ref(1, at, size - at);
}

}  // namespace weir::redis
