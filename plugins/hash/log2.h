// Logarithms in whole numbers, which come out the same on every machine; those of <cmath> do not have to.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace weir::hash {

__extension__ using Wide = unsigned __int128;

constexpr uint32_t kLogFraction = 48;  // bits behind the point

namespace log2_table {

constexpr uint32_t kBits = 10;

// log2(1 + i / 1024) to 48 bits: squaring doubles a logarithm, and its next bit says whether the square reached 2.
constexpr uint64_t entry(uint64_t i) {
  constexpr uint32_t kPoint = 62;
  uint64_t value = (1ull << kPoint) + (i << (kPoint - kBits)), log = 0;
  for (uint32_t bit = 0; bit < kLogFraction; ++bit) {
    value = static_cast<uint64_t>(static_cast<Wide>(value) * value >> kPoint);
    log <<= 1;
    if (value >> (kPoint + 1) != 0) value >>= 1, log |= 1;
  }
  return log;
}

constexpr auto make() {
  std::array<uint64_t, (1 << kBits) + 1> table{};
  for (size_t i = 0; i < table.size() - 1; ++i) table[i] = entry(i);
  table.back() = 1ull << kLogFraction;
  return table;
}

inline constexpr auto kTable = make();

}  // namespace log2_table

// -log2(number / 2^64), with kLogFraction bits behind the point. A smaller number never has a smaller result; between
// the table's entries the curve is a straight line, which is right to 2 in 10^7. 0 counts as 1.
inline uint64_t minus_log2(uint64_t number) {
  using log2_table::kBits, log2_table::kTable;
  number |= number == 0;
  const auto zeros = static_cast<uint32_t>(std::countl_zero(number));
  const uint64_t mantissa = number << zeros << 1;  // without its leading 1
  const uint64_t at = mantissa >> (64 - kBits);
  const uint64_t rest = mantissa << kBits;
  const auto part = static_cast<uint64_t>(static_cast<Wide>(kTable[at + 1] - kTable[at]) * rest >> 64);
  return (static_cast<uint64_t>(zeros + 1) << kLogFraction) - kTable[at] - part;
}

}  // namespace weir::hash
