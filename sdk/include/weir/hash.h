/* weir/hash.h - hash functions and distributions: from a key to a server.
 *
 * They are separate components so that any hash goes with any distribution, whoever wrote them. Before they are asked
 * the core has taken the hash tag out of the key; an empty key hashes to 0 without run(); a pool of one server calls
 * neither.
 */
#ifndef WEIR_HASH_H
#define WEIR_HASH_H
#include "host.h"
WEIR_EXTERN_C_BEGIN

/* Kind WEIR_K_HASH. Results must be the same on every machine and in every release: they decide where data lies. */
typedef struct weir_hash {
  uint32_t struct_size;
  uint32_t bits; /* 32 or 64: how much of each result is meaningful; the core masks the rest */
  void *(*create)(const weir_host *, weir_errbuf *); /* [config] NULLABLE op. NULL with errbuf->len > 0 = refuse */
  void (*destroy)(void *inst);                       /* [config] NULLABLE op */
  /* [worker] Hashes n keys, n >= 1, none empty, into out[0..n). scope->state is NULL; for weir.hashes/1 it is called
   * [any], and scope->arena is NULL, too. */
  void (*run)(const weir_scope *, const weir_bytes *keys, uint32_t n, uint64_t *out);
} weir_hash;

/* ARRAY. One server of a pool, in the order of the configuration. name and address are {call}. */
typedef struct weir_server {
  weir_bytes name;    /* the [name] if given, else host:port, host alone for port 11211 (libmemcached's rule) */
  weir_bytes address; /* host, or path of a unix socket */
  uint32_t index;     /* its place in the configuration = its place in this array */
  uint32_t weight;    /* >= 1 */
  uint32_t port;      /* 0 for unix sockets */
  uint32_t alive;     /* 0: ejected. A distribution may leave it out, or keep its place where its paper says so */
} weir_server;
#define WEIR_NO_SERVER UINT32_MAX

enum {
  WEIR_D_KEYS = 1,   /* select() wants the key bytes (after the hash tag) */
  WEIR_D_NO_HASH = 2 /* select() does not look at hashes; the core skips the hash */
};

/* Kind WEIR_K_DIST. A ring is immutable once built; the core swaps it whole and drops it after its last reader. */
typedef struct weir_dist {
  uint32_t struct_size, flags;                       /* WEIR_D_* */
  void *(*create)(const weir_host *, weir_errbuf *); /* [config] NULLABLE op. NULL with errbuf->len > 0 = refuse */
  void (*destroy)(void *inst);                       /* [config] NULLABLE op */
  void *(*worker_init)(void *inst, uint32_t worker_id); /* [worker] NULLABLE op; comes back as scope->worker */
  void (*worker_fini)(void *inst, void *worker);        /* [worker] NULLABLE op */
  /* [config][bg] A ring over servers[0..n). Sort a copy, never the array. old: the ring this one replaces, NULLABLE.
   * NULL = refused, errbuf says why; the core keeps the old ring. */
  void *(*build)(void *inst, const weir_server *servers, uint32_t n, const void *old, weir_errbuf *);
  void (*drop)(void *inst, void *ring); /* [config][bg] no reader is left */
  /* [worker] Chooses for n keys: server_out[i] is weir_server.index or WEIR_NO_SERVER. keys is NULL unless
   * WEIR_D_KEYS; hash is NULL with WEIR_D_NO_HASH. Runs in parallel on several workers. */
  void (*select)(const weir_scope *, const void *ring, const uint64_t *hash, const weir_bytes *keys, uint32_t n,
                 uint32_t *server_out);
  /* [config] NULLABLE op. How select() comes to its choice for one key, in a few words: "point 4026531840 of 640". For
   * `weir route`. hash is 0 with WEIR_D_NO_HASH. Text goes to out, which is empty; it is shown as it is. */
  void (*explain)(void *inst, const void *ring, uint64_t hash, weir_bytes key, weir_errbuf *out);
} weir_dist;

WEIR_ASSERT(sizeof(weir_server) == 48);

WEIR_EXTERN_C_END
#endif
