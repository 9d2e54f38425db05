// What a thread has freed goes back to the system when it says so, wherever in its heap it lies.
#include "core/base/heap.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <thread>
#include <vector>

namespace weir {
namespace {

#ifdef WEIR_SANITIZED
constexpr bool kOwnAllocator = true;
#else
constexpr bool kOwnAllocator = false;
#endif

size_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  size_t size = 0, resident = 0;
  statm >> size >> resident;
  return resident * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

// Blocks of that size, written to; 48 MiB in all, which is less than one heap.
std::vector<void *> fill(size_t size) {
  std::vector<void *> blocks((48 << 20) / size);
  for (void *&block : blocks) block = std::memset(std::malloc(size), 1, size);
  return blocks;
}

// Of 48 MiB that were used and freed on a thread that is still there, what is left when the first of every so many is
// kept.
size_t left_of(size_t size, size_t kept_every) {
  size_t left = 0;
  std::thread([&] {
    std::free(std::malloc(size));
    size_t before = resident_bytes();
    std::vector<void *> blocks = fill(size);
    EXPECT_GT(resident_bytes(), before + (40 << 20));
    for (size_t i = 0; i < blocks.size(); ++i) {
      if (i % kept_every != 0) std::free(blocks[i]);
    }
    heap::give_back();
    size_t after = resident_bytes();
    left = after > before ? after - before : 0;
    for (size_t i = 0; i < blocks.size(); i += kept_every) std::free(blocks[i]);
  }).join();
  return left;
}

TEST(Heap, WhatAThreadFreedGoesBackFromTheEndAndFromBetween) {
  if (kOwnAllocator) GTEST_SKIP() << "a sanitizer keeps memory for itself";
  heap::keep_large_blocks();
  constexpr size_t kNoMore = SIZE_MAX;
  EXPECT_LT(left_of(4 << 10, kNoMore), 2U << 20);
  EXPECT_LT(left_of(64 << 10, kNoMore), 2U << 20);
  EXPECT_LT(left_of(1 << 20, kNoMore), 4U << 20) << "but for the one that is kept";
  EXPECT_LT(left_of(64 << 10, 64), 4U << 20) << "one of 64 is kept, and a page or so around it";
}

}  // namespace
}  // namespace weir
