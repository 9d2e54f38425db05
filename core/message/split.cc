#include "core/message/split.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

namespace weir {
namespace {

size_t aligned(size_t n) {
  return (n + 15) & ~size_t{15};
}

// The chunk with len more bytes of room, made or grown as needed.
Chunk *with_room(ChunkPool &pool, Chunk *chunk, size_t len, size_t expected) {
  if (chunk == nullptr) return pool.get(std::max(len, expected));
  if (chunk->room() >= len) return chunk;
  return pool.grow(chunk, std::max(chunk->end + std::max(len, expected), chunk->cap * 2));
}

void add(ChunkPool &pool, Chunk *&chunk, const void *data, size_t len, size_t expected) {
  chunk = with_room(pool, chunk, len, expected);
  if (len > 0) std::memcpy(chunk->bytes() + chunk->end, data, len);
  chunk->end += len;
}

}  // namespace

Split *Split::make(ChunkPool &pool, uint32_t part_count, const weir_bytes *keys, uint32_t key_count, weir_bytes message,
                   const weir_bytes *client_keys) {
  bool rewritten = client_keys != nullptr && key_count > 0;
  size_t key_len = 0;
  for (uint32_t i = 0; i < key_count; ++i) key_len += keys[i].len;
  for (uint32_t i = 0; rewritten && i < key_count; ++i) key_len += client_keys[i].len;
  Split *split = make_for(pool, part_count, key_count, key_len, message, rewritten);
  split->add_keys(0, keys, key_count);
  if (rewritten) split->add_client_keys(0, client_keys, key_count);
  return split;
}

Split *Split::make_for(ChunkPool &pool, uint32_t part_count, uint32_t key_count, size_t key_len, weir_bytes message,
                       bool rewritten) {
  size_t n = key_count;
  size_t total = aligned(sizeof(Split)) + aligned(part_count * sizeof(SplitPart)) +
                 (rewritten ? 2 : 1) * n * sizeof(weir_bytes) + 3 * aligned(n * sizeof(uint32_t)) + key_len +
                 message.len;
  Chunk *memory = pool.get(total + 16);
  auto *at = memory->bytes();
  at += (16 - reinterpret_cast<uintptr_t>(at) % 16) % 16;
  auto carve = [&at](size_t bytes) {
    uint8_t *place = at;
    at += bytes;
    return place;
  };
  auto *split = new (carve(aligned(sizeof(Split)))) Split{};
  split->memory = memory;
  split->part_count = part_count;
  split->key_count = key_count;
  split->parts = new (carve(aligned(part_count * sizeof(SplitPart)))) SplitPart[part_count];
  split->key_bytes = reinterpret_cast<weir_bytes *>(carve(n * sizeof(weir_bytes)));
  if (rewritten) split->client_keys = reinterpret_cast<weir_bytes *>(carve(n * sizeof(weir_bytes)));
  split->pick = reinterpret_cast<uint32_t *>(carve(aligned(n * sizeof(uint32_t))));
  split->part_of = reinterpret_cast<uint32_t *>(carve(aligned(n * sizeof(uint32_t))));
  split->pos_in = reinterpret_cast<uint32_t *>(carve(aligned(n * sizeof(uint32_t))));
  if (message.len > 0) {
    uint8_t *copy = carve(message.len);
    std::memcpy(copy, message.ptr, message.len);
    split->message = {copy, message.len};
  }
  split->next_key = at;
  return split;
}

Split *Split::make_one(ChunkPool &pool, weir_bytes key, weir_bytes message, weir_bytes client_key) {
  struct Whole {
    Split split;
    SplitPart part;
    weir_bytes key, client_key;
    uint32_t pick = 0, part_of = 0, pos_in = 0;
  };
  Chunk *memory = pool.get(sizeof(Whole) + alignof(Whole) + key.len + client_key.len + message.len);
  uint8_t *at = memory->bytes();
  at += (alignof(Whole) - reinterpret_cast<uintptr_t>(at) % alignof(Whole)) % alignof(Whole);
  auto *whole = new (at) Whole{};
  at += sizeof(Whole);
  auto copy = [&at](weir_bytes bytes) {
    if (bytes.len > 0) std::memcpy(at, bytes.ptr, bytes.len);
    return weir_bytes{std::exchange(at, at + bytes.len), bytes.len};
  };
  whole->key = copy(key);
  whole->client_key = copy(client_key);
  Split &split = whole->split;
  split.memory = memory;
  split.parts = &whole->part;
  split.part_count = split.key_count = 1;
  split.pick = &whole->pick;
  split.part_of = &whole->part_of;
  split.pos_in = &whole->pos_in;
  split.key_bytes = &whole->key;
  split.client_keys = &whole->client_key;
  if (message.len > 0) split.message = copy(message);
  split.next_key = at;
  whole->part.pick_count = whole->part.part.keys = 1;
  whole->part.part.want_items = true;
  return &split;
}

void Split::copy_keys(weir_bytes *to, const weir_bytes *keys, uint32_t n) {
  for (uint32_t i = 0; i < n; ++i) {
    if (keys[i].len > 0) std::memcpy(next_key, keys[i].ptr, keys[i].len);
    to[i] = {next_key, keys[i].len};
    next_key += keys[i].len;
  }
}

uint8_t *Split::add_changes(ChunkPool &pool, uint32_t n) {
  changes = pool.get(std::max<uint32_t>(n, 1));
  changes->end = n;
  change_count = n;
  return changes->bytes();
}

void Split::free(ChunkPool &pool) {
  if (changes != nullptr) pool.put(changes);
  for (uint32_t i = 0; i < part_count; ++i) {
    for (Chunk *chunk : {parts[i].bytes, parts[i].items, parts[i].rsps}) {
      if (chunk != nullptr) pool.put(chunk);
    }
  }
  pool.put(memory);
}

void Split::add_bytes(ChunkPool &pool, SplitPart &part, const uint8_t *data, size_t len, size_t expected) {
  add(pool, part.bytes, data, len, expected);
}

void Split::add_reply(ChunkPool &pool, SplitPart &part, const weir_rsp &rsp, const weir_item *items) {
  size_t base = part.bytes == nullptr ? 0 : part.bytes->end;
  add(pool, part.rsps, &rsp, sizeof rsp, 0);
  ++part.rsp_count;
  if (rsp.item_count == 0) return;
  size_t before = part.item_count;
  add(pool, part.items, items, rsp.item_count * sizeof(weir_item), 0);
  part.item_count += rsp.item_count;
  if (base == 0) return;
  auto *all = reinterpret_cast<weir_item *>(part.items->bytes());
  for (size_t i = before; i < part.item_count; ++i) all[i].off += base;
}

}  // namespace weir
