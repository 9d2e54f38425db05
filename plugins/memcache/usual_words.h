// The lines that nearly all traffic consists of, recognised in one pass. Pure functions over bytes; they never read
// past end. What they do not take may be good all the same: the parsers' general way decides about it, and it must give
// the same for what is taken here.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace weir::memcache {

template <class Word>
inline Word load(const uint8_t *p) {
  Word word;
  std::memcpy(&word, p, sizeof(word));
  return word;
}
// The number that load() gives for this text.
template <class Word, size_t kSize>
constexpr Word word_of(const char (&text)[kSize]) {
  static_assert(kSize == sizeof(Word) + 1 && std::endian::native == std::endian::little);
  Word word = 0;
  for (size_t i = 0; i < sizeof(Word); ++i)
    word = static_cast<Word>(word | static_cast<Word>(static_cast<uint8_t>(text[i])) << (8 * i));
  return word;
}
inline bool ends_line(const uint8_t *p, const uint8_t *end) {
  return end - p >= 2 && load<uint16_t>(p) == word_of<uint16_t>("\r\n");
}

// Numbers are read without a look at where the window ends, since its last byte stops the reading: it must be one for
// which this is true, neither a digit nor a space. To be asked once, not for each digit.
inline bool is_fence(uint8_t last) {
  return last < ' ' || last > '9';
}
// Steps over digits; nullptr when there are none. More than kMaxDigits may be read wrong: the caller counts them, once
// for all numbers of its line.
inline constexpr int64_t kMaxDigits = 18;
[[gnu::always_inline]] inline const uint8_t *read_digits(const uint8_t *p, uint64_t *value) {
  uint32_t digit = *p - uint32_t{'0'};
  if (digit > 9) return nullptr;
  uint64_t sum = digit;
  while ((digit = *++p - uint32_t{'0'}) <= 9) sum = sum * 10 + digit;
  *value = sum;
  return p;
}
// The same, with one space behind the digits, which is stepped over too.
[[gnu::always_inline]] inline const uint8_t *read_digits_word(const uint8_t *p, uint64_t *value) {
  p = read_digits(p, value);
  return p && *p == ' ' ? p + 1 : nullptr;
}

}  // namespace weir::memcache
