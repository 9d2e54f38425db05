// The bookkeeping of a request whose reply goes through merge(): which key went to which part, and what each replied.
// Lives in one chunk of its own, arrays behind it; owned by its Request. Thread: the worker's alone.
#pragma once

#include <weir/protocol.h>

#include "core/buffer/chunk.h"
#include "core/message/request.h"

namespace weir {

// One part and the reply gathered for it.
struct SplitPart {
  Part part;
  Chunk *bytes = nullptr;  // its replies, contiguous
  Chunk *items = nullptr;  // weir_item[]
  Chunk *rsps = nullptr;   // weir_rsp[]
  uint32_t item_count = 0, rsp_count = 0;
  uint32_t first_pick = 0, pick_count = 0;
  Failure failure{WEIR_PART_OK, WEIR_ERR_NONE, {}};
};

struct Split {
  Chunk *memory = nullptr;  // what all of this lies in
  SplitPart *parts = nullptr;
  uint32_t part_count = 0, key_count = 0;
  uint32_t *pick = nullptr;           // key_count, grouped by part
  uint32_t *part_of = nullptr;        // key_count
  uint32_t *pos_in = nullptr;         // key_count
  weir_bytes *key_bytes = nullptr;    // key_count, pointing into memory
  weir_bytes *client_keys = nullptr;  // NULLABLE: key_count, as the client sent them, when a filter rewrote any
  uint8_t *next_key = nullptr;        // where the next key is copied to
  weir_bytes message{nullptr, 0};     // the request's bytes, with WEIR_REQ_KEEP
  Chunk *changes = nullptr;           // for each topic, whether the client's listening to it has changed
  uint32_t change_count = 0;
  uint64_t announced = 0;    // how large its parts' replies are together, as far as is known
  uint32_t merged_keys = 0;  // how far the merge has come
  uint64_t merged_bytes = 0;

  // key_bytes, client_keys and message are copied. `keys` may be null when key_count is 0; client_keys: NULLABLE
  static Split *make(ChunkPool &pool, uint32_t part_count, const weir_bytes *keys, uint32_t key_count,
                     weir_bytes message, const weir_bytes *client_keys = nullptr);
  // One part, which has the only key: what a request has whose key was rewritten and whose reply names it.
  static Split *make_one(ChunkPool &pool, weir_bytes key, weir_bytes message, weir_bytes client_key);
  // The same for keys that follow by add_keys() and, when they are rewritten, add_client_keys(): key_len bytes in all.
  static Split *make_for(ChunkPool &pool, uint32_t part_count, uint32_t key_count, size_t key_len, weir_bytes message,
                         bool rewritten = false);
  // Copies n keys; the first of them is the request's key number `from`.
  void add_keys(uint32_t from, const weir_bytes *keys, uint32_t n) { copy_keys(key_bytes + from, keys, n); }
  void add_client_keys(uint32_t from, const weir_bytes *keys, uint32_t n) { copy_keys(client_keys + from, keys, n); }
  // Room for n of them.
  uint8_t *add_changes(ChunkPool &pool, uint32_t n);
  void free(ChunkPool &pool);
  // Appends a reply's bytes, or its description, to a part.
  static void add_bytes(ChunkPool &pool, SplitPart &part, const uint8_t *data, size_t len, size_t expected);
  static void add_reply(ChunkPool &pool, SplitPart &part, const weir_rsp &rsp, const weir_item *items);

 private:
  void copy_keys(weir_bytes *to, const weir_bytes *keys, uint32_t n);
};

}  // namespace weir
