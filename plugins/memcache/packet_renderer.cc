#include "packet_renderer.h"

#include <weir/inline.h>

#include <cstring>

#include "line_tokens.h"
#include "opcode_table.h"

namespace weir::memcache {

weir_status render_packet(const weir_scope *scope, const weir_render *r, weir_out *out) {
  const uint8_t *from = out->peek(out, 0, 0, kHeader);
  if (!from) return WEIR_E_FAIL;
  const Packet packet = read_packet(from);
  const bool rekeyed = r->rekeyed && r->req->key_count > 0 && r->rekeyed[0];
  const weir_bytes key = rekeyed ? r->key_bytes[0] : weir_bytes{nullptr, 0};
  if (rekeyed && (key.len == 0 || key.len > kMaxKey)) return WEIR_E_FAIL;
  auto *head = static_cast<uint8_t *>(scope->arena->alloc(scope->arena, kHeader + key.len, 1));
  if (!head) return WEIR_E_NOMEM;
  std::memcpy(head, from, kHeader);
  head[kOpcodeAt] = opcode_row(packet.opcode).loud;
  if (!rekeyed) {
    weir_status st = weir_push_mem(out, head, kHeader);
    return st == WEIR_OK ? weir_push_ref(out, 0, kHeader, r->req->size - kHeader) : st;
  }
  store_be16(head + 2, static_cast<uint32_t>(key.len));
  store_be32(head + 8, packet.body - packet.key + static_cast<uint32_t>(key.len));
  std::memcpy(head + kHeader, key.ptr, key.len);
  const uint64_t key_at = uint64_t{kHeader} + packet.extras, value_at = key_at + packet.key;
  weir_status st = weir_push_mem(out, head, kHeader);
  if (st == WEIR_OK) st = weir_push_ref(out, 0, kHeader, packet.extras);
  if (st == WEIR_OK) st = weir_push_mem(out, head + kHeader, key.len);
  return st == WEIR_OK ? weir_push_ref(out, 0, value_at, r->req->size - value_at) : st;
}

}  // namespace weir::memcache
