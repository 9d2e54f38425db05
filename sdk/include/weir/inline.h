/* weir/inline.h - small helpers every plugin writes otherwise. Freestanding C, nothing to link. */
#ifndef WEIR_INLINE_H
#define WEIR_INLINE_H
#include "out.h"
#include "protocol.h"
WEIR_EXTERN_C_BEGIN

/* Appends one segment; grows when needed. */
static inline weir_status weir_push_seg(weir_out *out, uint32_t kind, uint32_t src, const uint8_t *ptr, uint64_t off,
                                        uint64_t len) {
  if (len == 0) return WEIR_OK;
  if (out->len == out->cap) {
    weir_status grown = out->grow(out, 1);
    if (grown != WEIR_OK) return grown;
  }
  weir_seg *seg = &out->segs[out->len++];
  seg->kind = kind;
  seg->src = src;
  seg->ptr = ptr;
  seg->off = off;
  seg->len = len;
  return WEIR_OK;
}
/* Bytes the core holds. */
static inline weir_status weir_push_ref(weir_out *out, uint32_t src, uint64_t off, uint64_t len) {
  return weir_push_seg(out, WEIR_SEG_REF, src, NULL, off, len);
}
/* Bytes in the arena. */
static inline weir_status weir_push_mem(weir_out *out, const uint8_t *ptr, uint64_t len) {
  return weir_push_seg(out, WEIR_SEG_MEM, 0, ptr, 0, len);
}
/* The plugin's own constant bytes. */
static inline weir_status weir_push_lit(weir_out *out, const char *text, uint64_t len) {
  return weir_push_seg(out, WEIR_SEG_LIT, 0, (const uint8_t *)text, 0, len);
}
/* Appends a key of the request under way; NULL when the core's bound is reached (return WEIR_E_LIMIT then). */
static inline weir_key *weir_push_key(weir_parse *p) {
  if (p->sub_len == p->sub_cap && p->grow_sub(p, 1) != WEIR_OK) return NULL;
  return &p->keys[p->sub_len++];
}
/* Appends an item of the reply under way; NULL when the core's bound is reached (return WEIR_E_LIMIT then). */
static inline weir_item *weir_push_item(weir_parse *p) {
  if (p->sub_len == p->sub_cap && p->grow_sub(p, 1) != WEIR_OK) return NULL;
  return &p->items[p->sub_len++];
}

WEIR_EXTERN_C_END
#endif
