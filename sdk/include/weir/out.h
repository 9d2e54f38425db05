/* weir/out.h - bytes out: a list of segments that the plugin fills and the core sends.
 *
 * A plugin never writes to a socket and never allocates output. It names bytes: bytes of a message the core holds (REF),
 * bytes it made in the arena (MEM), or bytes of its own read-only data (LIT). The core copies small ones and sends large
 * ones from where they lie.
 */
#ifndef WEIR_OUT_H
#define WEIR_OUT_H
#include "types.h"
WEIR_EXTERN_C_BEGIN

enum {
  WEIR_SEG_REF = 1, /* src, off, len: bytes of a message the core holds; which sources exist is said by each callback */
  WEIR_SEG_MEM = 2, /* ptr, len: memory from scope->arena                                                            */
  WEIR_SEG_LIT = 3  /* ptr, len: the plugin's own read-only data, {process}                                          */
};

/* ARRAY. One run of output bytes. Fields that the kind does not use are 0. */
typedef struct weir_seg {
  uint32_t kind, src;
  const uint8_t *ptr;
  uint64_t off, len;
} weir_seg;

enum { WEIR_OUT_CLOSE = 1 }; /* close this connection once the bytes are flushed */

/* Where a callback puts its output, {call}. Append at segs[len++] while len < cap; call grow() only when len == cap. */
typedef struct weir_out {
  uint32_t struct_size;
  uint32_t flags; /* WEIR_OUT_* */
  weir_seg *segs;
  uint32_t len, cap;
  uint32_t swallow; /* handshake() and preludes: how many replies to these bytes the core must eat */
  uint32_t reserved;
  /* [worker] Makes room for at least want more segments; segs may move. WEIR_E_LIMIT at the core's bound. */
  weir_status (*grow)(struct weir_out *, uint32_t want);
  /* [worker] A contiguous view of bytes of a source, {call}. NULL when out of range. */
  const uint8_t *(*peek)(struct weir_out *, uint32_t src, uint64_t off, uint64_t len);
  void *core; /* the core's own */
} weir_out;

WEIR_ASSERT(sizeof(weir_seg) == 32);

WEIR_EXTERN_C_END
#endif
