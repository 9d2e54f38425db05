#include "script_resend.h"

#include "arguments.h"
#include "command_table.h"
#include "transaction.h"
#include "verdict.h"
#include "writer.h"

namespace weir::redis {

weir_status render_script(const Settings &settings, const weir_scope *scope, const weir_render *r, weir_out *out) {
  Arguments args;
  const uint8_t *message = out->peek(out, 0, 0, r->req->size);
  if (!settings.scripts || !args.read(scope, message, r->req->size, 2) || args.count() < 2) return WEIR_E_FAIL;
  weir_bytes body = settings.scripts->find(args[1], scope->arena);
  Writer w(scope, out);
  out->swallow = 1;
  if (!body.ptr) return w.lit("*1\r\n$4\r\nPING\r\n").status();  // forgotten meanwhile
  w.lit("*3\r\n$6\r\nSCRIPT\r\n$4\r\nLOAD\r\n").head('$', body.len).mem(body.ptr, body.len).lit("\r\n");
  return w.status();
}

uint64_t write_script_body(const Settings &settings, const weir_scope *scope, const weir_render *r, weir_out *out,
                           Writer &w) {
  const Command &row = kCommands[r->req->cmd];
  bool queued = (UserWord::unpack(r->req->user).value & kTxRequest) != 0;
  if (!queued || !settings.scripts || !row.holds_script() || row.numkeys() != NumkeysStyle::kScriptName) return 0;
  Arguments args;
  const uint8_t *message = out->peek(out, 0, 0, r->req->size);
  if (!args.read(scope, message, r->req->size, UINT32_MAX - 1) || args.count() < 2) return 0;
  weir_bytes body = settings.scripts->find(args[1], scope->arena);
  if (!body.ptr) return 0;
  w.head('*', args.count()).bulk(row.full_name() == "evalsha_ro" ? "EVAL_RO" : "EVAL");
  w.head('$', body.len).mem(body.ptr, body.len).lit("\r\n");
  return args.offset(1) + args[1].len + 2;
}

void note_scripts(const Settings &settings, const weir_scope *scope, const weir_merge *m, weir_out *out) {
  if (!settings.scripts || m->first != 0) return;
  for (uint32_t i = 0; i < m->part_count; ++i) {
    const weir_part &part = m->parts[i];
    if (part.status != WEIR_PART_OK || part.rsp_count != 1 || (part.rsps[0].flags & WEIR_RF_ERROR)) return;
  }
  if (command_of(m->req->cmd, UserWord::unpack(m->req->user).sub).merge() == Merge::kForget)
    return settings.scripts->forget();
  Arguments args;
  const uint8_t *message = out->peek(out, 0, 0, m->req->size);
  if (args.read(scope, message, m->req->size, 3) && args.count() == 3) settings.scripts->loaded(args[2]);
}

}  // namespace weir::redis
