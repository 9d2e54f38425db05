/* weir/types.h - the words every part of the plugin surface shares.
 *
 * C11, C++ or anything that binds to C. LP64 little-endian ELF only.
 *
 * Conventions of all headers in this folder
 *   Threads    [config]  the control thread; nothing else runs in this instance
 *              [worker]  the loop thread that owns the connection; calls are serial on one worker and parallel
 *                        across workers
 *              [bg]      the control thread, after start; never at the same time as another [bg] call on the same object
 *              [any]     any thread, at any time
 *   Lifetimes  {call}    until the callback returns
 *              {inst}    until destroy() of the instance
 *              {process} for ever: plugins are never unmapped
 *   Units      *_us microseconds, *_ms milliseconds; sizes and offsets in bytes; offsets of keys, units and items
 *              count from the first byte of the message they belong to.
 *   Growth     Structs marked ARRAY are frozen for the major version: they are elements of arrays. Every other struct
 *              starts with struct_size and may grow at its end; read a newer field only after WEIR_HAS.
 *              Reserved fields are written 0 and ignored on read.
 *   Rules      No callback may throw, longjmp, block, fork or call dlclose. Memory never changes owner across the
 *              boundary. Pointers are non-null unless marked NULLABLE; function pointers likewise.
 */
#ifndef WEIR_TYPES_H
#define WEIR_TYPES_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define WEIR_ASSERT(c) static_assert(c, #c)
#define WEIR_EXTERN_C_BEGIN extern "C" {
#define WEIR_EXTERN_C_END }
#else
#define WEIR_ASSERT(c) _Static_assert(c, #c)
#define WEIR_EXTERN_C_BEGIN
#define WEIR_EXTERN_C_END
#endif

WEIR_EXTERN_C_BEGIN

/* While the major is 0 nothing is promised yet: the minor must match the core's exactly (rebuild with its SDK). */
#define WEIR_ABI_MAJOR 0u
#define WEIR_ABI_MINOR 1u

#define WEIR_EXPORT __attribute__((visibility("default")))

/* True when the other side's struct is new enough to contain field f. */
#define WEIR_HAS(p, T, f) ((p)->struct_size >= offsetof(T, f) + sizeof((p)->f))

/* 0 is success, negative an error. A negative value that is not listed is treated as WEIR_E_FAIL. */
typedef int32_t weir_status;
enum {
  WEIR_OK = 0,
  WEIR_E_FAIL = -1,   /* the plugin could not do its work: its own fault                  */
  WEIR_E_PROTO = -2,  /* the peer broke the protocol; the stream's position is lost       */
  WEIR_E_LIMIT = -3,  /* a configured bound was reached                                   */
  WEIR_E_NOMEM = -4,  /* weir_arena.alloc() or another bounded allocation returned NULL   */
  WEIR_E_CONFIG = -5  /* a configuration value has another type than asked for            */
};

/* ARRAY. A run of bytes, not NUL-terminated. Ownership and lifetime are those of whatever holds it. */
typedef struct weir_bytes {
  const uint8_t *ptr; /* NULLABLE when len is 0 */
  uint64_t len;
} weir_bytes;

/* Text the core lends for an explanation, {call}. Write at most cap bytes to ptr and set len. No NUL is needed. */
typedef struct weir_errbuf {
  char *ptr;
  uint32_t cap;
  uint32_t len;
} weir_errbuf;

/* A bump allocator that the core owns and empties in one go. What comes from it is valid until the core has taken the
 * result of the callback it was handed to; for keys that a filter rewrote, until the request is on its way. */
typedef struct weir_arena {
  uint32_t struct_size, reserved;
  /* [worker] size bytes aligned to align (a power of two, at most 64); NULL at the core's bound: return
   * WEIR_E_NOMEM then. Never free() the result. */
  void *(*alloc)(struct weir_arena *, uint64_t size, uint32_t align);
} weir_arena;

/* What a [worker] callback may touch, {call}. */
typedef struct weir_scope {
  uint32_t struct_size;
  uint32_t worker_id;  /* 0..workers-1 */
  void *inst;          /* from create(): shared by all workers, read-only once create() returned             */
  void *worker;        /* NULLABLE; from worker_init(): this thread's alone                                   */
  void *state;         /* NULLABLE; the connection's client_state or server_state: zeroed at open, 16-aligned */
  weir_arena *arena;   /* scratch memory for the output of this call                                         */
  uint64_t now_us;     /* monotonic clock, read once a turn of the loop                                      */
  uint64_t conn_id;    /* unique for the life of the process; 0 where no connection is involved              */
  const void *core;    /* NULLABLE; the core's own, by which weir.client/1 knows the client                   */
} weir_scope;

WEIR_ASSERT(sizeof(void *) == 8);
WEIR_ASSERT(sizeof(weir_bytes) == 16);
WEIR_ASSERT(sizeof(weir_scope) == 64);

WEIR_EXTERN_C_END
#endif
