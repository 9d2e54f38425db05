// As much JSON as a stats page needs. Throws on anything that is not JSON.
#pragma once

#include <list>
#include <string>
#include <string_view>
#include <utility>

namespace weir::test {

struct Json {
  enum class Kind { object, string, number } kind = Kind::number;
  std::string text;     // of strings
  long long value = 0;  // of numbers
  std::list<std::pair<std::string, Json>> members;

  bool has(std::string_view key) const;
  const Json &at(std::string_view key) const;  // throws when there is none
  long long number(std::string_view key) const { return at(key).value; }

  static Json parse(std::string_view text);
};

}  // namespace weir::test
