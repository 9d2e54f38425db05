#include "core/config/schema.h"

#include <weir/module.h>

#include "core/base/text.h"
#include "core/config/schema_bounds.h"

namespace weir::config {
namespace {

std::string bounds_text(const Rule &rule, std::string (*format)(uint64_t)) {
  if (rule.min == 0 && rule.max == 0) return "";
  return " from " + format(static_cast<uint64_t>(rule.min)) + " to " + format(static_cast<uint64_t>(rule.max));
}

std::string number_text(const Rule &rule) {
  if (rule.min == 0 && rule.max == 0) return "a number (digits only)";
  return "a number from " + std::to_string(rule.min) + " to " + std::to_string(rule.max);
}

}  // namespace

Rule rule_of(const weir_schema_key &key) {
  Rule rule;
  switch (key.type) {
    case WEIR_T_BOOL:
      rule.type = Type::boolean;
      break;
    case WEIR_T_INT:
      rule.type = Type::integer;
      break;
    case WEIR_T_STR:
      rule.type = Type::text;
      break;
    case WEIR_T_ENUM:
      rule.type = Type::choice;
      break;
    case WEIR_T_DURATION:
      rule.type = Type::duration;
      break;
    case WEIR_T_SIZE:
      rule.type = Type::size;
      break;
    case WEIR_T_LIST:
      rule.type = Type::list;
      break;
    case WEIR_T_FILE:
      rule.type = Type::file;
      break;
    default:
      rule.type = Type::any;
      break;
  }
  if (key.type == WEIR_T_INT) {
    rule.min = key.min;
    rule.max = key.max;
  }
  if (key.choices != nullptr) rule.choices = key.choices;
  rule.secret = (key.flags & WEIR_KEY_SECRET) != 0;
  return rule;
}

std::string_view kind_name(uint32_t kind) {
  switch (kind) {
    case WEIR_K_PROTOCOL:
      return "protocol";
    case WEIR_K_HASH:
      return "hash";
    case WEIR_K_DIST:
      return "distribution";
    case WEIR_K_FILTER:
      return "filter";
    default:
      return "component";
  }
}

std::vector<std::string_view> split_choices(std::string_view choices) {
  std::vector<std::string_view> words;
  while (!choices.empty()) {
    size_t bar = choices.find('|');
    words.push_back(choices.substr(0, bar));
    if (bar == std::string_view::npos) break;
    choices.remove_prefix(bar + 1);
  }
  return words;
}

std::string expected_text(const Rule &rule) {
  switch (rule.type) {
    case Type::boolean:
      return "true or false";
    case Type::integer:
      return number_text(rule);
    case Type::text:
      return rule.secret ? "text, {file: PATH} or {env: NAME}" : "text";
    case Type::choice:
      return "one of " + join(split_choices(rule.choices));
    case Type::duration:
      if (rule.max == kYearUs) return "a duration of at most a year like 250ms, 2s or 400 (milliseconds)";
      return "a duration like 250ms, 2s or 400 (milliseconds)" + bounds_text(rule, format_duration_us);
    case Type::size:
      return "a size like 512k, 64m or 1g" + bounds_text(rule, format_size);
    case Type::list:
      return "a list of texts";
    case Type::memory:
      return "a size like 2g from 1m up, or a share of the machine's memory from 1% to 100%";
    case Type::tag:
      return "exactly two characters, like \"{}\"";
    case Type::listen:
      return "\"host:port\" or \"/path [mode]\"";
    case Type::servers:
      return "a list of \"host:port:weight [name]\" or \"/path:weight [name]\"";
    case Type::component:
      return "a name, or a map like {use: name, key: value}";
    case Type::components:
      return "a list of names, or of maps like {use: name, key: value}";
    case Type::section:
      return "a map of keys";
    case Type::routes:
      return "a list of maps like {commands: read, pool: name}";
    case Type::texts:
      return "a text or a list of texts";
    case Type::file:
      return "the path of a file";
    case Type::any:
      break;
  }
  return "a value";
}

std::string type_text(const Rule &rule) {
  switch (rule.type) {
    case Type::boolean:
      return "`true` or `false`";
    case Type::integer:
      if (rule.min == 0 && rule.max == 0) return "number";
      if (rule.max >= kInt) return "number, at least " + std::to_string(rule.min);
      return "number, " + std::to_string(rule.min) + " to " + std::to_string(rule.max);
    case Type::text:
      return "text";
    case Type::choice:
      return "one of `" + join(split_choices(rule.choices), "`, `") + "`";
    case Type::duration:
      return "duration";
    case Type::size:
      return "size";
    case Type::list:
      return "list of texts";
    case Type::memory:
      return "size or share";
    case Type::tag:
      return "two characters";
    case Type::listen:
      return "address";
    case Type::servers:
      return "list of servers";
    case Type::component:
      return "component";
    case Type::components:
      return "list of components";
    case Type::section:
      return "map";
    case Type::routes:
      return "list of maps";
    case Type::texts:
      return "text or list of texts";
    case Type::file:
      return "file";
    case Type::any:
      break;
  }
  return "any";
}

}  // namespace weir::config
