// Which replies RESP3 gives another shape than RESP2: one row for each command, and the language it is told in.
// Constant data.
//
//   .    as it is, but for nulls         =   a text marked as plain
//   ,    a double                        (   an array, element by element: what is not named is as it is; ")" ends it
//   ~x   a set of x                      *x  an array of x
//   %x   names and x by turns: a map     @x  an array of pairs of a name and x: a map
//   2x   two by two: an array of pairs, whose second is x
//   lx   an array whose last element is x
//   A-Z  a map whose fields are named in kRecords
//
// What is no array where one is expected is as it is: SPOP says a set only when it was given a count.
#pragma once

#include <cstdint>
#include <string_view>

namespace weir::redis {

struct Shape {
  std::string_view command;  // of a subcommand "container|name"
  std::string_view pattern;
  std::string_view option = {};      // only with this word among the arguments,
  uint32_t more_than = 0;            // or with more arguments than these
  std::string_view otherwise = ".";  // the pattern without

  bool depends() const { return !option.empty() || more_than; }
};

struct Field {
  char record;
  std::string_view name;  // "*": every other
  std::string_view pattern;
};

// nullptr: only nulls differ.
const Shape *shape_of(uint32_t cmd, uint32_t sub);
// What a field of a record is.
std::string_view field_pattern(char record, std::string_view name);

}  // namespace weir::redis
