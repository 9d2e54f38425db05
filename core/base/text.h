// Small text helpers for messages to people.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

// The candidate nearest to word, or "" when none is near enough to be what was meant.
std::string_view nearest(std::string_view word, const std::vector<std::string_view> &candidates);

// "a, b, c"
std::string join(const std::vector<std::string_view> &words, std::string_view between = ", ");

// A size or duration as configuration spells it. False when text is not one.
bool parse_size(std::string_view text, uint64_t &bytes);      // "512", "64k", "8m", "1g"
bool parse_duration_us(std::string_view text, uint64_t &us);  // "250" (milliseconds), "250ms", "2s", "5m", "1h", "10us"
bool parse_decimal(std::string_view text, uint64_t &value);   // digits only, no sign, no overflow
std::string format_size(uint64_t bytes);                      // the shortest spelling parse_size reads back
std::string format_duration_us(uint64_t us);

// How many bytes the UTF-8 character at the front takes; 0 = there is none.
size_t utf8_length(std::string_view text);

// JSON string contents, escaped, without the quotes.
std::string json_escape(std::string_view text);

}  // namespace weir
