#include "tests/unit/client/test_filter.h"

#include <algorithm>
#include <cstring>

namespace weir::testing {
namespace {

std::array<TestFilter, 8> filters;
uint32_t created = 0;

TestFilter &of(const void *inst) {
  return *static_cast<TestFilter *>(const_cast<void *>(inst));
}

weir_status interests(void *inst, weir_bytes, const weir_cmd *cmds, uint32_t n, uint8_t *want, weir_errbuf *) {
  const TestFilter &filter = of(inst);
  for (uint32_t i = 0; i < n; ++i) {
    bool wanted =
        filter.wants.empty() || std::find(filter.wants.begin(), filter.wants.end(), cmds[i].name) != filter.wants.end();
    if (wanted) want[i] = filter.wants_response ? WEIR_WANT_REQUEST | WEIR_WANT_RESPONSE : WEIR_WANT_REQUEST;
  }
  return WEIR_OK;
}

weir_status on_request(const weir_scope *scope, const weir_view *view, weir_verdict *verdict) {
  TestFilter &filter = of(scope->inst);
  filter.seen += view->cmd->name;
  for (uint32_t i = 0; i < view->key_count; ++i) filter.seen += " " + text_of(view->keys[i]);
  filter.seen += ";";
  return filter.request ? filter.request(*scope, *view, *verdict) : WEIR_OK;
}

void on_response(const weir_scope *scope, const weir_view *view, const weir_outcome *outcome) {
  TestFilter &filter = of(scope->inst);
  filter.ended += std::string(view->cmd->name) + " " + std::to_string(outcome->status) + " " +
                  std::to_string(outcome->error) + (outcome->is_error != 0 ? " error " : " fine ") +
                  (outcome->server == UINT32_MAX ? "-" : std::to_string(outcome->server)) + " " +
                  std::to_string(outcome->reply_size) + ";";
  if (filter.response) filter.response(*view, *outcome);
}

}  // namespace

std::array<TestFilter, 8> &test_filters() {
  return filters;
}

void use_test_filters(const Tables &tables) {
  std::fill(filters.begin(), filters.end(), TestFilter{});
  created = 0;
  tables.filter.create = [](const weir_host *, weir_errbuf *) -> void * { return &filters.at(created++); };
  tables.filter.interests = &interests;
  tables.filter.on_request = &on_request;
  tables.filter.on_response = &on_response;
}

config::FilterUse test_filter_use(const config::Use &like, uint32_t index) {
  config::FilterUse use;
  static_cast<config::Use &>(use) = like;
  use.on_error = "reject";
  use.path = "filters[" + std::to_string(index) + "]";
  return use;
}

std::string text_of(weir_bytes bytes) {
  return {reinterpret_cast<const char *>(bytes.ptr), bytes.len};
}

weir_bytes bytes_of(const std::string &text) {
  return {reinterpret_cast<const uint8_t *>(text.data()), text.size()};
}

void rekey(weir_verdict &verdict, uint32_t i, const std::string &to) {
  verdict.new_keys[i] = bytes_of(to);
  verdict.rekeyed[i] = 1;
  ++verdict.rekey_count;
}

// In the arena, whose bytes are nobody's once the core is done with them.
Act prefix_filter(std::string prefix) {
  return [prefix = std::move(prefix)](const weir_scope &scope, const weir_view &view, weir_verdict &verdict) {
    for (uint32_t i = 0; i < view.key_count; ++i) {
      const std::string text = prefix + text_of(view.keys[i]);
      auto *to = static_cast<uint8_t *>(scope.arena->alloc(scope.arena, text.size(), 1));
      std::memcpy(to, text.data(), text.size());
      verdict.new_keys[i] = {to, text.size()};
      verdict.rekeyed[i] = 1;
    }
    verdict.rekey_count = view.key_count;
    return WEIR_OK;
  };
}

Act decide(std::function<void(weir_verdict &)> what) {
  return [what = std::move(what)](const weir_scope &, const weir_view &, weir_verdict &verdict) {
    what(verdict);
    return WEIR_OK;
  };
}

}  // namespace weir::testing
