/* weir/protocol.h - a protocol: how to cut a stream into messages, where keys lie, how to split and merge.
 *
 * A protocol describes, it does not perform. parse_req() says for each request which command it is, where its keys are
 * and what route it takes; the core owns queues, order, time, failure and memory, and asks back only for what needs
 * knowledge of the protocol: render (cut or re-key a request), merge (join replies), reply (shape a local answer or an
 * error), handshake (prepare a server connection).
 *
 * One request's way: parse_req -> filters -> hash and distribution -> [render, if split or re-keyed] -> server
 *   -> parse_rsp -> [merge, if split or WEIR_REQ_TRANSFORM] -> the client, in the order of its requests.
 */
#ifndef WEIR_PROTOCOL_H
#define WEIR_PROTOCOL_H
#include "host.h"
#include "out.h"
WEIR_EXTERN_C_BEGIN

/* ---- commands ------------------------------------------------------------------------------------------------------ */
enum {
  WEIR_CMD_READ = 1,
  WEIR_CMD_WRITE = 2,
  WEIR_CMD_ADMIN = 4,
  WEIR_CMD_MULTIKEY = 8, /* may have several keys */
  WEIR_CMD_ECHO = 16,    /* its replies hold keys of the request. When a filter rewrote any, the core adds TRANSFORM and
                          * KEEP, and merge() puts back what the client asked for (weir_merge.client_keys) */
  WEIR_CMD_STATE = 32,   /* parse_req() changes the client's state by it: filters see it, but may not reject or answer it */
  WEIR_CMD_TOPICS = 64   /* what stands as its keys are names that clients meet at (channels), not keys of the store:
                          * filters see them, but may not rewrite them */
};
/* ARRAY, {process}. A command's index in the table is its id; row 0 is "(other)": what the table does not know. */
typedef struct weir_cmd {
  const char *name; /* lower case */
  uint32_t flags, reserved;
} weir_cmd;
#define WEIR_CMD_CONT UINT16_MAX /* weir_req.cmd: more of the request before, which had WEIR_REQ_OPEN */
#define WEIR_CMD_PROBE (UINT16_MAX - 1) /* weir_expect.cmd: the reply answers what probe() sent */
#define WEIR_CMD_AHEAD (UINT16_MAX - 2) /* weir_expect.cmd: ... what render() put ahead of a request (PRELUDE, RESEND) */

/* ---- requests ------------------------------------------------------------------------------------------------------- */
/* ARRAY. One key inside a request. Offsets count from the first byte of the request. */
typedef struct weir_key {
  uint64_t off;
  uint32_t len;
  uint32_t arg;                /* the plugin's own word */
  uint64_t unit_off, unit_len; /* the smallest run of bytes that travels with the key: key and value for a multi-set */
} weir_key;

enum {
  WEIR_ROUTE_LOCAL = 0,  /* no server: the core calls reply(WEIR_ERR_NONE), with the whole request as source 0       */
  WEIR_ROUTE_KEY = 1,    /* keys[0] decides; further keys must lie on the same server, else reply(WEIR_ERR_CROSS)     */
  WEIR_ROUTE_SPLIT = 2,  /* keys grouped by server; render() a group; merge() at the end. One group: untouched bytes */
  WEIR_ROUTE_ANY = 3,    /* any live server                                                                          */
  WEIR_ROUTE_ALL = 4,    /* the same bytes to every live server; merge() at the end                                  */
  WEIR_ROUTE_SERVER = 5, /* the server with index route_arg                                                          */
  WEIR_ROUTE_LEASED = 6, /* over the client's lease on server route_arg, where all keys must lie, else CROSS;
                          * WEIR_ALL_LEASES: over each of its leases, merge() at the end                             */
  WEIR_ROUTE_DROP = 7    /* consumed without a reply                                                                 */
};
#define WEIR_ALL_LEASES UINT32_MAX /* weir_req.route_arg of WEIR_ROUTE_LEASED, and with WEIR_REQ_LEASE_END */
enum {
  WEIR_REPLY_EXACT = 0, /* `replies` final replies, 1..n                                                */
  WEIR_REPLY_NONE = 1   /* the server sends none, the client gets none; failures are only counted       */
};
/* A lease is a connection to a server for one client alone. While a client has one, all its requests to that server go
 * over it. Requests with LEASE_BEGIN, LEASE_END or BLOCKING must also have WEIR_REQ_FENCE; they are sent, or answered,
 * once everything the client asked before is answered. So when parse_req() is called again, lease() has said how it
 * went. A refused request (CROSS, TOO_BIG ...) that was to go over a lease breaks it: the request that ends a broken
 * lease is not sent but answered by reply(WEIR_ERR_ABORTED), and the connection is closed. */
enum {
  WEIR_REQ_LEASE_BEGIN = 1 << 0,   /* take a lease on each server the request goes to, where the client has none     */
  WEIR_REQ_LEASE_END = 1 << 1,     /* with WEIR_ROUTE_LEASED: give the lease back after the final reply; the plugin
                                    * sees to it that the connection is as new. With WEIR_ROUTE_LOCAL: close that of
                                    * route_arg as it is, when the request is answered                               */
  WEIR_REQ_PRELUDE = 1 << 2,       /* with a new lease: render(WEIR_RENDER_PRELUDE) goes first. Its out->swallow final
                                    * replies are swallowed; one with WEIR_RF_ERROR aborts: the connection is closed,
                                    * the request fails with WEIR_ERR_ABORTED                                        */
  WEIR_REQ_BLOCKING = 1 << 3,      /* the server may take its time: timeout_ms (0 for ever) is added to the pool's own
                                    * timeout. Takes leases as LEASE_BEGIN does, for this request only; the client
                                    * going away closes them                                                         */
  WEIR_REQ_STREAM_RSP = 1 << 4,    /* with LEASE_BEGIN: the server will speak unasked (WEIR_RSP_PUSH), so a lease that
                                    * is lost closes the client, which would not notice otherwise                    */
  WEIR_REQ_TRANSFORM = 1 << 5,     /* call merge() even when there is one part                                       */
  WEIR_REQ_RETRY_SAFE = 1 << 6,    /* may be sent again after a connection was lost                                  */
  WEIR_REQ_CLOSE = 1 << 7,         /* close the client once this one is answered; nothing after it is read           */
  WEIR_REQ_SECRET = 1 << 8,        /* never log these bytes                                                          */
  WEIR_REQ_FENCE = 1 << 9,         /* parse no more from this client until this one is answered: the parser returns
                                    * with it as its last message, having used nothing after it                      */
  WEIR_REQ_MUTE = 1 << 10,         /* the server replies, the client gets nothing                                    */
  WEIR_REQ_MAY_BE_EMPTY = 1 << 11, /* reply() and merge() may write nothing                                          */
  WEIR_REQ_RENDER = 1 << 12,       /* always encode again with render(REKEY) before sending                          */
  WEIR_REQ_KEEP = 1 << 13,         /* merge() reads the request's bytes (source 0): hold them until it is answered   */
  WEIR_REQ_OPEN = 1 << 14,         /* size is what is known so far (not in this core yet)                            */
  WEIR_REQ_CODED_KEYS = 1 << 15,   /* its keys are encoded on the wire: decode() says what they stand for. At most
                                    * 4096 of them                                                                   */
  WEIR_REQ_TOPICS_ON = 1 << 16,    /* the client listens to its keys from now on: topics of kind route_arg          */
  WEIR_REQ_TOPICS_OFF = 1 << 17,   /* no longer to its keys; without keys to none of kind route_arg; with
                                    * WEIR_ROUTE_LOCAL to nothing at all                                             */
  WEIR_REQ_APART = 1 << 18         /* the server may take so long that others should not wait behind it: it goes over
                                    * connections that only such requests share. What the client asks while it waits
                                    * for them follows there, and one that comes while the client waits for others
                                    * follows those, so that its order is kept (of requests that have a reply)       */
};
/* Topics are what many clients listen to over one server connection (a feed; where each needs its own, a lease with
 * WEIR_REQ_STREAM_RSP does it). A request with TOPICS_ON goes over the feeds: to each key's server (WEIR_ROUTE_SPLIT), or
 * all keys to every server (WEIR_ROUTE_ALL). With TOPICS_OFF no server is waited for. Both need WEIR_REQ_FENCE and are
 * answered by merge(), TOPICS_ON with WEIR_REQ_TRANSFORM; weir_merge.changed says for each key whether anything changed
 * for the client. When a server failed, the client listens to nothing more than before.
 * A WEIR_RSP_PUSH on a feed has the topic as item 0, its kind as item.user, and goes to all clients of the worker that
 * listen to it with the same profile. What the core has to say to servers itself (the last client left, a feed was
 * lost) it has rendered by WEIR_RENDER_TOPICS_ON and _OFF. A client that does not read is closed at client_output_limit. */
#define WEIR_ALL_TOPICS UINT32_MAX /* weir_req.route_arg with WEIR_REQ_TOPICS_OFF: of every kind */
/* ARRAY. One request, as parse_req() describes it. Zero it first; what is not set is 0. */
typedef struct weir_req {
  uint64_t size;      /* the whole message; may exceed what has arrived: the rest is not shown to the parser   */
  uint64_t tag;       /* wire request id of WEIR_P_TAGGED protocols, else 0                                    */
  uint64_t user;      /* the plugin's own word: comes back in weir_expect, reply() and merge()                 */
  uint64_t profile;   /* which kind of server connection it needs, as handshake() is told; 0 = the pool's own. Any
                       * numbers; at most max_profiles of them are in use at a time                           */
  uint32_t key_count; /* the keys appended since the previous message                                          */
  uint16_t cmd;       /* index in the command table */
  uint8_t route;      /* WEIR_ROUTE_* */
  uint8_t reply;      /* WEIR_REPLY_* */
  uint32_t flags;     /* WEIR_REQ_* */
  uint32_t replies;   /* WEIR_REPLY_EXACT: how many final replies, 0 is taken as 1 */
  uint32_t route_arg; /* WEIR_ROUTE_SERVER, WEIR_ROUTE_LEASED, WEIR_REQ_LEASE_END: the server's index */
  uint32_t timeout_ms; /* WEIR_REQ_BLOCKING */
  uint64_t reserved;
} weir_req;

/* ---- replies -------------------------------------------------------------------------------------------------------- */
/* ARRAY. One element of a reply that merge() will pick from. Offsets count from the first byte of the reply. */
typedef struct weir_item {
  uint64_t off, len;
  uint64_t user; /* the plugin's own word */
} weir_item;

enum {
  WEIR_RSP_FINAL = 0, /* ends the reply of the oldest request                                                       */
  WEIR_RSP_PART = 1,  /* belongs to the oldest request, more follows; merge() sees it as one more of its replies    */
  WEIR_RSP_PUSH = 2   /* nobody asked for it: to the client whose lease this is (without one: the connection is
                       * closed), between two whole replies, after that of the request that began the lease         */
};
enum {
  WEIR_RF_ERROR = 1,     /* the server answered with an error                                     */
  WEIR_RF_TRANSIENT = 2, /* it cannot serve now: counts towards ejection                          */
  WEIR_RF_LEASE_END = 4, /* the lease it came over ends, once nothing more is expected there      */
  WEIR_RF_CLOSE = 8,     /* close this server connection after this reply                         */
  WEIR_RF_RESEND = 16,   /* instead of passing this reply on, send the request (of one part, with WEIR_REQ_KEEP) again
                          * to rsp.server, render(WEIR_RENDER_RESEND) first; three times at most  */
  WEIR_RF_ELSEWHERE = 32 /* another server has its part now (a demoted primary): its name is looked up again, and
                          * the connection is replaced once what is under way on it is answered */
};
/* ARRAY. One reply, as parse_rsp() describes it. Zero it first. */
typedef struct weir_rsp {
  uint64_t size;       /* the whole message; may exceed what has arrived: the rest is streamed unseen */
  uint64_t tag;
  uint64_t user;       /* the plugin's own word for merge(): the integer of ":3", say */
  uint32_t item_count; /* the items appended since the previous message */
  uint8_t kind;        /* WEIR_RSP_* */
  uint8_t reserved0;
  uint16_t reserved1;
  uint32_t flags;  /* WEIR_RF_* */
  uint32_t server; /* WEIR_RF_RESEND; UINT32_MAX = the same */
  uint64_t reserved2[3];
} weir_rsp;
/* ARRAY. What the next replies on a server connection answer, {call}. */
typedef struct weir_expect {
  uint64_t tag, user; /* of the request */
  uint32_t replies;   /* final replies still to come for it, this one included */
  uint32_t flags;     /* WEIR_REQ_* of the request */
  uint16_t cmd;
  uint8_t reply;
  uint8_t want_items; /* 1: merge() will be called: append items; every message is held whole. It turns 0 while a
                       * reply is under way when that is too large for it: then WEIR_RSP_PART lets it pass */
  uint32_t part_keys; /* how many of the request's keys went to this server */
} weir_expect;

/* ---- parsing -------------------------------------------------------------------------------------------------------- */
/* parse_req() and parse_rsp() are called once a readable window, not once a message or byte.
 *
 * data[0..len) is contiguous. msg_off says where data[0] lies in the message under way; 0 = at its start. Append whole
 * messages to reqs (or rsps) as far as msg_cap allows, each after its keys (or items), then set
 *   used  how many bytes of data are done with: complete messages, and the parsed front of an unfinished one
 *   skip  with an unfinished message: how many bytes after `used` it need not see (payload); may reach past len
 *   need  with an unfinished message: how many more bytes make another call worthwhile, 0 = not known
 * The next call shows what follows data[used + skip]; where a parser stands inside an unfinished message it keeps in
 * scope->state. Bytes it left are shown again, together with what follows them.
 *
 * Once a message's size is known it may be appended though its end has not arrived: its size then reaches past len, used
 * is len, and the next call is at the start of the message after it. Keys must lie in bytes that were shown.
 *
 * Full reqs or rsps: return WEIR_OK; the core drains them and calls again. sub_len may start above 0: the keys (items)
 * of the unfinished message from earlier calls.
 *
 * WEIR_E_PROTO: the messages already appended are served, then `error` goes to the client by reply(WEIR_ERR_BAD_REQUEST)
 * and the connection closes. Whatever is wrong while the position in the stream is certain should rather be a
 * WEIR_ROUTE_LOCAL request that reply() answers with an error. */
typedef struct weir_parse {
  uint32_t struct_size, reserved;
  const uint8_t *data;
  uint64_t len, msg_off;
  weir_req *reqs; /* parse_req(): at least msg_cap - msg_len free; NULL for parse_rsp() */
  weir_rsp *rsps; /* parse_rsp(); NULL for parse_req() */
  uint32_t msg_len, msg_cap;
  weir_key *keys;   /* parse_req() */
  weir_item *items; /* parse_rsp() */
  uint32_t sub_len, sub_cap;
  uint64_t used, skip, need;
  /* [worker] Makes room for want more keys (items) when sub_len == sub_cap; the array may move. WEIR_E_LIMIT above the
   * pool's max_keys: return it, the client is told. It may lower msg_cap, to end the call with the message under way. */
  weir_status (*grow_sub)(struct weir_parse *, uint32_t want);
  /* [worker] parse_rsp(): what the i-th outstanding final reply answers, i = 0 for the oldest at the start of this
   * call. NULL = nothing is outstanding there. Valid until the next expect() or return. */
  const weir_expect *(*expect)(struct weir_parse *, uint32_t i);
  const char *error; /* NULLABLE, {process}: explains WEIR_E_PROTO */
  void *core;        /* the core's own */
} weir_parse;

/* ---- render: a request for one server ------------------------------------------------------------------------------- */
enum {
  WEIR_RENDER_SPLIT = 1,   /* the keys in pick[]                                                    */
  WEIR_RENDER_REKEY = 2,   /* the whole request with key_bytes in place of the keys on the wire     */
  WEIR_RENDER_PRELUDE = 3, /* before the first request of a lease; may write nothing. Source 0 is the request */
  WEIR_RENDER_RESEND = 4,  /* before a request that is sent again; its out->swallow replies are swallowed     */
  /* key_bytes[pick[]] are topics of kind req->route_arg, asked for or given up; out->swallow final replies are
   * swallowed. req has the profile and nothing else, keys is NULL, scope->state is NULL. */
  WEIR_RENDER_TOPICS_ON = 5,
  WEIR_RENDER_TOPICS_OFF = 6
};
/* {call}. Source 0 of out is the request's bytes. A large request is rendered in slices: append for the picks
 * [first, first + count) of pick_count only; what goes before the keys when first is 0, what goes after them when
 * first + count is pick_count. Calls for other requests may come between two slices, here and in merge(). */
typedef struct weir_render {
  uint32_t struct_size, purpose; /* WEIR_RENDER_* */
  const weir_req *req;
  const weir_key *keys;        /* all of the request's */
  const weir_bytes *key_bytes; /* key_bytes[i]: the final key, perhaps rewritten by a filter */
  const uint8_t *rekeyed;      /* NULLABLE; rekeyed[i] != 0: key i differs from the wire, encode it again */
  const uint32_t *pick;        /* the keys of this part: indices into keys, in order */
  uint32_t pick_count;
  uint32_t first, count;
  uint32_t server; /* its index in the pool that this goes to; servers of its spare pool (failover_pool) are counted on
                    * from its own */
} weir_render;

/* ---- merge: one reply out of several -------------------------------------------------------------------------------- */
enum {
  WEIR_PART_OK = 0,
  WEIR_PART_TIMEOUT = 1,
  WEIR_PART_NO_SERVER = 2, /* ejected, refused, or unreachable: nothing was sent */
  WEIR_PART_CLOSED = 3,    /* the connection was lost before the reply */
  WEIR_PART_PROTO = 4      /* the reply broke the protocol */
};
/* ARRAY. One server's share of a split request, {call}. Source i + 1 of out is the bytes of parts[i]'s replies. */
typedef struct weir_part {
  const weir_rsp *rsps;   /* its final replies; none unless status is WEIR_PART_OK */
  const weir_item *items; /* of all its replies; offsets count from the first byte of source i + 1 */
  uint32_t rsp_count, item_count;
  const uint32_t *pick; /* the keys it was asked for */
  uint32_t pick_count;
  uint32_t server; /* as in weir_render */
  uint32_t status; /* WEIR_PART_* */
  uint32_t error;  /* why there is no reply: WEIR_ERR_*, as reply() would be told; 0 when status is WEIR_PART_OK */
} weir_part;
/* {call}. Source 0 of out is the request (with WEIR_REQ_KEEP). A large reply is merged in slices: append for the keys
 * [first, first + count) of key_count only, with head and tail as in weir_render; without keys there is one call. */
typedef struct weir_merge {
  uint32_t struct_size, part_count;
  const weir_req *req;
  const weir_bytes *key_bytes; /* the final keys; NULL without keys */
  const weir_part *parts;
  const uint32_t *part_of, *pos_in; /* for each key: its part, and its position in that part; NULL without keys */
  uint32_t key_count;
  uint32_t first, count;
  uint32_t changed_count;
  const uint8_t *changed; /* NULLABLE; topics: changed[i] != 0 when the client's listening to the i-th key has changed.
                           * TOPICS_OFF without keys: key_bytes are what it listened to, and there are no parts */
  const weir_bytes *client_keys; /* NULLABLE; when a filter rewrote keys: all of them as the client sent them */
} weir_merge;

/* ---- errors --------------------------------------------------------------------------------------------------------- */
/* Why reply() is called. The text that comes with it is what the core knows, without a line end. */
enum {
  WEIR_ERR_NONE = 0,        /* no error: answer a WEIR_ROUTE_LOCAL request */
  WEIR_ERR_TIMEOUT = 1,     /* no answer in time */
  WEIR_ERR_NO_SERVER = 2,   /* no live server, or it could not be reached */
  WEIR_ERR_UPSTREAM = 3,    /* the connection was lost, or the server broke the protocol */
  WEIR_ERR_REJECTED = 4,    /* a filter said no; text is its message */
  WEIR_ERR_TOO_BIG = 5,     /* over request_limit or max_keys */
  WEIR_ERR_CROSS = 6,       /* keys of one command on different servers */
  WEIR_ERR_OVERLOAD = 7,    /* a bound on clients, queues or memory */
  WEIR_ERR_SHUTDOWN = 8,    /* weir is stopping */
  WEIR_ERR_BAD_REQUEST = 9, /* parse_req() returned WEIR_E_PROTO; text is its error */
  WEIR_ERR_INTERNAL = 10,   /* a plugin broke its contract, or asked for what this core does not do */
  WEIR_ERR_ABORTED = 11,    /* a transaction that could not be kept whole */
  WEIR_ERR_AUTH = 12,       /* the server refused weir's credentials */
  /* A filter answers in the server's place, with the request as source 0 of out: */
  WEIR_ERR_ANSWER = 13,      /* text is the value */
  WEIR_ERR_ANSWER_NONE = 14, /* nothing is there: a null, a miss */
  WEIR_ERR_ANSWER_DONE = 15, /* what a write that succeeded says: +OK, STORED, DELETED */
  WEIR_ERR_ANSWER_INT = 16   /* text is a decimal integer */
};

/* ---- the table ------------------------------------------------------------------------------------------------------ */
enum { WEIR_HS_READY = 0, WEIR_HS_SENT = 1 }; /* handshake(): one of these, or < 0 to give up on the connection */
enum {                                        /* declared; refused at load as "not in this core" */
  WEIR_P_TAGGED = 1,           /* replies carry the request's id and come in any order */
  WEIR_P_UNORDERED_CLIENT = 2, /* clients accept replies out of order */
  WEIR_P_TAG_BE = 4,
  WEIR_P_SERVER_GREETS = 8, /* the server speaks first */
  WEIR_P_GREET_CLIENT = 16  /* weir speaks first */
};
/* Kind WEIR_K_PROTOCOL. Mandatory: create, destroy, parse_req, parse_rsp, reply. What is absent switches a feature off
 * when the configuration is read, never in traffic. */
typedef struct weir_protocol {
  uint32_t struct_size, flags; /* WEIR_P_* */
  const weir_cmd *cmds;        /* {process} */
  uint32_t cmd_count;          /* >= 1 */
  /* At most 1024 bytes each, zeroed when the connection begins. After a reload a client goes on with another instance of
   * the same code, between any two calls, and its state with it: so client_state keeps no address of inst or worker. */
  uint32_t client_state_size, server_state_size;
  uint32_t max_head; /* the longest token the parser must see in one piece; 0 = 64 KiB. More unparsed bytes: TOO_BIG */
  uint32_t tag_off, tag_width; /* WEIR_P_TAGGED */

  /* [config] One instance for each pool that names the component. No effects outside memory: a configuration that is
   * only checked creates it too. NULL = refused; errbuf, or complaints through weir.config/1, say why. */
  void *(*create)(const weir_host *, weir_errbuf *);
  void (*destroy)(void *inst); /* [config] after the last worker_fini */

  void *(*worker_init)(void *inst, uint32_t worker_id); /* [worker] NULLABLE op; comes back as scope->worker */
  void (*worker_fini)(void *inst, void *worker);        /* [worker] NULLABLE op */

  weir_status (*parse_req)(const weir_scope *, weir_parse *); /* [worker] scope->state is the client_state */
  weir_status (*parse_rsp)(const weir_scope *, weir_parse *); /* [worker] scope->state is the server_state */

  /* [worker] A local answer or an error in the protocol's own form. req is NULL for errors that belong to no request
   * (WEIR_ERR_BAD_REQUEST, WEIR_ERR_OVERLOAD at accept). Source 0 of out is the request for WEIR_ROUTE_LOCAL, else
   * empty. scope->state is the client_state, as parse_req() left it: later requests may have been parsed. */
  weir_status (*reply)(const weir_scope *, const weir_req * /*NULLABLE*/, uint32_t err, weir_bytes text, weir_out *);

  /* scope->state of both is the client_state. */
  weir_status (*render)(const weir_scope *, const weir_render *, weir_out *); /* [worker] NULLABLE op: no SPLIT, REKEY */
  weir_status (*merge)(const weir_scope *, const weir_merge *, weir_out *);   /* [worker] NULLABLE op: no SPLIT, ALL   */

  /* [worker] NULLABLE op. Prepares a new server connection; no client's request is written before WEIR_HS_READY.
   * Step 0 has no prev. After WEIR_HS_SENT it is called again once for each of out->swallow replies: prev is that
   * reply and source 0 of out its bytes. It may pipeline several requests in one step. */
  weir_status (*handshake)(const weir_scope *, uint64_t profile, uint32_t step, const weir_rsp *prev /*NULLABLE*/,
                           weir_out *, weir_errbuf *);
  /* [worker] NULLABLE op: then a probe is a TCP connect. Same shape as handshake(), step 0 each time a server is asked
   * anew, on a connection of its own that has been through handshake() and is kept. WEIR_HS_READY = the server is well;
   * < 0: errbuf says what is wrong. The replies are parsed by parse_rsp(), whose expect() says WEIR_CMD_PROBE. */
  weir_status (*probe)(const weir_scope *, uint32_t step, const weir_rsp *prev /*NULLABLE*/, weir_out *, weir_errbuf *);

  /* [worker] NULLABLE op; WEIR_P_TAGGED ids that lie at no fixed place (not in this core yet). */
  weir_status (*retag)(const weir_scope *, const uint8_t *head, uint64_t len, uint64_t tag, weir_out *,
                       uint64_t *replaced);
  /* [worker] NULLABLE op. A lease that begin asked for was got (1: its prelude is rendered next), or is over (0):
   * refused, lost, or ended. Not called for a client that is closing. server: what WEIR_ROUTE_LEASED calls it; also
   * servers of other pools have such a number, which is not their index. */
  void (*lease)(const weir_scope *client, const weir_req *begin, uint32_t server, uint32_t on);
  /* [worker] NULLABLE op. No connection with this profile is left on this worker. */
  void (*profile_idle)(const weir_scope *, uint64_t profile);
  /* [worker] NULLABLE op. A connection is gone: free what its state points to. */
  void (*closed)(const weir_scope *, uint32_t is_server);
  /* [worker] NULLABLE op. The words of a whole request for filters, out[0] being the command's as the client sent it:
   * fills out[0..cap) with pointers into message, or to the arena, and returns how many there are. scope->state is the
   * client_state. */
  uint32_t (*args)(const weir_scope *, const weir_req *, weir_bytes message, weir_bytes *out, uint32_t cap);
  /* [worker] NULLABLE op. A key of a request with WEIR_REQ_CODED_KEYS as it is without its encoding: that is what is
   * hashed, what filters see, and what key_bytes of render() and merge() hold; the request's bytes stay as they are.
   * Writes at most wire.len bytes to out and returns how many; UINT32_MAX: take the bytes on the wire. */
  uint32_t (*decode)(const weir_scope *, const weir_req *, weir_bytes wire, uint8_t *out);
} weir_protocol;

WEIR_ASSERT(sizeof(weir_cmd) == 16);
WEIR_ASSERT(sizeof(weir_key) == 32);
WEIR_ASSERT(sizeof(weir_req) == 64);
WEIR_ASSERT(sizeof(weir_item) == 24);
WEIR_ASSERT(sizeof(weir_rsp) == 64);
WEIR_ASSERT(sizeof(weir_expect) == 32);
WEIR_ASSERT(sizeof(weir_part) == 48);

WEIR_EXTERN_C_END
#endif
