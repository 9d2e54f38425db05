// One scalar, read by the rule of its key. Control thread.
#pragma once

#include <string>

#include "core/config/node.h"
#include "core/config/schema.h"

namespace weir::config {

struct Reading {
  uint64_t number = 0;  // of a boolean 0 or 1, of durations microseconds, of sizes bytes; negative ones as int64_t
  std::string fault;    // "expected ..., found ..."; empty when the value is as it should be
};

// Whatever is not a scalar is a fault, but for Type::any and Type::list.
Reading read_value(const Rule &, const Node &);

// What stands there: "nothing", "a map", or the text in quotes, cut and escaped; never the text of a secret.
std::string found_text(const Node &, bool secret = false);
// Text from the file as part of a message: cut to a sane length, control characters escaped.
std::string printable(std::string_view text);
// A name from the file that is not among those known: "expected one of a, b, found "x", did you mean a?"
std::string unknown_word(std::string_view word, const std::vector<std::string_view> &known);
// nearest(), for words of any length.
std::string_view meant(std::string_view word, const std::vector<std::string_view> &known);

// Text where the file has text; the words for null count as text, as twemproxy has no null.
bool is_text(const Node &);

// A size, or the share of the machine's memory that it is: a file that is printed here means the same elsewhere.
std::string memory_text(uint64_t bytes);
// The bytes of memory this machine has.
uint64_t machine_memory();

}  // namespace weir::config
