#include "core/config/value.h"

#include <unistd.h>

#include "core/base/text.h"

namespace weir::config {
namespace {

bool parse_number(std::string_view text, const Rule &rule, uint64_t &number) {
  bool negative = rule.min < 0 && !text.empty() && text[0] == '-';
  if (negative) text.remove_prefix(1);
  if (!parse_decimal(text, number) || number > static_cast<uint64_t>(INT64_MAX)) return false;
  if (negative) number = static_cast<uint64_t>(-static_cast<int64_t>(number));
  return true;
}

// Whole pages, so that the printed size is short.
uint64_t memory_share(uint64_t percent) {
  return (machine_memory() / 100 * percent) & ~uint64_t{4095};
}

bool parse_memory(std::string_view text, uint64_t &bytes) {
  if (text.empty() || text.back() != '%') return parse_size(text, bytes);
  uint64_t share = 0;
  if (!parse_decimal(text.substr(0, text.size() - 1), share) || share < 1 || share > 100) return false;
  bytes = memory_share(share);
  return true;
}

bool parse(const Rule &rule, std::string_view text, uint64_t &number) {
  switch (rule.type) {
    case Type::boolean:
      number = text == "true" ? 1 : 0;
      return text == "true" || text == "false";
    case Type::integer:
      return parse_number(text, rule, number);
    case Type::duration:
      return parse_duration_us(text, number);
    case Type::size:
      return parse_size(text, number);
    case Type::memory:
      return parse_memory(text, number);
    case Type::tag:
      return text.size() == 2;
    default:
      return true;
  }
}

bool in_bounds(const Rule &rule, uint64_t number) {
  if (rule.type == Type::boolean || (rule.min == 0 && rule.max == 0)) return true;
  if (rule.type == Type::tag || rule.type == Type::choice || rule.type == Type::text || rule.type == Type::file) {
    return true;
  }
  auto value = static_cast<int64_t>(number);
  if (rule.type != Type::integer && number > static_cast<uint64_t>(INT64_MAX)) return false;
  return value >= rule.min && value <= rule.max;
}

std::string list_fault(const Node &node, const Rule &rule) {
  if (node.kind != Node::Kind::list) return "expected a list of texts, found " + found_text(node, rule.secret);
  for (const Node::Entry &entry : node.entries) {
    if (!is_text(*entry.value)) return "expected a list of texts, found in it " + found_text(*entry.value, rule.secret);
  }
  return "";
}

std::string choice_fault(const Node &node, const Rule &rule) {
  std::vector<std::string_view> words = split_choices(rule.choices);
  for (std::string_view word : words) {
    if (node.text == word) return "";
  }
  if (rule.secret) return "expected " + expected_text(rule) + ", found another value";
  return unknown_word(node.text, words);
}

}  // namespace

std::string printable(std::string_view text) {
  constexpr size_t kShown = 64;
  std::string out = json_escape(text.substr(0, kShown));
  if (text.size() > kShown) out.append("...");
  return out;
}

std::string found_text(const Node &node, bool secret) {
  switch (node.kind) {
    case Node::Kind::list:
      return "a list";
    case Node::Kind::map:
      return "a map";
    case Node::Kind::null:
      return "nothing";
    case Node::Kind::scalar:
      break;
  }
  if (secret) return "another value";
  return "\"" + printable(node.text) + "\"";
}

std::string_view meant(std::string_view word, const std::vector<std::string_view> &known) {
  constexpr size_t kLongestName = 64;
  return word.size() > kLongestName ? std::string_view() : nearest(word, known);
}

std::string unknown_word(std::string_view word, const std::vector<std::string_view> &known) {
  std::string text = known.size() == 1 ? "expected " : "expected one of ";
  text.append(join(known)).append(", found \"").append(printable(word)).append("\"");
  std::string_view near = meant(word, known);
  if (!near.empty()) text.append(", did you mean ").append(near).append("?");
  return text;
}

bool is_text(const Node &node) {
  return node.kind == Node::Kind::scalar || (node.kind == Node::Kind::null && !node.text.empty());
}

Reading read_value(const Rule &rule, const Node &node) {
  Reading reading;
  if (rule.type == Type::any) return reading;
  if (rule.type == Type::list) return {0, list_fault(node, rule)};
  bool textual = rule.type == Type::text || rule.type == Type::tag || rule.type == Type::file;
  if (textual ? !is_text(node) : node.kind != Node::Kind::scalar) {
    return {0, "expected " + expected_text(rule) + ", found " + found_text(node, rule.secret)};
  }
  if (rule.type == Type::choice) return {0, choice_fault(node, rule)};
  if (!parse(rule, node.text, reading.number) || !in_bounds(rule, reading.number)) {
    reading.fault = "expected " + expected_text(rule) + ", found " + found_text(node, rule.secret);
  }
  return reading;
}

std::string memory_text(uint64_t bytes) {
  for (uint64_t percent = 1; percent <= 100; ++percent) {
    if (bytes == memory_share(percent)) return std::to_string(percent) + "%";
  }
  return format_size(bytes);
}

uint64_t machine_memory() {
  long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
  return pages > 0 && page > 0 ? static_cast<uint64_t>(pages) * static_cast<uint64_t>(page) : uint64_t{1} << 30;
}

}  // namespace weir::config
