/* weir/filter.h - request filters: rewrite keys, choose a pool or server, reject, answer, observe.
 *
 * A filter says at configuration time which commands of a protocol it wants to see; all others cost one bit test.
 */
#ifndef WEIR_FILTER_H
#define WEIR_FILTER_H
#include "protocol.h"
WEIR_EXTERN_C_BEGIN

/* What a filter sees of a request, {call}. */
typedef struct weir_view {
  uint32_t struct_size, pool; /* the pool's number, see weir.pools/1 */
  const weir_req *req;
  const weir_cmd *cmd;
  const weir_bytes *keys; /* as rewritten by the filters before this one */
  uint32_t key_count;
  uint32_t arg_count;
  weir_bytes client_addr, listener, protocol;
  weir_bytes (*arg)(const struct weir_view *, uint32_t i); /* [worker] empty when out of range */
  void *core;
} weir_view;

enum {
  WEIR_V_CONTINUE = 0,
  WEIR_V_REJECT = 1,      /* text becomes reply(WEIR_ERR_REJECTED) */
  WEIR_V_DROP_CLIENT = 2, /* close the client */
  WEIR_V_ANSWER = 3       /* text becomes reply(WEIR_ERR_ANSWER): a value in the protocol's form */
};
/* What a filter decides, {call}. Zeroed by the core (= continue), with pool, server and mirror_pool preset. */
typedef struct weir_verdict {
  uint32_t struct_size, action; /* WEIR_V_* */
  uint32_t pool, server;        /* UINT32_MAX = unchanged */
  uint32_t mirror_pool;         /* UINT32_MAX = none: a copy goes there, its reply is swallowed */
  uint32_t rekey_count;
  weir_bytes *new_keys; /* core array, key_count long: set new_keys[i] (arena memory) and rekeyed[i] = 1 */
  uint8_t *rekeyed;
  weir_bytes text, tag;
} weir_verdict;

enum { WEIR_WANT_REQUEST = 1, WEIR_WANT_RESPONSE = 2 };
/* Kind WEIR_K_FILTER. Mandatory: create, destroy, interests, on_request. */
typedef struct weir_filter {
  uint32_t struct_size, flags;
  void *(*create)(const weir_host *, weir_errbuf *); /* [config] */
  void (*destroy)(void *inst);                       /* [config] */
  void *(*worker_init)(void *inst, uint32_t worker_id); /* [worker] NULLABLE op */
  void (*worker_fini)(void *inst, void *worker);        /* [worker] NULLABLE op */
  /* [config] want[i] = WEIR_WANT_* for command i of the protocol's table. */
  weir_status (*interests)(void *inst, weir_bytes protocol, const weir_cmd *, uint32_t n, uint8_t *want);
  /* [worker] Results > 0 are reserved. An error follows the pool's on_error. */
  weir_status (*on_request)(const weir_scope *, const weir_view *, weir_verdict *);
  /* [worker] NULLABLE op, read-only. rsp is NULL when no reply came; status is WEIR_PART_*. */
  weir_status (*on_response)(const weir_scope *, const weir_view *, const weir_rsp * /*NULLABLE*/, uint32_t server,
                             uint32_t status, uint64_t latency_us);
} weir_filter;

WEIR_EXTERN_C_END
#endif
