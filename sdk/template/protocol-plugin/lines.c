/* A protocol plugin in one file, for a cache that speaks lines:
 *
 *   GET key\n            -> one line
 *   SET key value\n      -> one line; the value goes on to the line's end
 *   QUIT\n               -> answered by weir, which closes
 *
 * A reply is one line; one that begins with '!' is an error. Copy the folder, change the parsing, rename.
 *
 *   pools: { cache: { protocol: lines, ... } }
 */
#include <weir/host.h>
#include <weir/inline.h>
#include <weir/module.h>
#include <weir/protocol.h>

#include <stdlib.h>
#include <string.h>

enum { CMD_OTHER, CMD_GET, CMD_SET, CMD_QUIT };
static const weir_cmd kCommands[] = {
    {"(other)", 0, 0}, {"get", WEIR_CMD_READ, 0}, {"set", WEIR_CMD_WRITE, 0}, {"quit", 0, 0}};

/* ---- requests -------------------------------------------------------------------------------------------------------
 */

/* Where the parser stands in a client's stream, in scope->state: zeroed by the core when the connection opens. */
struct client {
  uint64_t scanned;  /* bytes of the head that were looked at and hold no end of it */
  uint64_t verb_len; /* of the head, once its first space was seen */
  weir_req req;      /* what is known of a request whose value is still to come */
  uint32_t in_value; /* 1: the head is done with, we look for the line's end */
};

/* The head is "VERB" or "VERB key" with the space or line end after it. Its length, or 0 when its end is not there yet;
 * then the next call goes on where this one stopped, so that a slow client costs no rescans. */
static uint64_t head_length(struct client *c, const uint8_t *at, uint64_t len) {
  for (; c->scanned < len; ++c->scanned) {
    uint8_t byte = at[c->scanned];
    if (byte == '\n' || (byte == ' ' && c->verb_len > 0)) return c->scanned + 1;
    if (byte == ' ') c->verb_len = c->scanned;
  }
  return 0;
}

static uint16_t command(const uint8_t *verb, uint64_t len) {
  if (len == 3 && memcmp(verb, "GET", 3) == 0) return CMD_GET;
  if (len == 3 && memcmp(verb, "SET", 3) == 0) return CMD_SET;
  if (len == 4 && memcmp(verb, "QUIT", 4) == 0) return CMD_QUIT;
  return CMD_OTHER;
}

/* Fills c->req from a whole head of `len` bytes. What is wrong while the position in the stream is certain becomes a
 * local request that reply() answers with an error. */
static weir_status read_head(struct client *c, weir_parse *p, const uint8_t *at, uint64_t len) {
  uint64_t verb_len = c->verb_len > 0 ? c->verb_len : len - 1;
  uint64_t key_len = c->verb_len > 0 ? len - 1 - (verb_len + 1) : 0;
  int line_ends = at[len - 1] == '\n';
  uint16_t cmd = command(at, verb_len);

  memset(&c->req, 0, sizeof c->req);
  c->req.route = WEIR_ROUTE_LOCAL;
  if (cmd == CMD_QUIT && c->verb_len == 0) {
    c->req.cmd = cmd;
    c->req.flags = WEIR_REQ_CLOSE;
  } else if (key_len > 0 && key_len <= UINT32_MAX &&
             ((cmd == CMD_GET && line_ends) || (cmd == CMD_SET && !line_ends))) {
    weir_key *key = weir_push_key(p);
    if (key == NULL) return WEIR_E_LIMIT;
    memset(key, 0, sizeof *key);
    key->off = verb_len + 1;
    key->len = (uint32_t)key_len;
    c->req.cmd = cmd;
    c->req.route = WEIR_ROUTE_KEY;
    c->req.key_count = 1;
    if (cmd == CMD_GET) c->req.flags = WEIR_REQ_RETRY_SAFE;
  }
  c->scanned = c->verb_len = 0;
  c->in_value = !line_ends;
  return WEIR_OK;
}

static weir_status parse_req(const weir_scope *scope, weir_parse *p) {
  struct client *c = scope->state;
  uint64_t pos = 0;          /* in data: what is before it is done with */
  uint64_t off = p->msg_off; /* of data[pos], in its message */

  p->skip = p->need = 0;
  while (pos < p->len && p->msg_len < p->msg_cap) {
    if (!c->in_value) { /* then off is 0: nothing of this message was given up yet */
      uint64_t head = head_length(c, p->data + pos, p->len - pos);
      if (head == 0) break; /* leave it; it is shown again, with what follows */
      weir_status status = read_head(c, p, p->data + pos, head);
      if (status != WEIR_OK) return status;
      pos += head;
      off += head;
    }
    if (c->in_value) { /* of a value we need no byte twice: give up all of it */
      const uint8_t *end = pos < p->len ? memchr(p->data + pos, '\n', p->len - pos) : NULL;
      uint64_t n = end != NULL ? (uint64_t)(end - (p->data + pos)) + 1 : p->len - pos;
      pos += n;
      off += n;
      if (end == NULL) break;
      c->in_value = 0;
    }
    c->req.size = off;
    p->reqs[p->msg_len++] = c->req;
    off = 0;
  }
  p->used = pos;
  if (c->in_value || c->scanned > 0) p->need = 1; /* one more byte may be the line's end */
  return WEIR_OK;
}

/* ---- replies --------------------------------------------------------------------------------------------------------
 */

struct server {
  uint32_t failed; /* the line under way began with '!' */
  uint32_t reserved;
};

static weir_status parse_rsp(const weir_scope *scope, weir_parse *p) {
  struct server *s = scope->state;
  uint64_t pos = 0, off = p->msg_off;

  p->skip = p->need = 0;
  while (pos < p->len && p->msg_len < p->msg_cap) {
    const uint8_t *at = p->data + pos;
    const uint8_t *end = memchr(at, '\n', p->len - pos);
    if (off == 0) s->failed = *at == '!';
    uint64_t n = end != NULL ? (uint64_t)(end - at) + 1 : p->len - pos;
    pos += n;
    off += n;
    if (end == NULL) {
      p->need = 1;
      break;
    }
    weir_rsp *rsp = &p->rsps[p->msg_len++];
    memset(rsp, 0, sizeof *rsp);
    rsp->size = off;
    rsp->kind = WEIR_RSP_FINAL;
    rsp->flags = s->failed ? WEIR_RF_ERROR : 0;
    off = 0;
  }
  p->used = pos;
  return WEIR_OK;
}

/* ---- what weir answers itself ---------------------------------------------------------------------------------------
 */

#define SAY(out, text) weir_push_lit(out, text, sizeof(text) - 1)

static weir_status reply(const weir_scope *scope, const weir_req *req, uint32_t err, weir_bytes text, weir_out *out) {
  if (err == WEIR_ERR_NONE && req != NULL && req->cmd == CMD_QUIT) return SAY(out, "bye\n");
  if (err == WEIR_ERR_NONE) return SAY(out, "!expected GET key, SET key value or QUIT\n");

  uint8_t *line = scope->arena->alloc(scope->arena, text.len + 2, 1);
  if (line == NULL) return WEIR_E_NOMEM;
  line[0] = '!';
  if (text.len > 0) memcpy(line + 1, text.ptr, text.len);
  line[text.len + 1] = '\n';
  return weir_push_mem(out, line, text.len + 2);
}

/* ---- the tables -----------------------------------------------------------------------------------------------------
 */

struct instance {
  uint32_t reserved;
};

static void *create(const weir_host *host, weir_errbuf *err) {
  (void)host;
  (void)err;
  return calloc(1, sizeof(struct instance)); /* NULL: refused */
}
static void destroy(void *inst) {
  free(inst);
}

static const weir_protocol kProtocol = {
    .struct_size = sizeof(weir_protocol),
    .cmds = kCommands,
    .cmd_count = sizeof kCommands / sizeof *kCommands,
    .client_state_size = sizeof(struct client),
    .server_state_size = sizeof(struct server),
    .create = create,
    .destroy = destroy,
    .parse_req = parse_req,
    .parse_rsp = parse_rsp,
    .reply = reply,
};

static const weir_component kComponents[] = {
    {.kind = WEIR_K_PROTOCOL, .name = "lines", .summary = "GET and SET, one line each", .ops = &kProtocol},
};

static const weir_module kModule = {
    .struct_size = sizeof(weir_module),
    .abi_major = WEIR_ABI_MAJOR,
    .abi_minor = WEIR_ABI_MINOR,
    .component_count = sizeof kComponents / sizeof *kComponents,
    .id = "org.example.lines",
    .version = "1.0",
    .vendor = "Example",
    .license = "MIT",
    .url = "",
    .components = kComponents,
};

WEIR_EXPORT const weir_module *weir_plugin_v0(void) {
  return &kModule;
}
