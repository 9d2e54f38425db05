// MD5 (RFC 1321), whole messages only. As a hash it gives the first four bytes of the digest, little-endian.
#include <bit>

#include "plugins/hash/bytes.h"
#include "plugins/hash/hashes.h"

namespace weir::hash {
namespace {

using Words = std::array<uint32_t, 4>;
constexpr size_t kBlock = 64;
constexpr size_t kLengthAt = kBlock - 8;  // where the last block holds the message's length in bits

// floor(2^32 * abs(sin(i + 1)))
constexpr std::array<uint32_t, 64> kSines = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391};
constexpr int kShifts[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};

template <int round>
uint32_t choose(uint32_t b, uint32_t c, uint32_t d) {
  if constexpr (round == 0) return d ^ (b & (c ^ d));
  if constexpr (round == 1) return c ^ (d & (b ^ c));
  if constexpr (round == 2) return b ^ c ^ d;
  if constexpr (round == 3) return c ^ (b | ~d);
}

constexpr size_t word_of(int round, size_t step) {
  constexpr size_t kStride[4] = {1, 5, 3, 7}, kFirst[4] = {0, 1, 5, 0};
  return (kFirst[round] + kStride[round] * step) % 16;
}

// Four steps, after which a, b, c and d are in their places again: nothing has to be moved between them.
template <int round>
void four_steps(Words &w, const uint32_t *message, size_t step) {
  const auto one = [&](uint32_t &a, uint32_t b, uint32_t c, uint32_t d, size_t i) {
    const size_t at = step + i;
    const uint32_t sum = a + choose<round>(b, c, d) + message[word_of(round, at)] + kSines[round * 16 + at];
    a = b + std::rotl(sum, kShifts[round][i]);
  };
  one(w[0], w[1], w[2], w[3], 0);
  one(w[3], w[0], w[1], w[2], 1);
  one(w[2], w[3], w[0], w[1], 2);
  one(w[1], w[2], w[3], w[0], 3);
}

template <int round>
void run_round(Words &w, const uint32_t *message) {
  for (size_t step = 0; step < 16; step += 4) four_steps<round>(w, message, step);
}

void add_block(Words &state, const uint8_t *block) {
  uint32_t message[16];
  std::memcpy(message, block, sizeof message);
  Words w = state;
  run_round<0>(w, message);
  run_round<1>(w, message);
  run_round<2>(w, message);
  run_round<3>(w, message);
  for (size_t i = 0; i < w.size(); ++i) state[i] += w[i];
}

// The rest of the message, a 1 bit, zeroes, and the length: in one block, or in two where the length does not fit.
void add_last(Words &state, const uint8_t *rest, size_t rest_len, uint64_t total_len) {
  uint8_t last[2 * kBlock] = {};
  if (rest_len > 0) std::memcpy(last, rest, rest_len);
  last[rest_len] = 0x80;
  const size_t blocks = rest_len < kLengthAt ? 1 : 2;
  const uint64_t bits = total_len * 8;
  std::memcpy(last + (blocks - 1) * kBlock + kLengthAt, &bits, sizeof bits);
  for (size_t i = 0; i < blocks; ++i) add_block(state, last + i * kBlock);
}

uint32_t hash_one(const uint8_t *key, size_t len) {
  return md5_words(key, len)[0];
}

}  // namespace

std::array<uint32_t, 4> md5_words(const uint8_t *data, size_t len) {
  Words state = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
  size_t rest = len;
  for (; rest >= kBlock; rest -= kBlock, data += kBlock) add_block(state, data);
  add_last(state, data, rest, len);
  return state;
}

void md5(const weir_scope *, const weir_bytes *keys, uint32_t n, uint64_t *out) {
  hash_each<hash_one>(keys, n, out);
}

}  // namespace weir::hash
