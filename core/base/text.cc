#include "core/base/text.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <numeric>

namespace weir {
namespace {

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

struct Unit {
  std::string_view suffix;
  uint64_t factor;
};

template <size_t N>
bool parse_with_unit(std::string_view text, const Unit (&units)[N], uint64_t &value) {
  size_t digits = 0;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') ++digits;
  uint64_t number = 0;
  if (!parse_decimal(text.substr(0, digits), number)) return false;
  for (const Unit &unit : units) {
    if (text.substr(digits) == unit.suffix) return !__builtin_mul_overflow(number, unit.factor, &value);
  }
  return false;
}

template <size_t N>
std::string format_with_unit(uint64_t value, const Unit (&units)[N]) {
  for (const Unit &unit : units) {
    if (value != 0 && value % unit.factor == 0) return std::to_string(value / unit.factor).append(unit.suffix);
  }
  return std::to_string(value).append(units[N - 1].suffix);
}

constexpr Unit kSizeUnits[] = {{"g", 1u << 30}, {"m", 1u << 20}, {"k", 1u << 10}, {"", 1}};
constexpr Unit kDurationUnits[] = {{"h", 3'600'000'000}, {"m", 60'000'000}, {"s", 1'000'000},
                                   {"", 1'000},          {"ms", 1'000},     {"us", 1}};
constexpr Unit kPrintedDurations[] = {
    {"h", 3'600'000'000}, {"m", 60'000'000}, {"s", 1'000'000}, {"ms", 1'000}, {"us", 1}};

}  // namespace

std::string_view nearest(std::string_view word, const std::vector<std::string_view> &candidates) {
  std::string_view best;
  size_t best_distance = std::max<size_t>(word.size() / 2, 1) + 1;
  for (std::string_view candidate : candidates) {
    // A word that begins like the candidate is a likely shortening: "fnv" for fnv1a_64.
    bool prefix = word.size() >= 2 && candidate.substr(0, word.size()) == word;
    size_t distance = prefix ? 1 : edit_distance(word, candidate);
    // Of equals the longer one, which has more in common with the word; of those the first.
    if (distance < best_distance || (distance == best_distance && candidate.size() > best.size() && !best.empty())) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

std::string join(const std::vector<std::string_view> &words, std::string_view between) {
  std::string out;
  for (std::string_view word : words) {
    if (!out.empty()) out.append(between);
    out.append(word);
  }
  return out;
}

bool parse_decimal(std::string_view text, uint64_t &value) {
  if (text.empty()) return false;
  uint64_t number = 0;
  for (char c : text) {
    if (c < '0' || c > '9') return false;
    if (__builtin_mul_overflow(number, 10u, &number)) return false;
    if (__builtin_add_overflow(number, static_cast<uint64_t>(c - '0'), &number)) return false;
  }
  value = number;
  return true;
}

bool parse_size(std::string_view text, uint64_t &bytes) {
  return parse_with_unit(text, kSizeUnits, bytes);
}
bool parse_duration_us(std::string_view text, uint64_t &us) {
  return parse_with_unit(text, kDurationUnits, us);
}
std::string format_size(uint64_t bytes) {
  return format_with_unit(bytes, kSizeUnits);
}
std::string format_duration_us(uint64_t us) {
  return format_with_unit(us, kPrintedDurations);
}

size_t utf8_length(std::string_view text) {
  if (text.empty()) return 0;
  auto byte = [text](size_t at) { return static_cast<unsigned char>(text[at]); };
  size_t len = byte(0) < 0x80   ? 1
               : byte(0) < 0xc2 ? 0
               : byte(0) < 0xe0 ? 2
               : byte(0) < 0xf0 ? 3
               : byte(0) < 0xf5 ? 4
                                : 0;
  if (len > text.size()) return 0;
  for (size_t at = 1; at < len; ++at) {
    if ((byte(at) & 0xc0) != 0x80) return 0;
  }
  // Longer than it need be, half of a pair, beyond the last.
  if (len == 3 && ((byte(0) == 0xe0 && byte(1) < 0xa0) || (byte(0) == 0xed && byte(1) > 0x9f))) return 0;
  if (len == 4 && ((byte(0) == 0xf0 && byte(1) < 0x90) || (byte(0) == 0xf4 && byte(1) > 0x8f))) return 0;
  return len;
}

std::string json_escape(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char code[8];
      std::snprintf(code, sizeof code, "\\u%04x", static_cast<unsigned>(c));
      out.append(code);
    } else {
      out.push_back(c);
    }
  }
  return out;
}

}  // namespace weir
