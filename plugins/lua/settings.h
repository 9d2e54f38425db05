// One instance's configuration: the script, what it is given, what it may use. Read in create(), not changed
// afterwards.
#pragma once

#include <weir/weir.h>

#include <cstdint>
#include <string>
#include <vector>

namespace weir::lua {

// A value of `args:`, copied out of the configuration, since workers make their Lua values from it later.
struct Arg {
  uint32_t kind = WEIR_N_NULL;
  bool boolean = false;
  int64_t integer = 0;
  double number = 0;
  std::string text;
  std::vector<std::string> names;  // of a map; empty for a list
  std::vector<Arg> values;         // of a map or a list
};

struct Settings {
  std::string path, source;
  Arg args;
  uint64_t memory_limit = 64 << 20;
  int64_t instruction_limit = 1'000'000;
  uint64_t time_limit_us = 100'000;

  // [config] false: refused, and complained about or explained.
  bool read(const weir_host *host, weir_errbuf *err);
  // The script's bytes. Not empty: why it cannot be read.
  std::string read_source();
  // How the script is called in messages: the end of its path, so that what follows fits.
  std::string chunk_name() const;
};

const weir_schema *schema();

}  // namespace weir::lua
