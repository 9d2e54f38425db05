#include "core/base/heap.h"

#include <malloc.h>

#include <cstdlib>

namespace weir::heap {
namespace {

constexpr int kLargest = 32 << 20;  // as large as glibc lets a block of a heap be
constexpr int kKeptAtTheEnd = 128 << 20;
constexpr int kSmallestThatTrims = 128 << 10;  // a free() of so much looks at the end of the heap

}  // namespace

void keep_large_blocks() {
  mallopt(M_MMAP_THRESHOLD, kLargest);
  mallopt(M_TRIM_THRESHOLD, kKeptAtTheEnd);
}

// malloc_trim() leaves out the end of every heap but the main thread's: up to 64 MiB a thread, more than which glibc
// does not put into one heap, so that free() would never reach the threshold of keep_large_blocks() either.
void give_back() {
  malloc_trim(0);
  mallopt(M_TRIM_THRESHOLD, kSmallestThatTrims);
  void *volatile last = std::malloc(kSmallestThatTrims);  // volatile: or both calls are left out
  std::free(last);
  mallopt(M_TRIM_THRESHOLD, kKeptAtTheEnd);
}

}  // namespace weir::heap
