#include "subscription.h"

#include <algorithm>
#include <cstring>

#include "arguments.h"
#include "client_state.h"
#include "command_table.h"
#include "confirmations.h"
#include "merge_work.h"
#include "session.h"

namespace weir::redis {

namespace {

constexpr uint32_t kMostListed = UINT32_MAX - 1;  // channels of one UNSUBSCRIBE

bool begins(SubscriptionWord word) {
  return word <= SubscriptionWord::kSsubscribe;
}
bool of_shards(SubscriptionWord word) {
  return word == SubscriptionWord::kSsubscribe || word == SubscriptionWord::kSunsubscribe;
}

void route(ClientState &st, uint8_t route, uint32_t flags) {
  st.route = route;
  st.req_flags |= flags | WEIR_REQ_FENCE;
}

// Kinds of topics, as pushed messages name them.
uint32_t topic_kind(SubscriptionWord word) {
  if (of_shards(word)) return kShardTopic;
  bool pattern = word == SubscriptionWord::kPsubscribe || word == SubscriptionWord::kPunsubscribe;
  return pattern ? kPatternTopic : kChannelTopic;
}

void subscribe(const Settings &settings, ClientState &st, SubscriptionWord word) {
  if (settings.shared_pubsub) {
    bool everywhere = word == SubscriptionWord::kPsubscribe || st.events;
    if (!everywhere) st.value = 0;
    st.route_arg = topic_kind(word);
    return route(st, everywhere ? WEIR_ROUTE_ALL : WEIR_ROUTE_SPLIT, WEIR_REQ_TOPICS_ON | WEIR_REQ_TRANSFORM);
  }
  constexpr uint32_t kFlags = WEIR_REQ_LEASE_BEGIN | WEIR_REQ_STREAM_RSP;
  if (settings.one_server) return route(st, WEIR_ROUTE_SERVER, kFlags);
  bool everywhere = word == SubscriptionWord::kPsubscribe || st.events;
  if (!everywhere) st.value = 0;  // each server confirms as many as there are keys for it
  route(st, everywhere ? WEIR_ROUTE_ALL : WEIR_ROUTE_SPLIT, kFlags | WEIR_REQ_TRANSFORM);
}

void unsubscribe(const Settings &settings, ClientState &st, SubscriptionWord word) {
  if (settings.shared_pubsub && st.subscriptions.any()) {
    st.route_arg = topic_kind(word);
    return route(st, WEIR_ROUTE_SPLIT, WEIR_REQ_TOPICS_OFF | WEIR_REQ_TRANSFORM);
  }
  if (settings.one_server && !settings.shared_pubsub) return route(st, WEIR_ROUTE_SERVER, 0);
  if (!st.subscriptions.any()) {
    st.route = WEIR_ROUTE_LOCAL;
    st.req_flags = 0;
    st.verdict = Verdict::kNotSubscribed;
    return;
  }
  route(st, WEIR_ROUTE_LEASED, WEIR_REQ_TRANSFORM);
  st.route_arg = WEIR_ALL_LEASES;
}

// Joins what the servers confirmed. Item i of a part is a whole confirmation; its user word says what it did: 0 the
// server knows of one channel less, 2 of one more.
class SubscriptionMerger : public MergeWork {
 public:
  SubscriptionMerger(const Settings &settings, const weir_scope *scope, const weir_merge *m, weir_out *out)
      : MergeWork(settings, scope, m, out),
        word_(kCommands[m->req->cmd].subscription()),
        subs_(static_cast<ClientState *>(scope->state)->subscriptions) {}

  weir_status run() {
    if (failed()) return w_.status();
    if (m_->req->flags & WEIR_REQ_TOPICS_OFF)
      given_up();
    else if (m_->key_count)
      by_key();
    else if (UserWord::unpack(m_->req->user).value)
      by_place();
    else
      whatever_is_left();
    return w_.status();
  }

 private:
  // What is confirmed on some servers and not on others is in doubt: the client is to come again.
  bool failed() {
    const weir_part *bad = nullptr;
    bool some = false;
    for (uint32_t i = 0; i < m_->part_count; ++i) {
      if (good(m_->parts[i]) && m_->parts[i].item_count)
        some = true;
      else
        bad = &m_->parts[i];
    }
    if (!bad) return false;
    if (m_->first == 0) write_failure(*bad);
    if (some) out_->flags |= WEIR_OUT_CLOSE;
    return true;
  }

  uint32_t &count() { return of_shards(word_) ? subs_.shards : subs_.channels; }

  // A confirmation with the client's count in place of the server's.
  void write(uint32_t part, const weir_item &item) {
    const uint8_t *bytes = out_->peek(out_, part + 1, item.off, item.len);
    uint64_t len = item.len;
    while (bytes && len > 0 && bytes[len - 1] != ':') --len;
    if (len == 0) return w_.fail(WEIR_E_FAIL);
    if (*bytes == '*' && is_resp3(m_->req->profile)) return write_as_push(part, item.off, bytes, len - 1);
    w_.ref(part + 1, item.off, len - 1).head(':', count());
  }
  // The server refused HELLO 3. len: without the count.
  void write_as_push(uint32_t part, uint64_t off, const uint8_t *bytes, uint64_t len) {
    uint64_t name = kCommands[m_->req->cmd].full_name().size();
    uint64_t topic = sizeof("*3\r\n$\r\n\r\n") - 1 + (name < 10 ? 1 : 2) + name;
    bool null = topic + 1 < len && bytes[topic + 1] == '-';
    w_.lit(">").ref(part + 1, off + 1, (null ? topic : len) - 1);
    if (null) w_.lit("_\r\n");
    w_.head(':', count());
  }
  void change(uint64_t user) {
    if (user == 2) ++count();
    if (user == 0 && count() > 0) --count();
  }

  void by_key() {
    for (uint32_t key = m_->first; key < m_->first + m_->count; ++key) {
      uint32_t part = m_->part_of[key];
      if (m_->pos_in[key] >= m_->parts[part].item_count) return w_.fail(WEIR_E_FAIL);
      const weir_item &item = m_->parts[part].items[m_->pos_in[key]];
      change(m_->changed ? joined(key) : item.user);
      write(part, item);
    }
  }

  uint64_t joined(uint32_t topic) const { return topic < m_->changed_count && m_->changed[topic] ? 2 : 1; }

  // Topics: no server was asked.
  void given_up() {
    std::string_view name = kCommands[m_->req->cmd].full_name();
    for (uint32_t i = m_->first; i < m_->first + m_->count; ++i) {
      if (m_->changed[i]) change(0);
      confirm(name).head('$', m_->key_bytes[i].len).copy(m_->key_bytes[i].ptr, m_->key_bytes[i].len).lit("\r\n");
      w_.head(':', count());
    }
    if (m_->key_count == 0) confirm(name).lit(is_resp3(m_->req->profile) ? "_\r\n" : "$-1\r\n").head(':', count());
  }
  Writer &confirm(std::string_view name) {
    w_.lit(is_resp3(m_->req->profile) ? ">3\r\n" : "*3\r\n");
    return w_.head('$', name.size()).lit(name).lit("\r\n");
  }

  // Every server was asked for the same: what is new on all is new, what is gone from one is gone.
  void by_place() {
    uint32_t n = m_->parts[0].item_count;
    for (uint32_t i = 0; i < n; ++i) {
      uint64_t user = m_->parts[0].items[i].user;
      for (uint32_t part = 1; part < m_->part_count; ++part)
        if (i < m_->parts[part].item_count) user = std::min(user, m_->parts[part].items[i].user);
      change(m_->changed ? joined(i) : user);
      write(0, m_->parts[0].items[i]);
    }
  }

  // UNSUBSCRIBE from all: each server lists what it knew of; what was on several is named once.
  struct Gone {
    const uint8_t *ptr;
    uint64_t len;  // without the count
    uint32_t part;
    const weir_item *item;
    bool operator<(const Gone &other) const {
      if (len != other.len) return len < other.len;
      return std::memcmp(ptr, other.ptr, len) < 0;
    }
    bool operator==(const Gone &other) const { return len == other.len && std::memcmp(ptr, other.ptr, len) == 0; }
  };
  void whatever_is_left() {
    uint64_t most = 0;
    for (uint32_t i = 0; i < m_->part_count; ++i) most += m_->parts[i].item_count;
    auto all = static_cast<Gone *>(scope_->arena->alloc(scope_->arena, most * sizeof(Gone), alignof(Gone)));
    if (!all) return w_.fail(WEIR_E_NOMEM);
    Gone *end = all;
    for (uint32_t i = 0; i < m_->part_count; ++i) {
      for (uint32_t k = 0; k < m_->parts[i].item_count; ++k) {
        const weir_item &item = m_->parts[i].items[k];
        if (item.user != 0) continue;  // nothing was there
        const uint8_t *bytes = out_->peek(out_, i + 1, item.off, item.len);
        uint64_t len = item.len;
        while (bytes && len > 0 && bytes[len - 1] != ':') --len;
        *end++ = {bytes, len, i, &item};
      }
    }
    if (end == all) return write(0, m_->parts[0].items[0]);
    std::sort(all, end);
    end = std::unique(all, end);
    for (Gone *gone = all; gone < end; ++gone) {
      change(0);
      write(gone->part, *gone->item);
    }
  }

  SubscriptionWord word_;
  Subscriptions &subs_;
};

void mark(ClientState &st) {
  bool listens = st.subscriptions.any() && !is_resp3(st.profile);
  st.special = static_cast<uint8_t>(listens ? st.special | kSubscribed : st.special & ~kSubscribed);
}

}  // namespace

bool is_event_channel(const uint8_t *name, uint64_t len) {
  constexpr uint64_t kPrefix = sizeof("__keyspace@") - 1;
  return len >= kPrefix &&
         (std::memcmp(name, "__keyspace@", kPrefix) == 0 || std::memcmp(name, "__keyevent@", kPrefix) == 0);
}

void arrange_subscription(const Settings &settings, ClientState &st) {
  SubscriptionWord word = kCommands[st.cmd].subscription();
  bool watching = st.tx.phase == TxPhase::kWatching;
  if (watching && begins(word) && st.subscriptions.leases == 0) {  // the lease would end with either
    st.route = WEIR_ROUTE_LOCAL;
    st.verdict = Verdict::kMixed;
    return;
  }
  st.value = (st.argc - 1) | (watching ? kKeepLease : 0);
  if (begins(word)) return subscribe(settings, st, word);
  unsubscribe(settings, st, word);
}

void arrange_subscribed(const Settings &settings, ClientState &st) {
  std::string_view name = command_of(st.cmd, st.sub).full_name();
  if (name == "quit" || name == "reset" || st.route == WEIR_ROUTE_DROP) return;
  bool wrong = st.verdict >= Verdict::kUnknown && st.verdict <= Verdict::kNoAuth;
  if (wrong && st.route == WEIR_ROUTE_LOCAL) return;
  st.req_flags = st.req_flags & (WEIR_REQ_SECRET | WEIR_REQ_RENDER);
  st.timeout_ms = st.value = 0;
  bool transparent = settings.one_server && !settings.shared_pubsub;
  st.route = transparent ? WEIR_ROUTE_SERVER : WEIR_ROUTE_LOCAL;
  st.route_arg = 0;
  st.verdict = Verdict::kRun;
  if (!transparent) {
    st.verdict = name == "ping" ? Verdict::kPong : Verdict::kSubscribedOnly;
    st.req_flags &= ~static_cast<uint32_t>(WEIR_REQ_RENDER);
  }
}

weir_status answer_subscription(const weir_scope *scope, const weir_req *req, weir_out *out) {
  Arguments args;
  if (!args.read(scope, out->peek(out, 0, 0, req->size), req->size, kMostListed)) return WEIR_E_NOMEM;
  Writer w(scope, out);
  if (UserWord::unpack(req->user).verdict == Verdict::kPong) {
    w.lit("*2\r\n$4\r\npong\r\n");
    if (args.count() < 2) return w.lit("$0\r\n\r\n").status();
    return w.head('$', args[1].len).copy(args[1].ptr, args[1].len).lit("\r\n").status();
  }
  std::string_view name = kCommands[req->cmd].full_name();
  for (uint32_t i = 1; i < args.count() || i == 1; ++i) {
    bool resp3 = is_resp3(req->profile);
    w.lit(resp3 ? ">3\r\n" : "*3\r\n").head('$', name.size()).lit(name).lit("\r\n");
    if (i < args.count())
      w.head('$', args[i].len).copy(args[i].ptr, args[i].len).lit("\r\n");
    else
      w.lit(resp3 ? "_\r\n" : "$-1\r\n");
    w.lit(":0\r\n");
  }
  return w.status();
}

weir_status merge_subscriptions(const Settings &settings, const weir_scope *scope, const weir_merge *m, weir_out *out) {
  weir_status status = SubscriptionMerger(settings, scope, m, out).run();
  if (settings.shared_pubsub) mark(*static_cast<ClientState *>(scope->state));
  return status;
}

weir_status render_topics(const weir_scope *scope, const weir_render *r, weir_out *out) {
  constexpr std::string_view kOn[] = {"SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE"};
  constexpr std::string_view kOff[] = {"UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE"};
  if (r->req->route_arg > kShardTopic) return WEIR_E_FAIL;
  std::string_view word = (r->purpose == WEIR_RENDER_TOPICS_ON ? kOn : kOff)[r->req->route_arg];
  Writer w(scope, out);
  w.head('*', uint64_t{r->pick_count} + 1).head('$', word.size()).lit(word).lit("\r\n");
  for (uint32_t i = 0; i < r->pick_count; ++i) {
    const weir_bytes &name = r->key_bytes[r->pick[i]];
    w.head('$', name.len).copy(name.ptr, name.len).lit("\r\n");
  }
  out->swallow = r->pick_count;
  return w.status();
}

void subscription_lease(ClientState &st, bool on) {
  Subscriptions &subs = st.subscriptions;
  if (on)
    ++subs.leases;
  else if (subs.leases > 0)
    --subs.leases;  // the counts are merge()'s: the last confirmation may not have been written yet
  mark(st);
}

}  // namespace weir::redis
