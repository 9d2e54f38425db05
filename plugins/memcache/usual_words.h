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

// Steps over one to ten digits with something behind them; nullptr for everything else.
inline const uint8_t *read_digits(const uint8_t *p, const uint8_t *end, uint64_t *value) {
  constexpr int64_t kMost = 10;
  const uint8_t *first = p, *limit = end - p > kMost ? p + kMost + 1 : end;
  uint64_t sum = 0;
  for (; p < limit; ++p) {
    uint32_t digit = *p - uint32_t{'0'};
    if (digit > 9) {
      *value = sum;
      return p == first ? nullptr : p;
    }
    sum = sum * 10 + digit;
  }
  return nullptr;
}
// The same, with one space behind the digits, which is stepped over too.
inline const uint8_t *read_digits_word(const uint8_t *p, const uint8_t *end, uint64_t *value) {
  p = read_digits(p, end, value);
  return p && *p == ' ' ? p + 1 : nullptr;
}

}  // namespace weir::memcache
