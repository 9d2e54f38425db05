#include "planner.h"

#include "auth.h"
#include "command_lookup.h"
#include "pool_cursor.h"

namespace weir::redis {

namespace {

// Verdicts that a pool of one server leaves to the server.
bool server_would_say(Verdict verdict) {
  return verdict >= Verdict::kUnknown && verdict <= Verdict::kUnbalancedStreams && verdict != Verdict::kNoAuth;
}

// What a server finds out only when it runs the command, which after MULTI is at EXEC.
bool runs_wrong(Verdict verdict) {
  return verdict >= Verdict::kOddPairs && verdict <= Verdict::kNotInt;
}

// Whether a pool of one server leaves the command to it.
bool server_answers(Policy policy) {
  return policy < Policy::kLocal || policy == Policy::kTransaction || policy == Policy::kSubscription;
}

// What weir answers about its own clients; a server would take it as being about all of its connections.
bool concerns_others(std::string_view name) {
  return name == "client|kill" || name == "client|list" || name == "client|tracking" || name == "client|unblock" ||
         name == "client|unpause";
}

}  // namespace

void Planner::reject(Verdict verdict) {
  st_.watch = Watch::kNone;
  st_.family = Family::kOrdinary;
  st_.look = st_.next_key = kNever;
  bool transparent = settings_.one_server && authorized() && server_would_say(verdict) &&
                     server_answers(command_of(st_.cmd, st_.sub).policy);
  if (verdict == Verdict::kUnknown) transparent = settings_.one_server && authorized();
  // Who listens together with others has no server to say it.
  if (settings_.shared_pubsub && (st_.special & kSubscribed)) transparent = false;
  if (st_.tx.queues() && runs_wrong(verdict)) transparent = true;
  st_.verdict = transparent ? Verdict::kRun : verdict;
  st_.route = transparent ? WEIR_ROUTE_SERVER : WEIR_ROUTE_LOCAL;
}

void Planner::begin(const SeenArg &name) {
  st_.cmd = name.ptr ? find_command(name.ptr, name.len) : 0;
  st_.sub = 0;
  st_.arg = 0;
  st_.key_count = 0;
  st_.req_flags = st_.route_arg = st_.timeout_ms = st_.replies = st_.value = 0;
  st_.family = Family::kOrdinary;
  st_.verdict = Verdict::kRun;
  st_.watch = Watch::kNone;
  st_.look = st_.next_key = kNever;
  settle_transaction(st_);
  if (st_.cmd) [[likely]]
    return plan(kCommands[st_.cmd]);
  if (!settings_.forward_unknown || st_.argc < 2) return reject(Verdict::kUnknown);
  if (!authorized()) return reject(Verdict::kNoAuth);
  st_.route = WEIR_ROUTE_KEY;
  st_.step = 1;
  keys_between(1, 1);
}

void Planner::plan(const Command &row) {
  if (!row.arity_fits(st_.argc)) return reject(Verdict::kArity);
  if (!authorized() && !(row.flags & kNoAuth)) return reject(Verdict::kNoAuth);
  if (row.policy <= Policy::kSplit && !(row.flags & kAdmin)) [[likely]]
    return plan_keys(row);
  if (row.flags & kSecret) st_.req_flags |= WEIR_REQ_SECRET;
  if (row.flags & kFenced) st_.req_flags |= WEIR_REQ_FENCE;
  if (row.policy == Policy::kTail) st_.before.keep(st_);
  if (row.flags & kKept) st_.req_flags |= WEIR_REQ_KEEP;
  if (row.policy == Policy::kRefused) return reject(Verdict::kRefused);
  if ((row.flags & kAdmin) && !settings_.allow_admin) return reject(Verdict::kAdmin);
  if (st_.tx.queues()) return plan_queued(row);
  switch (row.policy) {
    case Policy::kAll:
      if (row.flags & kApart) apart();
      if (row.flags & kBlocks) plan_wait();
      if (settings_.scripts && (row.merge() == Merge::kLearn || row.merge() == Merge::kAvailable))
        st_.req_flags |= WEIR_REQ_KEEP;
      return forward(WEIR_ROUTE_ALL);
    case Policy::kAny:
      return forward(WEIR_ROUTE_ANY);
    case Policy::kFirst:
      return forward(WEIR_ROUTE_SERVER);
    case Policy::kLocalMany:
      return forward(WEIR_ROUTE_LOCAL);
    case Policy::kOneServer:
      return settings_.one_server ? forward(WEIR_ROUTE_SERVER) : reject(Verdict::kConcernsOne);
    case Policy::kScan:
      forward(WEIR_ROUTE_SERVER);
      if (settings_.one_server) return;
      if (settings_.servers > PoolCursor::kMostServers) return reject(Verdict::kConcernsOne);
      st_.watch = Watch::kCursor;
      st_.look = 1;
      return;
    case Policy::kTail:
      st_.route = WEIR_ROUTE_LOCAL;
      st_.watch = Watch::kTail;
      st_.look = 1;
      return;
    case Policy::kContainer:
      if (st_.argc == 1) return forward(WEIR_ROUTE_ANY);  // COMMAND alone
      st_.watch = Watch::kSubcommand;
      st_.look = 1;
      return;
    case Policy::kKeys:
    case Policy::kSplit:
      return plan_keys(row);
    case Policy::kTransaction:
      return plan_transaction(row);
    case Policy::kSubscription:
      return plan_subscription(row);
    default:
      st_.route = WEIR_ROUTE_LOCAL;
  }
}

// After MULTI: what weir answers itself otherwise is the server's to queue, and what concerns several servers cannot
// be.
void Planner::plan_queued(const Command &row) {
  std::string_view name = row.full_name();
  switch (row.policy) {
    case Policy::kKeys:
    case Policy::kSplit:
      return plan_keys(row);
    case Policy::kTransaction:
      return plan_transaction(row);
    case Policy::kSubscription:
      return reject(Verdict::kNotInside);
    case Policy::kAll:
    case Policy::kScan:
      if (!settings_.one_server && !(row.flags & kBlocks)) return reject(Verdict::kConcernsAll);
      break;
    case Policy::kOneServer:
      if (!settings_.one_server) return reject(Verdict::kConcernsOne);
      break;
    case Policy::kContainer:
      if (st_.argc == 1) break;
      st_.watch = Watch::kSubcommand;
      st_.look = 1;
      return;
    case Policy::kLocal:
    case Policy::kTail:
      if (name == "auth" || name == "hello" || name == "client|reply") return reject(Verdict::kNotInside);
      if (concerns_others(name)) return reject(Verdict::kNotInside);
      if (name == "quit" || name == "reset" || name == "select") {
        st_.route = name == "select" ? WEIR_ROUTE_SERVER : WEIR_ROUTE_LOCAL;
        if (row.policy == Policy::kTail) st_.watch = Watch::kTail;
        if (name == "select") st_.look = 1;
        return;
      }
      st_.tx.soiled |= name.starts_with("client|");
      break;
    default:
      break;
  }
  st_.route = WEIR_ROUTE_SERVER;
}

// What becomes of it is decided at its end. UNWATCH after MULTI is queued like any other command.
void Planner::plan_transaction(const Command &row) {
  bool unwatch = row.transaction() == TransactionWord::kUnwatch;
  if (st_.tx.queues() && unwatch) {
    st_.route = WEIR_ROUTE_SERVER;
    return;
  }
  st_.family = Family::kTransaction;
  st_.route = WEIR_ROUTE_KEY;
  st_.step = 1;
  if (row.transaction() == TransactionWord::kWatch) keys_between(1, st_.argc - 1);
}

void Planner::plan_subscription(const Command &) {
  st_.family = Family::kSubscription;
  st_.events = false;
  st_.route = WEIR_ROUTE_KEY;
  st_.step = 1;
  if (st_.argc > 1) keys_between(1, st_.argc - 1);
}

void Planner::forward(uint8_t many_route) {
  st_.route = settings_.one_server ? static_cast<uint8_t>(WEIR_ROUTE_SERVER) : many_route;
}

void Planner::plan_keys(const Command &row) {
  st_.route = row.policy == Policy::kSplit ? WEIR_ROUTE_SPLIT : WEIR_ROUTE_KEY;
  st_.step = static_cast<uint32_t>(row.step);
  if ((row.flags & (kRead | kWrite)) == kRead) st_.req_flags |= WEIR_REQ_RETRY_SAFE;
  uint32_t first = static_cast<uint32_t>(row.first);
  if (row.flags & kBlocks) return plan_blocking(row);
  if (row.spec == KeySpec::kRange) [[likely]] {
    if (st_.step == 2 && st_.argc % 2 == 0) return reject(Verdict::kOddPairs);
    return keys_between(first,
                        row.last >= 0 ? static_cast<uint32_t>(row.last) : st_.argc - static_cast<uint32_t>(-row.last));
  }
  switch (row.spec) {
    case KeySpec::kNumkeys:
      if (row.numkeys() <= NumkeysStyle::kScriptName) st_.req_flags |= WEIR_REQ_APART;  // nobody knows how long
      if (row.policy == Policy::kSplit) st_.req_flags |= WEIR_REQ_KEEP;                 // options stand behind the keys
      st_.watch = Watch::kNumkeys;
      st_.option = first;
      if (row.last == 1) st_.next_key = st_.last_key = 1;
      if (settings_.scripts && row.holds_script()) {
        st_.watch = Watch::kScript;
        st_.option = 1;
      }
      break;
    case KeySpec::kStreams:
      st_.watch = Watch::kStreams;
      st_.option = 1;
      break;
    case KeySpec::kSort:
    case KeySpec::kGeo:
      st_.watch = row.spec == KeySpec::kSort ? Watch::kSort : Watch::kGeo;
      st_.option = row.spec == KeySpec::kSort ? 2 : 5;
      st_.next_key = st_.last_key = 1;
      break;
    default:
      break;
  }
  st_.look = next_look();
}

// The server may take as long as an argument says: the last one, or the first where the number of keys follows it.
void Planner::plan_blocking(const Command &row) {
  may_block();
  st_.watch = Watch::kTimeout;
  if (row.spec == KeySpec::kRange) {
    st_.option = st_.argc - 1;
    keys_between(1, row.last >= 0 ? static_cast<uint32_t>(row.last) : st_.argc - static_cast<uint32_t>(-row.last));
  } else {
    st_.option = 1;
    st_.look = next_look();
  }
}

// WAIT counts the replicas that have what its own connection wrote. The prelude makes that all that was written so far.
void Planner::plan_wait() {
  may_block();
  st_.req_flags |= WEIR_REQ_PRELUDE;
  st_.watch = Watch::kTimeout;
  st_.look = st_.option = 2;
}

void Planner::may_block() {
  st_.req_flags |= WEIR_REQ_BLOCKING | WEIR_REQ_FENCE;
  st_.req_flags &= ~static_cast<uint32_t>(WEIR_REQ_RETRY_SAFE);
}

// What must not wait behind the requests of others takes connections of its own: a server reads nothing from the
// connection whose script it runs.
void Planner::apart() {
  st_.req_flags |= WEIR_REQ_BLOCKING | WEIR_REQ_FENCE;
  st_.timeout_ms = 1;  // besides the pool's own
}

// Requests to its server go over it, whatever their profile is.
bool Planner::holds_lease() const {
  return st_.tx.phase != TxPhase::kNone || st_.subscriptions.any();
}

void Planner::tail(const weir_bytes *args, uint32_t n) {
  st_.watch = Watch::kNone;
  st_.look = kNever;
  bool reset = kCommands[st_.cmd].full_name() == "reset";
  if ((st_.special & kSubscribed) && !reset) return;  // refused by arrange_subscribed(): it must not change anything
  const ClientState before = st_;
  UserWord word = evaluate_tail(settings_, st_, args, n);
  // SELECT to elsewhere, which after MULTI the server must not see even when the pool denies it
  bool elsewhere = st_.cmd == kSelectRow && word.verdict == Verdict::kRun && st_.route != WEIR_ROUTE_LOCAL;
  bool changes = st_.profile != before.profile || elsewhere;
  if (changes && holds_lease() && !reset) {
    st_ = before;
    return reject(Verdict::kHoldsLease);
  }
  bool queued = st_.route == WEIR_ROUTE_SERVER && word.verdict == Verdict::kOk;  // SELECT of where it is, after MULTI
  st_.verdict = queued ? Verdict::kRun : word.verdict;
  st_.arg = word.arg;
  st_.value = word.value;
}

// RESET gives all leases back, as they are.
void Planner::reset() {
  if (st_.verdict != Verdict::kRun || kCommands[st_.cmd].full_name() != "reset") return;
  if (st_.tx.has_lease() || st_.subscriptions.leases) {
    st_.req_flags |= WEIR_REQ_LEASE_END | WEIR_REQ_FENCE;
    st_.route_arg = WEIR_ALL_LEASES;
  }
  if (settings_.shared_pubsub && st_.subscriptions.any()) st_.req_flags |= WEIR_REQ_TOPICS_OFF | WEIR_REQ_FENCE;
  st_.subscriptions.channels = st_.subscriptions.shards = 0;
  if (settings_.shared_pubsub) st_.special &= static_cast<uint8_t>(~kSubscribed);
  end_transaction(st_);
}

void Planner::end(weir_parse *p, uint64_t size) {
  if (st_.watch == Watch::kTail) tail(nullptr, 0);
  if (st_.watch == Watch::kStreams || st_.watch == Watch::kBlock) reject(Verdict::kSyntax);
  if (st_.family == Family::kSubscription)
    arrange_subscription(settings_, st_);
  else if (st_.special & kSubscribed)
    arrange_subscribed(settings_, st_);
  else if (st_.family == Family::kTransaction)
    arrange_transaction(settings_, st_);
  else if (st_.tx.queues())
    arrange_queued(settings_, st_, size);
  if (holds_lease() || st_.tx.dirty) reset();
  bool leased = st_.route == WEIR_ROUTE_LEASED && st_.route_arg != WEIR_ALL_LEASES;
  bool topics = (st_.req_flags & WEIR_REQ_TOPICS_ON) != 0;
  if (st_.route != WEIR_ROUTE_KEY && st_.route != WEIR_ROUTE_SPLIT && !leased && !topics) {
    p->sub_len -= st_.key_count;
    st_.key_count = 0;
  }
}

}  // namespace weir::redis
