#include "transaction.h"

#include <cstdlib>
#include <cstring>

#include "client_state.h"
#include "command_table.h"
#include "settings.h"
#include "writer.h"

namespace weir::redis {

namespace {

// Bounds of what is queued before a server is known.
constexpr uint32_t kMostQueued = 1024;
constexpr uint64_t kMostQueuedBytes = 64 * 1024;

// What of a planned request still holds when it is only queued.
constexpr uint32_t kKeptFlags = WEIR_REQ_SECRET | WEIR_REQ_RENDER;
// What may not be in front of a request that has no server.
constexpr uint32_t kServerFlags = WEIR_REQ_RENDER;

void answer(ClientState &st, Verdict verdict) {
  st.route = WEIR_ROUTE_LOCAL;
  st.verdict = verdict;
  st.req_flags &= ~kServerFlags;
}

void over_lease(ClientState &st, uint32_t flags = 0) {
  st.route = WEIR_ROUTE_LEASED;
  st.route_arg = st.tx.server;
  st.req_flags = (st.req_flags & kKeptFlags) | flags;
}

void to_server(ClientState &st, uint8_t route, uint32_t flags) {
  st.route = route;
  st.route_arg = 0;
  st.req_flags = (st.req_flags & kKeptFlags) | flags;
}

void enter(ClientState &st, TxPhase phase) {
  st.tx.phase = phase;
  bool ordinary = phase == TxPhase::kNone || phase == TxPhase::kWatching;
  st.special = static_cast<uint8_t>(ordinary ? st.special & ~kInTransaction : st.special | kInTransaction);
}

void leave(ClientState &st) {
  enter(st, TxPhase::kNone);
  st.tx.dirty = st.tx.soiled = false;
}

// There is no lease (any more).
void lose(ClientState &st) {
  switch (st.tx.phase) {
    case TxPhase::kWatching:  // nobody can say whether its keys changed
      st.tx.dirty = true;
      return enter(st, TxPhase::kNone);
    case TxPhase::kOpen:
    case TxPhase::kTakingKey:
      st.tx.dirty = true;
      return enter(st, TxPhase::kArmed);
    case TxPhase::kTakingWatch:
    case TxPhase::kTakingMulti:
      return enter(st, TxPhase::kNone);
    default:
      return;
  }
}

// One server holds both its subscriptions and its transactions over one lease, which then outlives EXEC.
uint32_t ends_lease(const ClientState &st) {
  return WEIR_REQ_FENCE | (st.subscriptions.leases ? 0u : static_cast<uint32_t>(WEIR_REQ_LEASE_END));
}

void multi(const Settings &settings, ClientState &st) {
  Transaction &tx = st.tx;
  if (tx.phase == TxPhase::kArmed) return answer(st, Verdict::kNestedMulti);
  if (tx.phase == TxPhase::kOpen) return over_lease(st);  // the server says what is wrong
  tx.soiled = false;
  tx.parsed_count = tx.parsed_bytes = 0;
  tx.before = tx.phase;
  if (tx.phase == TxPhase::kWatching) {
    over_lease(st, WEIR_REQ_FENCE);
    return enter(st, TxPhase::kOpen);
  }
  if (!settings.one_server && st.subscriptions.leases) return answer(st, Verdict::kMixed);
  if (!settings.one_server || tx.dirty) {
    answer(st, Verdict::kMultiBegun);
    st.req_flags |= WEIR_REQ_FENCE;
    return enter(st, TxPhase::kArmed);
  }
  if (st.subscriptions.leases) {
    tx.server = 0;
    over_lease(st, WEIR_REQ_FENCE);
    return enter(st, TxPhase::kOpen);
  }
  to_server(st, WEIR_ROUTE_SERVER, WEIR_REQ_LEASE_BEGIN | WEIR_REQ_FENCE);
  enter(st, TxPhase::kTakingMulti);
}

// Without MULTI: the server says so, if there is one to ask.
void stray(const Settings &settings, ClientState &st, Verdict verdict) {
  if (st.tx.phase == TxPhase::kWatching) return over_lease(st);
  if (settings.one_server) return to_server(st, WEIR_ROUTE_SERVER, 0);
  answer(st, verdict);
}

void exec(const Settings &settings, ClientState &st) {
  Transaction &tx = st.tx;
  if (!tx.queues()) return stray(settings, st, Verdict::kExecAlone);
  if (tx.phase == TxPhase::kOpen && tx.dirty) {
    answer(st, Verdict::kExecAborted);  // and the connection goes, with what the server has queued
    st.req_flags |= WEIR_REQ_LEASE_END | WEIR_REQ_FENCE;
    if (st.subscriptions.leases) st.req_flags |= WEIR_REQ_CLOSE;  // they go with it
    st.route_arg = tx.server;
  } else if (tx.phase == TxPhase::kOpen) {
    over_lease(st, ends_lease(st));
    if (tx.soiled) st.value |= kTxSoiled;
  } else if (tx.dirty) {
    answer(st, Verdict::kExecAborted);
  } else if (tx.parsed_count == 0) {
    answer(st, Verdict::kExecEmpty);
  } else {  // no command had a key: any server, over a lease for this request
    to_server(st, WEIR_ROUTE_ANY, WEIR_REQ_BLOCKING | WEIR_REQ_PRELUDE | WEIR_REQ_FENCE);
    st.timeout_ms = 1;
    if (tx.soiled) st.value |= kTxSoiled;
  }
  leave(st);
}

void discard(const Settings &settings, ClientState &st) {
  if (!st.tx.queues()) return stray(settings, st, Verdict::kDiscardAlone);
  if (st.tx.phase == TxPhase::kOpen)
    over_lease(st, ends_lease(st));
  else
    answer(st, Verdict::kDiscarded);
  leave(st);
}

void watch(const Settings &settings, ClientState &st) {
  switch (st.tx.phase) {
    case TxPhase::kOpen:
      if (settings.one_server) return over_lease(st);  // the server says what is wrong
      [[fallthrough]];
    case TxPhase::kArmed:
      return answer(st, Verdict::kWatchInside);
    case TxPhase::kWatching:
      return over_lease(st);
    default:
      break;
  }
  if (st.subscriptions.leases && !settings.one_server) return answer(st, Verdict::kMixed);
  if (st.subscriptions.leases) {
    st.tx.server = 0;
    over_lease(st);
    return enter(st, TxPhase::kWatching);
  }
  to_server(st, WEIR_ROUTE_KEY, WEIR_REQ_LEASE_BEGIN | WEIR_REQ_FENCE);
  enter(st, TxPhase::kTakingWatch);
}

void unwatch(const Settings &settings, ClientState &st) {
  if (st.tx.phase == TxPhase::kWatching)
    over_lease(st, ends_lease(st));
  else if (settings.one_server)
    to_server(st, WEIR_ROUTE_SERVER, 0);
  else
    answer(st, Verdict::kDiscarded);
  leave(st);
}

// The server cannot be given the script between MULTI and EXEC: what it may lack is sent with its body, see
// renderer.cc.
bool names_known_script(const Settings &settings, const ClientState &st) {
  const Command &row = kCommands[st.cmd];
  return settings.scripts && row.holds_script() && row.numkeys() == NumkeysStyle::kScriptName &&
         settings.scripts->may_know(st.arg);
}

bool is_error(Verdict verdict) {
  return verdict != Verdict::kRun && verdict != Verdict::kOk && verdict != Verdict::kHello;
}

ClientState &state_of(const weir_scope *scope) {
  return *static_cast<ClientState *>(scope->state);
}

}  // namespace

bool QueuedCommands::add(const uint8_t *command, uint64_t size) {
  if (!command || size > kMostQueuedBytes || len + size > kMostQueuedBytes) return false;
  if (!bytes) bytes = static_cast<uint8_t *>(std::malloc(kMostQueuedBytes));
  if (!bytes) return false;
  std::memcpy(bytes + len, command, size);
  len += static_cast<uint32_t>(size);
  ++count;
  return true;
}

void QueuedCommands::clear() {
  std::free(bytes);
  *this = {};
}

void settle_transaction(ClientState &st) {
  if (st.tx.phase >= TxPhase::kTakingWatch) lose(st);
}

void arrange_transaction(const Settings &settings, ClientState &st) {
  st.value = kTxRequest;
  switch (kCommands[st.cmd].transaction()) {
    case TransactionWord::kMulti:
      return multi(settings, st);
    case TransactionWord::kExec:
      return exec(settings, st);
    case TransactionWord::kDiscard:
      return discard(settings, st);
    case TransactionWord::kWatch:
      return watch(settings, st);
    case TransactionWord::kUnwatch:
      return unwatch(settings, st);
  }
}

void arrange_queued(const Settings &settings, ClientState &st, uint64_t size) {
  Transaction &tx = st.tx;
  if (st.route == WEIR_ROUTE_DROP) return;
  st.value = kTxRequest;
  st.timeout_ms = st.replies = 0;
  const Command &row = kCommands[st.cmd];
  if (row.policy == Policy::kTransaction && row.transaction() == TransactionWord::kExec) {  // refused, it ends all
    tx.dirty |= !settings.one_server;
    return exec(settings, st);
  }
  if (st.route == WEIR_ROUTE_LOCAL) {
    if (is_error(st.verdict)) tx.dirty = true;
    return;
  }
  if (names_known_script(settings, st)) st.req_flags |= WEIR_REQ_RENDER;
  if (tx.phase == TxPhase::kOpen) return over_lease(st);
  if (tx.dirty) return answer(st, Verdict::kQueuedInVain);
  if (st.key_count > 0) {
    to_server(st, WEIR_ROUTE_KEY, WEIR_REQ_LEASE_BEGIN | WEIR_REQ_PRELUDE | WEIR_REQ_FENCE);
    return enter(st, TxPhase::kTakingKey);
  }
  if (tx.parsed_count == kMostQueued || size > kMostQueuedBytes - tx.parsed_bytes) {
    tx.dirty = true;
    return answer(st, Verdict::kQueueFull);
  }
  ++tx.parsed_count;
  tx.parsed_bytes += static_cast<uint32_t>(size);
  answer(st, Verdict::kQueued);
  st.req_flags |= WEIR_REQ_FENCE;  // should a filter refuse it, EXEC must know
}

void end_transaction(ClientState &st) {
  leave(st);
}

weir_status answer_transaction(const weir_scope *scope, const weir_req *req, weir_out *out) {
  QueuedCommands &queue = state_of(scope).tx.queue;
  Verdict verdict = UserWord::unpack(req->user).verdict;
  if (verdict != Verdict::kQueued)
    queue.clear();
  else if (!queue.add(out->peek(out, 0, 0, req->size), req->size))
    return WEIR_E_NOMEM;
  if (req->flags & WEIR_REQ_MAY_BE_EMPTY) return WEIR_OK;  // CLIENT REPLY OFF
  Writer w(scope, out);
  switch (verdict) {
    case Verdict::kQueued:
    case Verdict::kQueuedInVain:
      return w.lit("+QUEUED\r\n").status();
    case Verdict::kExecEmpty:
      return w.lit("*0\r\n").status();
    case Verdict::kExecAborted:
      return w.lit("-EXECABORT Transaction discarded because of previous errors.\r\n").status();
    default:  // MULTI, DISCARD, UNWATCH
      return w.lit("+OK\r\n").status();
  }
}

bool transaction_failed(ClientState &st, const weir_req *req, bool by_filter) {
  bool multi = kCommands[req->cmd].full_name() == "multi";
  if (multi && by_filter && (req->flags & WEIR_REQ_FENCE)) {  // nothing was parsed since
    enter(st, st.tx.before);
    return false;
  }
  if (st.tx.has_lease() || st.tx.queues() || st.tx.phase == TxPhase::kTakingKey) st.tx.dirty = true;
  return multi && req->route != WEIR_ROUTE_LOCAL;
}

weir_status render_transaction(const weir_scope *scope, weir_out *out) {
  QueuedCommands &queue = state_of(scope).tx.queue;
  Writer w(scope, out);
  w.lit("*1\r\n$5\r\nMULTI\r\n").copy(queue.bytes, queue.len);
  out->swallow = 1 + queue.count;
  queue.clear();
  return w.status();
}

void transaction_lease(ClientState &st, uint32_t server, bool on) {
  if (!on) return lose(st);
  if (st.tx.phase < TxPhase::kTakingWatch) return;
  st.tx.server = server;
  enter(st, st.tx.phase == TxPhase::kTakingWatch ? TxPhase::kWatching : TxPhase::kOpen);
}

}  // namespace weir::redis
