// The client's own key where a reply names the one that a filter made of it. For one call of merge().
#pragma once

#include <weir/out.h>
#include <weir/protocol.h>

#include "packet.h"

namespace weir::memcache {

// weir_merge.client_keys; nullptr when no filter rewrote anything.
inline const weir_bytes *client_keys(const weir_merge *m) {
  return m->key_count > 0 ? m->client_keys : nullptr;
}

// One VALUE block under the client's name for the key.
weir_status push_renamed(const weir_scope *scope, uint32_t src, const weir_item &item, weir_bytes own, weir_out *out);

// What most renamed replies are: the one server's END, or the one value of the one key and END, which is small. False:
// it is not that, and nothing was pushed; the general way gives the same.
bool push_usual_renamed(const weir_scope *scope, const weir_merge *m, weir_out *out);

// The reply of the one part to a meta command: "k<key>" in its line, or what stands behind ME.
weir_status push_meta_renamed(const weir_scope *scope, const weir_merge *m, weir_out *out);

// A packet that begins at `at` of source src, with `head` in place of its header, which says what there is.
weir_status push_packet_renamed(const weir_scope *scope, const weir_merge *m, uint32_t src, uint64_t at, uint64_t size,
                                uint8_t *head, weir_out *out);

}  // namespace weir::memcache
