/* weir/filter.h - request filters: rewrite keys, choose a pool or server, mirror, reject, answer, tag, observe.
 *
 * A filter says at configuration time which commands of a protocol it wants to see; all others cost one test of a
 * byte. A pool's filters are asked in the order of its configuration, each once a request, after routes: and before the
 * keys are hashed; what one decides the next one sees. A request that a filter sees is held whole.
 *
 * A filter never waits: what it needs to know it has in memory.
 */
#ifndef WEIR_FILTER_H
#define WEIR_FILTER_H
#include "protocol.h"
WEIR_EXTERN_C_BEGIN

/* What a filter sees of a request, {call}. Functions take the view they stand in. */
typedef struct weir_view {
  uint32_t struct_size;
  uint32_t pool;            /* where it goes as things stand; its number, see weir.pools/1 */
  const weir_req *req;
  const weir_cmd *cmd;      /* its row; row 0 is "(other)" */
  const weir_bytes *keys;   /* as rewritten by the filters before this one. on_response(): none */
  uint32_t key_count;
  uint32_t reserved;
  weir_bytes listener;      /* the address its client connected to, as in `listen`; {inst} */
  weir_bytes protocol;      /* the component's name; {process} */
  weir_bytes tag;           /* from the filters before this one; on_response(): the request's */
  /* [worker] The client's address, as weir_client_about.peer. Asked of the system once a connection. */
  weir_bytes (*client)(const struct weir_view *);
  /* [worker] The words of the request as the client sent them, protocol.args(): arg(0) is the command's, arguments count
   * from 1; empty when out of range, or when the protocol has no args(). on_response(): none. */
  uint32_t (*arg_count)(const struct weir_view *);
  weir_bytes (*arg)(const struct weir_view *, uint32_t i);
  void *core; /* the core's own */
} weir_view;

enum {
  WEIR_V_CONTINUE = 0,
  WEIR_V_REJECT = 1,      /* text becomes reply(WEIR_ERR_REJECTED); no further filter is asked */
  WEIR_V_DROP_CLIENT = 2, /* close the client */
  WEIR_V_ANSWER = 3       /* reply() is asked for weir_verdict.answer, with the request as source 0; likewise the last */
};
/* What a filter decides, {call}. Zeroed by the core (= continue), with pool, server and mirror_pool preset to UINT32_MAX.
 * Memory it points to is the filter's or the arena's, and stays as it is until this filter is called again on this
 * worker. */
typedef struct weir_verdict {
  uint32_t struct_size, action; /* WEIR_V_* */
  uint32_t pool;   /* own(), or one that target() gave; its servers then take the request. UINT32_MAX = unchanged */
  uint32_t server; /* index in that pool, for all of the request; UINT32_MAX = as its keys or route say */
  uint32_t mirror_pool; /* likewise; a copy goes there, its replies are swallowed. A copy that would have to wait is
                         * dropped and counted. UINT32_MAX = none */
  uint32_t answer;      /* WEIR_V_ANSWER: a WEIR_ERR_ANSWER* of protocol.h */
  uint32_t rekey_count; /* how many of rekeyed[] were set */
  uint32_t reserved;
  weir_bytes *new_keys; /* core's array, key_count long: set new_keys[i] and rekeyed[i] = 1. A key must not be empty */
  uint8_t *rekeyed;
  weir_bytes text;      /* of WEIR_V_REJECT and WEIR_V_ANSWER */
  weir_bytes tag;       /* counted and shown in the stats: at most 64 bytes, 256 different ones a pool */
  uint64_t user;        /* the filter's own word: comes back in on_response() */
} weir_verdict;
/* A request with a lease, or that takes one for longer than itself, and one of topics, stays in its pool; the keys of the
 * latter stay as they are. A verdict that asks for what cannot be is an error of the filter: see on_request(). */

/* How a request ended, {call}. */
typedef struct weir_outcome {
  uint32_t struct_size;
  uint32_t status;     /* WEIR_PART_*: the first of its parts that is not OK; CLOSED too when the client went first */
  uint32_t error;      /* WEIR_ERR_* when weir answered in the servers' place, else 0 */
  uint32_t is_error;   /* 1: a reply with WEIR_RF_ERROR, or error is set */
  uint32_t pool;       /* where it was sent */
  uint32_t server;     /* index in that pool, its spare pool's counted on; UINT32_MAX: none, or several */
  uint64_t reply_size; /* bytes of the servers' replies, or of weir's error */
  uint64_t latency_us; /* from on_request() to the last byte of the reply */
  uint64_t user;       /* weir_verdict.user of this filter */
} weir_outcome;

enum { WEIR_WANT_REQUEST = 1, WEIR_WANT_RESPONSE = 2 };
/* Kind WEIR_K_FILTER. Mandatory: create, destroy, interests, on_request. At most 8 in a pool. */
typedef struct weir_filter {
  uint32_t struct_size, flags; /* flags: 0 */
  void *(*create)(const weir_host *, weir_errbuf *); /* [config] as weir_protocol.create() */
  void (*destroy)(void *inst);                       /* [config] */
  void *(*worker_init)(void *inst, uint32_t worker_id); /* [worker] NULLABLE op; comes back as scope->worker */
  void (*worker_fini)(void *inst, void *worker);        /* [worker] NULLABLE op */
  /* [config] After create(), also when the configuration is only checked. want[i] is zeroed: set WEIR_WANT_* for command
   * i of the protocol's table; RESPONSE needs REQUEST. Not WEIR_OK: refused, errbuf says why. */
  weir_status (*interests)(void *inst, weir_bytes protocol, const weir_cmd *, uint32_t n, uint8_t *want, weir_errbuf *);
  /* [worker] Results > 0 are reserved. < 0: this filter's part in the request follows its on_error: the request is
   * rejected, or goes on as if the filter had not been asked. The filter logs why itself; the core counts.
   * scope->state is NULL. */
  weir_status (*on_request)(const weir_scope *, const weir_view *, weir_verdict *);
  /* [worker] NULLABLE op. Once for each on_request() of a command that wants RESPONSE and which went on to a server, but
   * not when the worker ends. Before the reply's last bytes are written, or after. */
  void (*on_response)(const weir_scope *, const weir_view *, const weir_outcome *);
} weir_filter;

WEIR_EXTERN_C_END
#endif
