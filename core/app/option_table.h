// Every option of the command line as one row: what it is called, what its value is, what it does. Parser, help text
// and complaints all read this table.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/app/options.h"

namespace weir::app {

// Where rows put what they read.
struct OptionSink {
  Options options;
  bool help = false, version = false, describe_stats = false;
  bool config_given = false;
  const char *query_given = nullptr;  // the first option that goes with weir route or weir ring alone
};

struct OptionRow {
  const char *group;  // heading in the help text
  char short_name;    // 0 = none
  const char *long_name;
  const char *value;  // what the help calls the value; null = takes none
  const char *needs;  // "a number": what a complaint says is required
  const char *help;
  std::string (*apply)(OptionSink &, const OptionRow &, const std::string &value);  // the complaint; "" = taken
};

const std::vector<OptionRow> &option_table();

std::string option_name(const OptionRow &);    // "-v", or "--workers" where there is no short form
std::string requires_text(const OptionRow &);  // "option -v requires a number"
std::string usage_text();
std::string help_text();

}  // namespace weir::app
