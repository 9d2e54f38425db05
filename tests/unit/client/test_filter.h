// Filters in a test's hands: the nth filter of a pool is test_filters()[n].
#pragma once

#include <weir/weir.h>

#include <array>
#include <functional>
#include <string>
#include <vector>

#include "tests/unit/route/puppet.h"

namespace weir::testing {

using Act = std::function<weir_status(const weir_scope &, const weir_view &, weir_verdict &)>;

struct TestFilter {
  std::vector<std::string> wants;  // commands; none: all
  bool wants_response = false;
  Act request;
  std::function<void(const weir_view &, const weir_outcome &)> response;

  // What it saw, each ended by a semicolon: the request's command and keys; and how requests ended.
  std::string seen, ended;
};
std::array<TestFilter, 8> &test_filters();

// Puts them into the tables and forgets what they were.
void use_test_filters(const Tables &tables);
config::FilterUse test_filter_use(const config::Use &like, uint32_t index);

std::string text_of(weir_bytes bytes);
weir_bytes bytes_of(const std::string &text);  // which must stay
// Writes `to` in place of key i.
void rekey(weir_verdict &verdict, uint32_t i, const std::string &to);
// A filter that puts `prefix` before each key.
Act prefix_filter(std::string prefix);
// One that decides the same of every request.
Act decide(std::function<void(weir_verdict &)> what);

}  // namespace weir::testing
