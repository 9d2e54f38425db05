#include "core/app/options.h"

#include <algorithm>
#include <boost/program_options.hpp>

#include "core/app/option_table.h"
#include "core/base/stats.h"
#include "core/base/text.h"
#include "core/base/version.h"

namespace weir::app {
namespace {

namespace po = boost::program_options;

po::options_description described() {
  po::options_description all;
  for (const OptionRow &row : option_table()) {
    std::string name = row.long_name;
    if (row.short_name != 0) name.append(",").append(1, row.short_name);
    if (row.value == nullptr) {
      all.add_options()(name.c_str(), row.help);
    } else {
      all.add_options()(name.c_str(), po::value<std::string>(), row.help);
    }
  }
  return all;
}

const OptionRow *find_row(std::string_view name) {
  name.remove_prefix(std::min(name.find_first_not_of('-'), name.size()));
  for (const OptionRow &row : option_table()) {
    if (name == row.long_name || (name.size() == 1 && name[0] == row.short_name)) return &row;
  }
  return nullptr;
}

std::string unknown_option(std::string_view name) {
  bool is_long = name.substr(0, 2) == "--";
  name.remove_prefix(std::min(name.find_first_not_of('-'), name.size()));
  if (!is_long) {
    // Of several letters together, the first that is none.
    while (name.size() > 1 && find_row(name.substr(0, 1)) != nullptr) name.remove_prefix(1);
    return "invalid option -- '" + std::string(name.substr(0, 1)) + "'";
  }
  name = name.substr(0, name.find('='));
  std::vector<std::string_view> known;
  for (const OptionRow &row : option_table()) known.emplace_back(row.long_name);
  std::string text = "invalid option -- '" + std::string(name) + "'";
  std::string_view meant = nearest(name, known);
  return meant.empty() ? text : text + "; did you mean --" + std::string(meant) + "?";
}

// Boost's complaint in this program's words.
std::string complaint(const po::error &error) {
  if (const auto *ambiguous = dynamic_cast<const po::ambiguous_option *>(&error)) {
    std::vector<std::string> could_be = ambiguous->alternatives();
    std::sort(could_be.begin(), could_be.end());
    could_be.erase(std::unique(could_be.begin(), could_be.end()), could_be.end());
    std::string given = ambiguous->get_option_name();
    std::string text = "option " + given.substr(0, given.find('=')) + " is ambiguous:";
    for (const std::string &name : could_be) text += " --" + name;
    return text;
  }
  if (const auto *unknown = dynamic_cast<const po::unknown_option *>(&error)) {
    return unknown_option(unknown->get_option_name());
  }
  const auto *syntax = dynamic_cast<const po::invalid_command_line_syntax *>(&error);
  const OptionRow *row = syntax == nullptr ? nullptr : find_row(syntax->get_option_name());
  if (row == nullptr) return error.what();
  return syntax->kind() == po::invalid_syntax::extra_parameter
             ? "option --" + std::string(row->long_name) + " takes no value"
             : requires_text(*row);
}

ParsedOptions ended(std::string out) {
  ParsedOptions parsed;
  parsed.out = std::move(out);
  return parsed;
}

ParsedOptions refused(const std::string &why) {
  ParsedOptions parsed;
  parsed.err = "weir: " + why + "\n" + usage_text() + "Try 'weir --help' for what each option does.\n";
  parsed.exit_code = 1;
  return parsed;
}

template <size_t N>
std::string metric_table(const char *title, const Metric (&metrics)[N]) {
  std::string text = title;
  for (const Metric &metric : metrics) {
    std::string name(metric.name);
    name.resize(std::max<size_t>(name.size() + 1, 20), ' ');
    text.append("  ").append(name).append("\"").append(metric.help).append("\"\n");
  }
  return text;
}

std::string last_words(const OptionSink &sink) {
  std::string text = std::string("This is weir-") + kVersion + "\n";
  if (sink.help) text += "\n" + help_text();
  if (sink.describe_stats) {
    text += "\n" + metric_table("pool stats:\n", kPoolMetrics) + "\n" + metric_table("server stats:\n", kServerMetrics);
  }
  return text;
}

// The place of a component's command in argv: the first word, behind at most options that say where plugins are; 0 =
// there is none.
int command_word(int argc, const char *const *argv) {
  for (int i = 1; i < argc; ++i) {
    std::string_view word = argv[i];
    if (!word.starts_with('-')) return word.empty() ? 0 : i;
    if (word == "--plugin-path" || word == "-c" || word == "--conf-file") {
      ++i;  // its value
    } else if (!word.starts_with("--plugin-path=") && !word.starts_with("--conf-file=")) {
      return 0;
    }
  }
  return 0;
}

// The words that may take the program's place, and what they ask for.
struct Subcommand {
  std::string_view name;
  Task task;
};
constexpr Subcommand kSubcommands[] = {{"reload", Task::reload}, {"route", Task::route}, {"ring", Task::ring}};

Task subcommand(std::string_view word) {
  for (const Subcommand &known : kSubcommands) {
    if (known.name == word) return known.task;
  }
  return Task::run;
}

// What a subcommand cannot be given; "" = all is well.
std::string check_subcommand(const OptionSink &sink, Task asked) {
  const Options &o = sink.options;
  const bool about_keys = asked == Task::route || asked == Task::ring;
  if (sink.query_given != nullptr && !about_keys) {
    return "option --" + std::string(sink.query_given) + " goes with weir route or weir ring";
  }
  if (asked == Task::reload && (o.task != Task::run || o.pool)) {
    return "weir reload goes with -c FILE or --admin ADDRESS only";
  }
  if (!about_keys) return "";
  const std::string name = asked == Task::route ? "weir route" : "weir ring";
  if (o.task != Task::run) return name + " is a task of its own; leave the other one out";
  if (!o.query.keys.empty() && !o.query.keys_file.empty()) return "keys come with the command or with --keys, not both";
  if (asked == Task::route && !o.query.against.empty()) return "option --against goes with weir ring";
  if (asked == Task::ring && !o.query.as.empty()) return "option --as goes with weir route";
  if (asked == Task::ring && !o.query.from.empty()) return "option --from goes with weir route";
  return "";
}

// What no option can say by itself; "" = all is well.
std::string check_together(const OptionSink &sink, Task asked) {
  const Options &o = sink.options;
  const bool about_keys = asked == Task::route || asked == Task::ring;
  if (o.json && o.task != Task::list_plugins && o.task != Task::plugin_info && !about_keys) {
    return "option --json goes with --list-plugins or --plugin-info FILE, weir route or weir ring";
  }
  if (!o.pool) return "";
  if (sink.config_given) return "a pool comes from -c FILE or from --listen and --server, not from both";
  if (o.pool->protocol.empty()) return "a pool without a file needs --protocol NAME; --list-plugins shows the names";
  if (o.pool->listen.empty())
    return "a pool without a file needs --listen ADDRESS, for example --listen 127.0.0.1:22121";
  if (o.pool->servers.empty())
    return "a pool without a file needs --server ADDRESS, for example --server 127.0.0.1:6379:1";
  return "";
}

}  // namespace

std::vector<std::string_view> subcommand_names() {
  std::vector<std::string_view> names;
  for (const Subcommand &known : kSubcommands) names.push_back(known.name);
  return names;
}

ParsedOptions parse_options(int argc, const char *const *argv) {
  OptionSink sink;
  const Task asked = argc > 1 ? subcommand(argv[1]) : Task::run;
  if (asked != Task::run) {  // the word takes the program's place
    --argc;
    ++argv;
  }
  if (const int word = asked == Task::run ? command_word(argc, argv) : 0; word > 0) {
    if (subcommand(argv[word]) != Task::run) return refused(std::string(argv[word]) + " must be the first word");
    sink.options.task = Task::own_command;
    sink.options.command = argv[word];
    sink.options.words.assign(argv + word + 1, argv + argc);
    argc = word;
  }
  try {
    po::options_description all = described();
    // The parsed list is applied in order, so that the last of several wins, as with getopt.
    for (const po::option &given : po::command_line_parser(argc, argv).options(all).run().options) {
      const OptionRow *row = given.string_key.empty() ? nullptr : find_row(given.string_key);
      if (row == nullptr && asked == Task::route) {
        sink.options.query.keys.push_back(given.original_tokens.front());
        continue;
      }
      if (row == nullptr)
        return refused("'" + given.original_tokens.front() +
                       "' is not an option; all options begin with '-', and -c FILE names a configuration");
      std::string why = row->apply(sink, *row, given.value.empty() ? "" : given.value.front());
      if (!why.empty()) return refused(why);
    }
  } catch (const po::error &error) {
    return refused(complaint(error));
  }
  if (sink.help || sink.version || sink.describe_stats) {
    ParsedOptions last = ended(last_words(sink));
    last.lists_commands = sink.help;
    last.plugin_paths = sink.options.plugin_paths;
    return last;
  }
  if (std::string why = check_together(sink, asked); !why.empty()) return refused(why);
  if (std::string why = check_subcommand(sink, asked); !why.empty()) return refused(why);
  if (asked != Task::run) sink.options.task = asked;
  ParsedOptions parsed;
  parsed.options = std::move(sink.options);
  return parsed;
}

}  // namespace weir::app
