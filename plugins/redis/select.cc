#include "select.h"

#include <cstdio>

#include "error_replies.h"
#include "numbers.h"
#include "session.h"

namespace weir::redis {

namespace {

void write_select(Writer &w, int64_t db) {
  char text[24];
  int n = std::snprintf(text, sizeof(text), "%lld", static_cast<long long>(db));
  w.lit("*2\r\n$6\r\nSELECT\r\n").bulk({text, static_cast<size_t>(n)});
}

bool accepted(const weir_part &part) {
  return part.rsp_count == 2 && !(part.rsps[0].flags & WEIR_RF_ERROR);
}

}  // namespace

UserWord evaluate_select(const Settings &settings, ClientState &state, const weir_bytes &number) {
  int64_t db = 0;
  if (!parse_integer(number.ptr, number.len, db)) return {Verdict::kNotInteger, 0, 0};
  if (db != static_cast<int32_t>(db)) return {Verdict::kNotInt, 0, 0};
  if (db == settings.db || db == database_of(settings, state.profile)) {
    state.profile = with_database(settings, state.profile, db);
    return {Verdict::kOk, 0, 0};
  }
  if (settings.deny_select) return {Verdict::kRun, 0, 0};
  state.route = WEIR_ROUTE_ALL;
  state.req_flags |= WEIR_REQ_RENDER | WEIR_REQ_TRANSFORM;
  state.replies = 2;
  return {Verdict::kRun, 0, 0, static_cast<uint32_t>(db)};
}

weir_status render_select(const Settings &settings, const weir_scope *scope, const weir_render *r, weir_out *out) {
  Writer w(scope, out);
  write_select(w, static_cast<int32_t>(UserWord::unpack(r->req->user).value));
  write_select(w, database_of(settings, r->req->profile));
  return w.status();
}

weir_status merge_select(const Settings &settings, const weir_scope *scope, const weir_merge *m, weir_out *out) {
  auto &state = *static_cast<ClientState *>(scope->state);
  bool some = false, silent = (m->req->flags & WEIR_REQ_MAY_BE_EMPTY) != 0;
  for (uint32_t i = 0; i < m->part_count; ++i) {
    const weir_part &part = m->parts[i];
    some |= accepted(part);
    if (part.status != WEIR_PART_OK || accepted(part)) continue;
    return silent || part.rsp_count == 0 ? WEIR_OK : Writer(scope, out).ref(i + 1, 0, part.rsps[0].size).status();
  }
  if (some) {  // a server that cannot be asked refuses it later, if at all
    int64_t db = static_cast<int32_t>(UserWord::unpack(m->req->user).value);
    state.profile = with_database(settings, state.profile, db);
    return silent ? WEIR_OK : Writer(scope, out).lit("+OK\r\n").status();
  }
  if (silent) return WEIR_OK;
  uint32_t error = m->part_count ? m->parts[0].error : uint32_t{WEIR_ERR_NO_SERVER};
  return write_core_error(scope, error, {}, out);
}

}  // namespace weir::redis
