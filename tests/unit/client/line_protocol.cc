#include "tests/unit/client/line_protocol.h"

#include <weir/inline.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <string_view>

namespace weir::testing {
namespace {

LineHooks hooks;

struct State {
  uint64_t total;  // of a message whose payload is being skipped, 0 = none
};

std::string_view text_of(const uint8_t *data, uint64_t len) {
  return {reinterpret_cast<const char *>(data), len};
}

struct Word {
  uint64_t off;
  std::string_view text;
};
std::vector<Word> words_of(std::string_view line) {
  std::vector<Word> words;
  for (size_t at = 0; at < line.size();) {
    size_t end = std::min(line.find(' ', at), line.size());
    if (end > at) words.push_back({at, line.substr(at, end - at)});
    at = end + 1;
  }
  return words;
}
uint64_t number(std::string_view text) {
  uint64_t value = 0;
  for (char c : text) value = value * 10 + static_cast<uint64_t>(c - '0');
  return value;
}

weir_status push_key(weir_parse *p, const Word &word, weir_req &req) {
  weir_key *key = weir_push_key(p);
  if (key == nullptr) return WEIR_E_LIMIT;
  *key = {word.off, static_cast<uint32_t>(word.text.size()), 0, word.off, word.text.size()};
  ++req.key_count;
  return WEIR_OK;
}

constexpr weir_cmd kCommands[] = {{"(other)", 0, 0},
                                  {"get", WEIR_CMD_READ, 0},
                                  {"set", WEIR_CMD_WRITE, 0},
                                  {"put", WEIR_CMD_WRITE, 0},
                                  {"mget", WEIR_CMD_READ | WEIR_CMD_MULTIKEY, 0},
                                  {"echo", WEIR_CMD_READ | WEIR_CMD_ECHO, 0},
                                  {"mecho", WEIR_CMD_READ | WEIR_CMD_MULTIKEY | WEIR_CMD_ECHO, 0},
                                  {"enter", WEIR_CMD_STATE, 0},
                                  {"shout", WEIR_CMD_TOPICS, 0}};

uint16_t command(std::string_view name) {
  for (uint16_t i = 1; i < std::size(kCommands); ++i) {
    if (name == kCommands[i].name) return i;
  }
  return 0;
}

// A request that has to do with connections of the client's own.
bool describe_lease(std::string_view name, const std::vector<Word> &words, weir_req &req) {
  constexpr uint32_t kBegins = WEIR_REQ_LEASE_BEGIN | WEIR_REQ_FENCE;
  if (name == "open") return (req.flags = WEIR_REQ_OPEN) != 0;
  if (name == "unfenced") return (req.flags = WEIR_REQ_LEASE_BEGIN) != 0;
  if (name == "watch") return (req.flags = kBegins) != 0;
  if (name == "begin") return (req.flags = kBegins | WEIR_REQ_PRELUDE) != 0;
  if (name == "listen") return (req.flags = kBegins | WEIR_REQ_STREAM_RSP) != 0;
  constexpr uint32_t kTunes = WEIR_REQ_TOPICS_ON | WEIR_REQ_TRANSFORM | WEIR_REQ_FENCE;
  if (name == "tune") {
    req.flags = kTunes;
    return (req.route = WEIR_ROUTE_SPLIT) != 0;
  }
  if (name == "tuneall") {
    req.flags = kTunes;
    return (req.route = WEIR_ROUTE_ALL) != 0;
  }
  if (name == "off") {
    req.flags = WEIR_REQ_TOPICS_OFF | WEIR_REQ_FENCE;
    return (req.route = WEIR_ROUTE_SPLIT) != 0;
  }
  if (name == "keep") return (req.flags = WEIR_REQ_KEEP) != 0;
  if (name == "block") return (req.flags = WEIR_REQ_BLOCKING | WEIR_REQ_FENCE) != 0;
  if (name == "wait") {
    req.timeout_ms = 1000 * static_cast<uint32_t>(number(words.at(1).text));
    return (req.flags = WEIR_REQ_BLOCKING | WEIR_REQ_FENCE) != 0;
  }
  if (name == "listenall") {
    req.flags = kBegins | WEIR_REQ_STREAM_RSP;
    return (req.route = WEIR_ROUTE_ALL) != 0;
  }
  if (name == "undo") {
    req.flags = WEIR_REQ_LEASE_END | WEIR_REQ_FENCE;
    req.route_arg = static_cast<uint32_t>(number(words.at(1).text));
    req.route = WEIR_ROUTE_LOCAL;
    return true;
  }
  if (name != "over" && name != "end" && name != "overall") return false;
  req.route = WEIR_ROUTE_LEASED;
  req.route_arg = name == "overall" ? WEIR_ALL_LEASES : static_cast<uint32_t>(number(words.at(1).text));
  if (name == "end") req.flags = WEIR_REQ_LEASE_END | WEIR_REQ_FENCE;
  return true;
}

// What one line asks for; false: not known.
bool describe(std::string_view name, const std::vector<Word> &words, weir_req &req) {
  req.route = WEIR_ROUTE_KEY;
  if (name == "get") return (req.flags = WEIR_REQ_RETRY_SAFE) != 0;
  if (name == "set" || name == "same" || name == "echo" || name == "enter" || name == "shout") return true;
  if (name == "fence") return (req.flags = WEIR_REQ_FENCE) != 0;
  if (name == "mute") return (req.flags = WEIR_REQ_MUTE) != 0;
  if (name == "change") return (req.flags = WEIR_REQ_TRANSFORM) != 0;
  if (name == "again") return (req.flags = WEIR_REQ_RENDER) != 0;
  if (describe_lease(name, words, req)) return true;
  if (name == "slow") return (req.flags |= WEIR_REQ_APART) != 0;
  if (name == "kind") return (req.profile = number(words.at(1).text)) != 0;
  if (name == "tell") return (req.reply = WEIR_REPLY_NONE) != 0;
  if (name == "two") return (req.replies = 2) != 0;
  if (name == "mecho") return (req.route = WEIR_ROUTE_SPLIT) != 0;
  if (name == "mget") {
    req.flags = WEIR_REQ_RETRY_SAFE;
    return (req.route = WEIR_ROUTE_SPLIT) != 0;
  }
  if (name == "any") return (req.route = WEIR_ROUTE_ANY) != 0;
  if (name == "all") return (req.route = WEIR_ROUTE_ALL) != 0;
  if (name == "hush") {
    req.reply = WEIR_REPLY_NONE;
    return (req.route = WEIR_ROUTE_ALL) != 0;
  }
  if (name == "drop") return (req.route = WEIR_ROUTE_DROP) != 0;
  if (name == "at") {
    req.route_arg = static_cast<uint32_t>(number(words.at(1).text));
    return (req.route = WEIR_ROUTE_SERVER) != 0;
  }
  req.route = WEIR_ROUTE_LOCAL;
  if (name == "quit") return (req.flags = WEIR_REQ_CLOSE) != 0;
  if (name == "nil") return (req.flags = WEIR_REQ_MAY_BE_EMPTY) != 0;
  return name == "ping";
}

bool has_keys(const weir_req &req) {
  if ((req.flags & WEIR_REQ_TOPICS_ON) != 0) return true;
  uint8_t route = req.route;
  return route == WEIR_ROUTE_KEY || route == WEIR_ROUTE_SPLIT || route == WEIR_ROUTE_LEASED;
}

weir_status parse_requests(State &state, weir_parse *p) {
  uint64_t at = 0;
  while (p->msg_len < p->msg_cap && at < p->len) {
    weir_req req{};
    if (state.total > 0) {  // behind the payload of a put
      req.size = state.total;
      req.key_count = 1;
      req.cmd = command("put");
      state.total = 0;
      p->reqs[p->msg_len++] = req;
      p->reqs[p->msg_len - 1].route = WEIR_ROUTE_KEY;
      p->used = ++at;
      continue;
    }
    std::string_view rest = text_of(p->data + at, p->len - at);
    size_t end = rest.find('\n');
    if (end == std::string_view::npos) break;
    std::vector<Word> words = words_of(rest.substr(0, end));
    if (!words.empty() && words[0].text == "put") {
      if (push_key(p, words.at(1), req) != WEIR_OK) return WEIR_E_LIMIT;
      state.total = end + 1 + number(words.at(2).text) + 1;
      p->used = at + end + 1;
      p->skip = number(words[2].text);
      if (p->skip > 0) return WEIR_OK;
      at = p->used;
      continue;
    }
    if (words.empty() || !describe(words[0].text, words, req)) {
      p->error = "no such request";
      return WEIR_E_PROTO;
    }
    req.size = end + 1;
    req.cmd = command(words[0].text);
    bool set = words[0].text == "set";
    if (set) req.size += number(words.at(2).text);
    for (size_t i = 1; has_keys(req) && i < (set ? 2 : words.size()); ++i) {
      if (push_key(p, words[i], req) != WEIR_OK) return WEIR_E_LIMIT;
    }
    p->reqs[p->msg_len++] = req;
    at += std::min(req.size, p->len - at);
    p->used = at;
  }
  return WEIR_OK;
}

weir_status push_items(weir_parse *p, std::string_view line, weir_rsp &rsp) {
  for (size_t at = 1; at <= line.size();) {
    size_t end = std::min(line.find(',', at), line.size());
    weir_item *item = weir_push_item(p);
    if (item == nullptr) return WEIR_E_LIMIT;
    *item = {at, end - at, 0};
    ++rsp.item_count;
    at = end + 1;
  }
  return WEIR_OK;
}

weir_status parse_replies(State &state, weir_parse *p) {
  uint64_t at = 0;
  for (uint32_t finals = 0; p->msg_len < p->msg_cap && at < p->len;) {
    weir_rsp rsp{};
    if (state.total > 0) {
      rsp.size = state.total;
      state.total = 0;
      p->rsps[p->msg_len++] = rsp;
      p->used = ++at;
      ++finals;
      continue;
    }
    std::string_view rest = text_of(p->data + at, p->len - at);
    size_t end = rest.find('\n');
    if (end == std::string_view::npos) break;
    std::string_view line = rest.substr(0, end);
    const weir_expect *expect = p->expect(p, finals);
    if (expect != nullptr) hooks.expected_keys = expect->part_keys;
    char kind = line.empty() ? ' ' : line[0];
    rsp.size = end + 1;
    if (kind == '%') {
      state.total = end + 1 + number(line.substr(1)) + 1;
      p->used = at + end + 1;
      p->skip = number(line.substr(1));
      if (p->skip > 0) return WEIR_OK;
      at = p->used;
      continue;
    }
    if (kind == '$') rsp.size += number(line.substr(1));
    if (kind == '~') rsp.kind = WEIR_RSP_PART;
    if (kind == '!') rsp.kind = WEIR_RSP_PUSH;
    if (kind == '?') rsp.flags = WEIR_RF_TRANSIENT;
    if (kind == '=') rsp.flags = WEIR_RF_ERROR;
    if (kind == '^') rsp.flags = WEIR_RF_LEASE_END;
    if (kind == '&') rsp.flags = WEIR_RF_RESEND;
    if (kind == '.') rsp.flags = WEIR_RF_CLOSE;
    if (kind == '@') rsp.flags = WEIR_RF_ERROR | WEIR_RF_ELSEWHERE;
    if (std::strchr("+-~!?.@*$=^&", kind) == nullptr) {
      p->error = "no such reply";
      return WEIR_E_PROTO;
    }
    if (kind == '!' && line.find(' ') != std::string_view::npos) {  // the first word is the topic
      weir_item *item = weir_push_item(p);
      if (item == nullptr) return WEIR_E_LIMIT;
      *item = {1, line.find(' ') - 1, 0};
      rsp.item_count = 1;
    }
    if (kind == '*' && expect != nullptr && expect->want_items != 0 && push_items(p, line, rsp) != WEIR_OK) {
      return WEIR_E_LIMIT;
    }
    p->rsps[p->msg_len++] = rsp;
    if (rsp.kind == WEIR_RSP_FINAL) ++finals;
    at += std::min(rsp.size, p->len - at);
    p->used = at;
  }
  return WEIR_OK;
}

weir_status parse_req(const weir_scope *scope, weir_parse *p) {
  weir_status status = parse_requests(*static_cast<State *>(scope->state), p);
  return hooks.after_req ? hooks.after_req(*p, status) : status;
}
weir_status parse_rsp(const weir_scope *scope, weir_parse *p) {
  weir_status status = parse_replies(*static_cast<State *>(scope->state), p);
  return hooks.after_rsp ? hooks.after_rsp(*p, status) : status;
}

// Text into the arena.
weir_status push_text(const weir_scope *scope, weir_out *out, const std::string &text) {
  auto *to = static_cast<uint8_t *>(scope->arena->alloc(scope->arena, std::max<size_t>(text.size(), 1), 1));
  if (to == nullptr) return WEIR_E_NOMEM;
  std::memcpy(to, text.data(), text.size());
  return weir_push_mem(out, to, text.size());
}

weir_status reply(const weir_scope *scope, const weir_req *req, uint32_t error, weir_bytes text, weir_out *out) {
  if (hooks.reply) return hooks.reply(req, error, *out);
  if (error != WEIR_ERR_NONE) {
    return push_text(scope, out, "-" + std::to_string(error) + " " + std::string(text_of(text.ptr, text.len)) + "\n");
  }
  if ((req->flags & WEIR_REQ_MAY_BE_EMPTY) != 0) return WEIR_OK;
  weir_push_lit(out, "+", 1);
  return weir_push_ref(out, 0, 0, req->size);
}

// The request as it was, with other keys in it.
weir_status render_rekeyed(const weir_scope *scope, const weir_render *r, weir_out *out) {
  uint64_t at = 0;
  for (uint32_t i = r->first; i < r->first + r->count; ++i) {
    const weir_key &key = r->keys[i];
    if (r->first > 0 && i == r->first) at = r->keys[i - 1].off + r->keys[i - 1].len;
    weir_push_ref(out, 0, at, key.off - at);
    at = key.off + key.len;
    const weir_bytes &now = r->key_bytes[i];
    weir_status status = r->rekeyed[i] != 0 ? push_text(scope, out, std::string(text_of(now.ptr, now.len)))
                                            : weir_push_ref(out, 0, key.off, key.len);
    if (status != WEIR_OK) return status;
  }
  return r->first + r->count < r->pick_count ? WEIR_OK : weir_push_ref(out, 0, at, r->req->size - at);
}

weir_status render(const weir_scope *scope, const weir_render *r, weir_out *out) {
  hooks.worked_keys += r->count;
  if (hooks.render) return hooks.render(*r, *out);
  if (r->purpose == WEIR_RENDER_REKEY && r->rekeyed != nullptr) return render_rekeyed(scope, r, out);
  if (r->purpose == WEIR_RENDER_PRELUDE || r->purpose == WEIR_RENDER_RESEND) {
    out->swallow = 1;
    return push_text(scope, out, r->purpose == WEIR_RENDER_PRELUDE ? "prelude\n" : "ahead\n");
  }
  if (r->purpose == WEIR_RENDER_TOPICS_ON || r->purpose == WEIR_RENDER_TOPICS_OFF) {
    std::string all = r->purpose == WEIR_RENDER_TOPICS_ON ? "on" : "off";
    for (uint32_t i = 0; i < r->pick_count; ++i) {
      const weir_bytes &key = r->key_bytes[r->pick[i]];
      all += " " + std::string(text_of(key.ptr, key.len));
    }
    out->swallow = 1;
    return push_text(scope, out, all + "\n");
  }
  std::string text = r->first == 0 ? (r->purpose == WEIR_RENDER_SPLIT ? "mget" : "get") : "";
  for (uint32_t i = r->first; i < r->first + r->count; ++i) {
    const weir_bytes &key = r->key_bytes[r->pick[i]];
    text += " " + std::string(text_of(key.ptr, key.len));
  }
  if (r->first + r->count == r->pick_count) text += "\n";
  return push_text(scope, out, text);
}

void merge_item(const weir_part &part, uint32_t source, uint32_t pos, weir_out *out) {
  if (part.status != WEIR_PART_OK) return void(weir_push_lit(out, "failed", 6));
  if (pos >= part.item_count) return void(weir_push_lit(out, "none", 4));
  weir_push_ref(out, source, part.items[pos].off, part.items[pos].len);
}

// For each topic whether it was news.
weir_status merge_topics(const weir_merge *m, weir_out *out) {
  for (uint32_t i = 0; i < m->part_count; ++i) {
    if (m->parts[i].status != WEIR_PART_OK) return weir_push_lit(out, "failed\n", 7);
  }
  weir_push_lit(out, "#", 1);
  for (uint32_t i = 0; i < m->changed_count; ++i) weir_push_lit(out, m->changed[i] != 0 ? "1" : "0", 1);
  return weir_push_lit(out, "\n", 1);
}

weir_status merge(const weir_scope *scope, const weir_merge *m, weir_out *out) {
  hooks.worked_keys += m->count;
  if (hooks.merge) return hooks.merge(*m, *out);
  if (m->changed != nullptr) return merge_topics(m, out);
  uint32_t n = m->key_count > 0 ? m->count : m->part_count;
  if (m->first == 0) weir_push_lit(out, "*", 1);
  for (uint32_t i = 0; i < n; ++i) {
    uint32_t key = m->first + i;
    if (key > 0) weir_push_lit(out, ",", 1);
    if (m->client_keys != nullptr) {
      const weir_bytes &asked = m->client_keys[key];
      push_text(scope, out, std::string(text_of(asked.ptr, asked.len)) + ":");
    }
    uint32_t part = m->key_count > 0 ? m->part_of[key] : i;
    merge_item(m->parts[part], part + 1, m->key_count > 0 ? m->pos_in[key] : 0, out);
  }
  if (m->first + m->count == m->key_count) weir_push_lit(out, "\n", 1);
  return WEIR_OK;
}

weir_status handshake(const weir_scope *scope, uint64_t profile, uint32_t step, const weir_rsp *prev, weir_out *out,
                      weir_errbuf *why) {
  hooks.profile = profile;
  const uint8_t *bytes = prev == nullptr ? nullptr : out->peek(out, 0, 0, prev->size);
  return hooks.handshake(*scope, step, prev, bytes == nullptr ? "" : std::string(text_of(bytes, prev->size)), *out,
                         *why);
}

uint32_t args(const weir_scope *, const weir_req *, weir_bytes message, weir_bytes *out, uint32_t cap) {
  std::string_view line = text_of(message.ptr, message.len);
  std::vector<Word> words = words_of(line.substr(0, line.find('\n')));
  for (size_t i = 0; i < std::min<size_t>(words.size(), cap); ++i) {
    out[i] = {message.ptr + words[i].off, words[i].text.size()};
  }
  return static_cast<uint32_t>(words.size());
}

void closed(const weir_scope *, uint32_t is_server) {
  hooks.closed.emplace_back(is_server != 0 ? "server" : "client");
}

}  // namespace

LineHooks &line_hooks() {
  return hooks;
}

void use_line_protocol(const Tables &tables, bool with_handshake) {
  hooks = {};
  weir_protocol &p = tables.protocol;
  p.client_state_size = p.server_state_size = sizeof(State);
  p.cmds = kCommands;
  p.cmd_count = std::size(kCommands);
  p.max_head = 4096;
  p.parse_req = &parse_req;
  p.parse_rsp = &parse_rsp;
  p.reply = &reply;
  p.render = &render;
  p.merge = &merge;
  p.handshake = with_handshake ? &handshake : nullptr;
  p.closed = &closed;
  p.args = &args;
  p.lease = [](const weir_scope *, const weir_req *, uint32_t server, uint32_t on) {
    hooks.leases += (on != 0 ? " +" : " -") + std::to_string(server);
  };
  p.profile_idle = [](const weir_scope *, uint64_t profile) { hooks.idle_profiles.push_back(profile); };
}

}  // namespace weir::testing
