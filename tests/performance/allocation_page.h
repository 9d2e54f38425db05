// What the counting library in the proxy shares with the test outside: a file that both map.
#pragma once

#include <atomic>
#include <cstdint>

namespace weir::test {

// The environment variable that names the file.
inline constexpr char kAllocationPage[] = "WEIR_ALLOCATION_PAGE";

struct AllocationPage {
  static constexpr uint32_t kStacks = 8, kFrames = 16;
  struct Stack {
    uint32_t depth;
    void *frames[kFrames];
  };
  std::atomic<uint64_t> taken;          // calls that give memory: malloc, calloc, realloc, memalign, mmap and the like
  std::atomic<uint64_t> given;          // calls that take it back: free, munmap
  std::atomic<uint32_t> stacks_wanted;  // how many calls' stacks to write down from now on; set by the test
  std::atomic<uint32_t> stacks_recorded;  // may exceed stacks_wanted
  Stack stacks[kStacks];
};

}  // namespace weir::test
