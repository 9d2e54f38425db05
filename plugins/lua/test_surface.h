// weir.test: requests that no client sent.
#pragma once

#include <weir/weir.h>

#include <lua.hpp>

#include <cstdint>

namespace weir::lua {

class TestHost;

// What the tests of one run have in common.
struct TestRun {
  TestHost *host;
  const weir_cmd *commands;
  uint32_t command_count;
  const char *protocol;
};
// The run that open_test() makes weir.test for. One at a time: a subcommand has a process of its own.
extern const TestRun *g_test_run;

}  // namespace weir::lua
