#include "decide.h"

#include "instance.h"

namespace weir::lua {
namespace {

// What a call is about, for as long as it lasts. Calls nest when a test runs hooks.
class Current {
 public:
  Current(State &state, const weir_scope *scope, const Call &call)
      : state_(state), scope_(state.scope), call_(state.current) {
    state.scope = scope;
    state.current = call;
  }
  Current(const Current &) = delete;
  Current &operator=(const Current &) = delete;
  ~Current() {
    state_.scope = scope_;
    state_.current = call_;
  }

 private:
  State &state_;
  const weir_scope *const scope_;
  const Call call_;
};

void count_memory(const State &state) {
  const uint32_t handle = state.instance.memory_stat;
  if (state.cells != nullptr && handle != UINT32_MAX) weir_set(state.cells, handle, state.limits.used());
}

}  // namespace

weir_status run_request_hooks(State &state, const weir_scope *scope, const weir_view *view, weir_verdict *verdict) {
  const Current current(state, scope, {view, verdict, nullptr});
  for (const uint16_t hook : state.instance.request_hooks(view->req->cmd)) {
    if (!state.call_hook(hook, false, "a hook of on_request()")) return WEIR_E_FAIL;
    if (verdict->action != WEIR_V_CONTINUE) break;
  }
  count_memory(state);
  return WEIR_OK;
}

bool run_response_hooks(State &state, const weir_scope *scope, const weir_view *view, const weir_outcome *outcome) {
  const Current current(state, scope, {view, nullptr, outcome});
  bool good = true;
  for (const uint16_t hook : state.instance.response_hooks(view->req->cmd)) {
    good = state.call_hook(hook, true, "a hook of on_response()") && good;
  }
  return good;
}

}  // namespace weir::lua
