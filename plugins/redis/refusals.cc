#include "refusals.h"

#include "client_state.h"
#include "command_table.h"
#include "error_replies.h"
#include "filter_answers.h"
#include "writer.h"

namespace weir::redis {

namespace {

constexpr uint8_t kUnheard = kRepliesOff | kSkipThis;

bool is_answer(uint32_t err) {
  return err >= WEIR_ERR_ANSWER && err <= WEIR_ERR_ANSWER_INT;
}

// The word of SELECT is a database, unless it is part of a transaction.
bool is_of_transaction(const weir_req *req) {
  bool elsewhere = req->cmd == kSelectRow && req->route == WEIR_ROUTE_ALL;
  bool marked = (UserWord::unpack(req->user).value & kTxRequest) != 0;
  return marked && !elsewhere && kCommands[req->cmd].policy != Policy::kSubscription;
}

}  // namespace

weir_status answer_instead(const weir_scope *scope, const weir_req *req, uint32_t err, std::string_view text,
                           weir_out *out) {
  ClientState &st = *static_cast<ClientState *>(scope->state);
  const Command &command = command_of(req->cmd, UserWord::unpack(req->user).sub);
  bool in_transaction = is_of_transaction(req), answers = is_answer(err);
  if (in_transaction) {
    std::string_view name = command.full_name();
    if (err == WEIR_ERR_ABORTED && (name == "discard" || name == "unwatch"))
      return Writer(scope, out).lit("+OK\r\n").status();
    if (transaction_failed(st, req, answers || err == WEIR_ERR_REJECTED)) out->flags |= WEIR_OUT_CLOSE;
  }
  bool unheard = (req->flags & WEIR_REQ_MAY_BE_EMPTY) != 0;
  if (command.policy == Policy::kTail && (req->flags & WEIR_REQ_FENCE)) {  // nothing was parsed since
    unheard = unheard && (st.before.special & kUnheard);
    st.before.restore(st);
  }
  if (unheard) return WEIR_OK;
  if (answers && in_transaction)
    return write_error(scope, "a filter cannot answer what is part of a transaction; the transaction is aborted", out);
  return answers ? answer_for_filter(scope, req, err, text, out) : write_core_error(scope, err, text, out);
}

}  // namespace weir::redis
