#include "resp2_servers.h"

#include "arguments.h"
#include "command_lookup.h"
#include "error_replies.h"
#include "merge_work.h"
#include "session.h"
#include "shapes.h"
#include "translation.h"

namespace weir::redis {

namespace {

class Translator : public MergeWork {
 public:
  using MergeWork::MergeWork;

  weir_status run() {
    if (m_->first != 0) return WEIR_OK;  // all of it was written with the first slice
    const weir_part &part = m_->parts[0];
    if (!answered(part)) return failed(part);
    UserWord word = UserWord::unpack(m_->req->user);
    const Shape *shape = shape_of(m_->req->cmd, word.sub);
    uint64_t size = part.rsps[0].size;
    Translation translation(w_, 1, 0, out_->peek(out_, 1, 0, size), size, echoes_of(0));
    return translation.run(shape ? pattern(*shape) : ".") ? w_.status() : WEIR_E_FAIL;
  }

 private:
  // As reply() would tell it.
  weir_status failed(const weir_part &part) {
    bool transaction = (UserWord::unpack(m_->req->user).value & kTxRequest) != 0;
    if (transaction && transaction_failed(*static_cast<ClientState *>(scope_->state), m_->req, false))
      out_->flags |= WEIR_OUT_CLOSE;
    if (part.error && part.error != WEIR_ERR_TOO_BIG) return write_core_error(scope_, part.error, {}, out_);
    write_failure(part);
    return w_.status();
  }

  std::string_view pattern(const Shape &shape) const {
    if (!shape.depends()) return shape.pattern;
    Arguments args;
    if (!args.read(scope_, out_->peek(out_, 0, 0, m_->req->size), m_->req->size, UINT32_MAX - 1)) return ".";
    bool met = shape.more_than && args.count() > shape.more_than;
    const Command &command = kCommands[m_->req->cmd];
    uint32_t i = command.spec == KeySpec::kNumkeys ? m_->req->key_count + 2 : 3;  // a key may be called so, too
    for (; !met && i < args.count(); ++i) met = same_word(args[i].ptr, args[i].len, shape.option);
    return met ? shape.pattern : shape.otherwise;
  }
};

bool is_exec(const weir_req &req) {
  const Command &command = kCommands[req.cmd];
  return command.policy == Policy::kTransaction && command.transaction() == TransactionWord::kExec;
}

}  // namespace

void expect_resp2(weir_req &req) {
  if (req.route == WEIR_ROUTE_LOCAL || req.route == WEIR_ROUTE_DROP) return;
  UserWord word = UserWord::unpack(req.user);
  bool subscription = kCommands[req.cmd].policy == Policy::kSubscription;
  bool queued = !subscription && req.cmd != kSelectRow && (word.value & kTxRequest);
  if (queued && !is_exec(req)) return;  // +OK and +QUEUED
  req.flags |= WEIR_REQ_TRANSFORM;
  const Shape *shape = shape_of(req.cmd, word.sub);
  if (shape && shape->depends()) req.flags |= WEIR_REQ_KEEP;
}

bool is_translation(const Settings &settings, const weir_merge *m) {
  Policy policy = command_of(m->req->cmd, UserWord::unpack(m->req->user).sub).policy;
  bool translated = is_resp3(m->req->profile) && (m->req->flags & WEIR_REQ_TRANSFORM);
  if (!translated || m->part_count != 1 || policy == Policy::kSubscription) return false;
  return settings.one_server || (policy != Policy::kAll && policy != Policy::kScan);
}

weir_status translate(const Settings &settings, const weir_scope *scope, const weir_merge *m, weir_out *out) {
  return Translator(settings, scope, m, out).run();
}

}  // namespace weir::redis
