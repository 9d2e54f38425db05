/* weir/host.h - what the core offers to a plugin.
 *
 * An instance gets one weir_host in create(). Everything beyond logging is an extension with a name and a revision
 * ("weir.config/1"): ask for it, and live with NULL when the core does not have it, or list it in
 * weir_module.required_extensions to be refused at load instead.
 */
#ifndef WEIR_HOST_H
#define WEIR_HOST_H
#include "types.h"
WEIR_EXTERN_C_BEGIN

enum {
  WEIR_LOG_TRACE,
  WEIR_LOG_DEBUG,
  WEIR_LOG_INFO,
  WEIR_LOG_WARN,
  WEIR_LOG_ERROR,
  WEIR_LOG_CRIT,
  WEIR_LOG_NOTICE /* between INFO and WARN: the least that is logged unless the operator asks for more */
};

/* One for each instance of a component, {inst}. */
typedef struct weir_host {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor; /* the core's */
  void *ctx;                     /* the core's own */
  const char *core_version;      /* e.g. "0.1.0", {process} */
  /* [any] A line of log, or several with '\n' between them, which stay together; the core adds time, pool and component
   * to each. level is WEIR_LOG_*. txt is copied: a line is cut at 1 KiB, the whole at 16 KiB and 64 lines. Never log a secret or a value. */
  void (*log)(const struct weir_host *, uint32_t level, const char *txt, uint64_t len);
  /* [any] The extension's table, {inst}; NULL = not offered by this core. */
  const void *(*extension)(const struct weir_host *, const char *id);
} weir_host;

/* ---- weir.config/1: a typed view of the instance's own configuration, [config] only ------------------------------
 * The root is a map: the keys beside `use:` in the component's reference ("protocol: {use: x, key: value}"), and, for
 * keys that the component's schema marks WEIR_KEY_POOL, those written directly in the pool.
 * A key that create() never asked for is reported to the operator as unknown, with file and line. */
#define WEIR_EXT_CONFIG "weir.config/1"
typedef struct weir_node weir_node; /* opaque, {inst} */
enum { WEIR_N_NULL, WEIR_N_BOOL, WEIR_N_INT, WEIR_N_FLOAT, WEIR_N_STR, WEIR_N_LIST, WEIR_N_MAP };
typedef struct weir_config {
  uint32_t struct_size, reserved;
  const weir_node *(*root)(const weir_host *);
  uint32_t (*kind)(const weir_node *);  /* WEIR_N_* */
  uint32_t (*count)(const weir_node *); /* entries of a list or map, else 0 */
  /* i-th entry of a list or map; for a map *key is set when key is not NULL. NULL = out of range. */
  const weir_node *(*at)(const weir_node *, uint32_t i, weir_bytes *key /*NULLABLE*/);
  const weir_node *(*get)(const weir_node *, const char *key); /* NULL = absent */
  /* Each returns WEIR_E_CONFIG, having complained at the node's place, when the value is of another type. */
  weir_status (*boolean)(const weir_node *, uint32_t *);
  weir_status (*i64)(const weir_node *, int64_t *);
  weir_status (*f64)(const weir_node *, double *);
  weir_status (*str)(const weir_node *, weir_bytes *);
  weir_status (*duration_us)(const weir_node *, uint64_t *); /* "250ms", "2s"; a bare number is milliseconds */
  weir_status (*size)(const weir_node *, uint64_t *);        /* "64k", "8m"; a bare number is bytes */
  /* A complaint at the node's file:line; create() must then return NULL. */
  void (*complain)(const weir_node *, const char *txt);
} weir_config;

/* ---- weir.stats/1: counters of the plugin's own, shown with the core's -------------------------------------------- */
#define WEIR_EXT_STATS "weir.stats/1"
enum { WEIR_S_COUNTER, WEIR_S_GAUGE, WEIR_S_HISTOGRAM };
typedef struct weir_stats {
  uint32_t struct_size, reserved;
  /* [config] A handle for weir_count(); UINT32_MAX = refused (too many, or the name is taken). */
  uint32_t (*define)(const weir_host *, uint32_t kind, const char *name, const char *help);
  /* [worker] This worker's cells, indexed by handle, {inst}. Read by the core while they are written. */
  uint64_t *(*cells)(const weir_host *, uint32_t worker_id);
  /* [worker] One value more in a histogram; its unit belongs into its name. Shown as count, sum, maximum and quantiles
   * that are right to 1/16. weir_count() is not for histograms. */
  void (*observe)(const weir_host *, uint32_t worker_id, uint32_t handle, uint64_t value);
} weir_stats;
/* Counters are sums over the workers. A gauge is one too: each worker sets its share (weir_set()). */
static inline void weir_set(uint64_t *cells, uint32_t handle, uint64_t value) {
  __atomic_store_n(&cells[handle], value, __ATOMIC_RELAXED);
}
/* [worker] Adds n to a cell: a relaxed load and a relaxed store, since only this worker writes it. */
static inline void weir_count(uint64_t *cells, uint32_t handle, uint64_t n) {
  __atomic_store_n(&cells[handle], __atomic_load_n(&cells[handle], __ATOMIC_RELAXED) + n, __ATOMIC_RELAXED);
}

/* ---- weir.pools/1: pools by name and number -------------------------------------------------------------------- */
#define WEIR_EXT_POOLS "weir.pools/1"
typedef struct weir_pools {
  uint32_t struct_size, reserved;
  uint32_t (*own)(const weir_host *);                    /* [any] the pool this instance belongs to */
  uint32_t (*pool)(const weir_host *, const char *name); /* [config] UINT32_MAX = no such pool */
  uint32_t (*servers)(const weir_host *, uint32_t pool); /* [config][worker] how many servers it has */
  /* [config] The number of a pool that verdicts of this filter may name from now on. UINT32_MAX, with a text: there is no
   * such pool, or it is of another protocol than the instance's own. */
  uint32_t (*target)(const weir_host *, const char *name, weir_errbuf *);
  /* [config] A server's index by its name, as the configuration has it ("host:port" or its alias); UINT32_MAX: none. */
  uint32_t (*server)(const weir_host *, uint32_t pool, const char *name);
  /* [worker] Where a key lies now in own() or a target(), by that pool's hash and distribution; WEIR_NO_SERVER of hash.h:
   * nowhere. With the scope of on_request(). */
  uint32_t (*server_of)(const weir_scope *, uint32_t pool, weir_bytes key);
  weir_bytes (*name)(const weir_host *, uint32_t pool); /* [any] {inst}; empty = no such pool */
  /* [any] The component that speaks for the pool's clients and servers, {inst}; empty = no such pool. */
  weir_bytes (*protocol)(const weir_host *, uint32_t pool);
} weir_pools;

/* ---- weir.client/1: the client that a callback is about ------------------------------------------------------------ */
#define WEIR_EXT_CLIENT "weir.client/1"
typedef struct weir_client_about {
  uint32_t struct_size; /* set by the caller */
  int32_t descriptor;   /* of its socket */
  weir_bytes peer;      /* {call}: "127.0.0.1:4711", "[::1]:4711", "/run/weir.sock:0"; "?:0" = not known */
  weir_bytes local;     /* {call}: likewise, weir's own end */
  uint64_t age_us;      /* since it was accepted */
  uint64_t clients;     /* of its pool, on all workers */
} weir_client_about;
typedef struct weir_client {
  uint32_t struct_size, reserved;
  /* [worker] With the scope of parse_req(), reply(), merge() or render(). Costs system calls: not for every request.
   * WEIR_E_FAIL: the scope is not a client's. */
  weir_status (*about)(const weir_scope *, weir_client_about *);
} weir_client;

/* ---- weir.loop/1: time ----------------------------------------------------------------------------------------------- */
#define WEIR_EXT_LOOP "weir.loop/1"
typedef struct weir_loop {
  uint32_t struct_size, reserved;
  /* [worker] Calls fn(ud) on this worker, from its loop: after_us from now, and each every_us from then on (0 = once).
   * For filters: may be called from worker_init() on; the core cancels what is left after worker_fini(). At most 1024 an
   * instance and worker, never closer than 1 ms. 0 = refused. */
  uint64_t (*timer)(const weir_host *, uint32_t worker_id, uint64_t after_us, uint64_t every_us, void (*fn)(void *ud),
                    void *ud);
  void (*cancel)(const weir_host *, uint32_t worker_id, uint64_t timer); /* [worker] one that is over is ignored */
  /* [any] How many workers there are, each with its own worker_init(): what one may do of a limit for all is divided by. */
  uint32_t (*workers)(const weir_host *);
} weir_loop;

/* ---- weir.hashes/1: any hash function that is loaded ------------------------------------------------------------------ */
#define WEIR_EXT_HASHES "weir.hashes/1"
typedef struct weir_hashes {
  uint32_t struct_size, reserved;
  /* [config] A hash component with its defaults; {inst}. NULL = none of that name. */
  const void *(*find)(const weir_host *, const char *name);
  uint64_t (*run)(const void *found, weir_bytes key); /* [any] as weir_hash.run() for one key; 0 for an empty one */
} weir_hashes;

/* ---- weir.commands/1: the command table of any protocol that is loaded ------------------------------------------------ */
#define WEIR_EXT_COMMANDS "weir.commands/1"
struct weir_cmd;
typedef struct weir_commands {
  uint32_t struct_size, reserved;
  /* [config] {process}; NULL = no such protocol. */
  const struct weir_cmd *(*table)(const weir_host *, const char *protocol, uint32_t *n);
} weir_commands;

WEIR_EXTERN_C_END
#endif
