// Transactions. WATCH and MULTI give the client a connection of its own, a lease, until EXEC, DISCARD or UNWATCH. With
// several servers nobody knows which one before there is a key: MULTI is then answered by weir, the first command with
// a key takes the lease, and what came before goes ahead of it. The pipeline of a client is parsed before its answers
// are known, so the phase says what is meant to be; lease_changed() and reply_failed() correct it. Worker's thread.
#pragma once

#include <weir/protocol.h>

namespace weir::redis {

struct ClientState;
struct Settings;

enum class TxPhase : uint8_t {
  kNone,
  kWatching,     // WATCH has the lease; other commands go their own ways
  kArmed,        // MULTI was answered by weir, and there is no lease
  kOpen,         // MULTI went over the lease
  kTakingWatch,  // the request that takes the lease is parsed, and lease() has not spoken yet: WATCH,
  kTakingMulti,  // MULTI,
  kTakingKey,    // or the first command with a key
};

// Commands that weir answered with QUEUED, to be sent once a server is known. Owned by a ClientState, which has no
// destructor: closed() frees it.
struct QueuedCommands {
  uint8_t *bytes;
  uint32_t len, count;

  bool add(const uint8_t *command, uint64_t size);
  void clear();
};

struct Transaction {
  QueuedCommands queue;                 // as they are answered
  uint32_t parsed_count, parsed_bytes;  // of the queue, as they are parsed
  uint32_t server;                      // of the lease
  TxPhase phase;
  TxPhase before;  // the last MULTI that began something
  bool dirty;      // something went wrong: EXEC will not commit
  bool soiled;     // a command changes the server connection, which is closed after EXEC

  bool has_lease() const { return phase == TxPhase::kWatching || phase == TxPhase::kOpen; }
  // Whether commands are queued rather than run.
  bool queues() const { return phase == TxPhase::kArmed || phase == TxPhase::kOpen; }
};

// weir_req.user, UserWord::value: bits of requests that are part of a transaction.
enum : uint32_t {
  kTxRequest = 1u << 31,
  kTxSoiled = 1u << 30,
};

// [parse] Before a request is planned: whoever should have taken the lease has been answered.
void settle_transaction(ClientState &st);
// [parse] The ways of MULTI, EXEC, DISCARD, WATCH and UNWATCH, once they are planned and nothing is wrong with them.
void arrange_transaction(const Settings &settings, ClientState &st);
// [parse] Any other command after MULTI, whatever was planned.
void arrange_queued(const Settings &settings, ClientState &st, uint64_t size);
// [parse] RESET ends it.
void end_transaction(ClientState &st);

// [reply] The answer to a request of a transaction that weir gives itself.
weir_status answer_transaction(const weir_scope *scope, const weir_req *req, weir_out *out);
// [reply] A request of a transaction failed, or a filter refused it. Whether its client must go: it believes that MULTI
// began. Whose MULTI a filter refused is told so, as a server's access list does.
bool transaction_failed(ClientState &st, const weir_req *req, bool by_filter);
// [render] MULTI and what was queued since, ahead of the first command with a key.
weir_status render_transaction(const weir_scope *scope, weir_out *out);
// lease(), for requests of a transaction.
void transaction_lease(ClientState &st, uint32_t server, bool on);

}  // namespace weir::redis
