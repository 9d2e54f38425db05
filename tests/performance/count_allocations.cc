// Preloaded into the proxy: counts every call that takes memory from the system's allocator or gives it back, in a page
// that the test maps too. Each call then goes on to the C library, under the names it has for itself.
#include <execinfo.h>
#include <fcntl.h>
#include <malloc.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstdlib>

#include "tests/performance/allocation_page.h"

extern "C" {
void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);
void __libc_free(void *);
}

namespace weir::test {
namespace {

AllocationPage before_main;  // for what is taken before the file is mapped
AllocationPage *page = &before_main;
// Writing down a stack may itself take memory.
__attribute__((tls_model("initial-exec"))) thread_local bool inside = false;

void record_stack() {
  const uint32_t at = page->stacks_recorded.fetch_add(1);
  if (at >= std::min(page->stacks_wanted.load(), AllocationPage::kStacks)) return;
  AllocationPage::Stack &stack = page->stacks[at];
  stack.depth = static_cast<uint32_t>(backtrace(stack.frames, AllocationPage::kFrames));
}

void count(std::atomic<uint64_t> &calls) {
  if (inside) return;
  calls.fetch_add(1, std::memory_order_relaxed);
  if (page->stacks_recorded.load(std::memory_order_relaxed) >= page->stacks_wanted.load(std::memory_order_relaxed)) {
    return;
  }
  inside = true;
  record_stack();
  inside = false;
}

__attribute__((constructor)) void map_page() {
  const char *name = std::getenv(kAllocationPage);
  const int file = name == nullptr ? -1 : open(name, O_RDWR | O_CLOEXEC);
  if (file < 0) return;
  void *mapped = reinterpret_cast<void *>(
      syscall(SYS_mmap, nullptr, sizeof(AllocationPage), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0));
  close(file);
  if (mapped == MAP_FAILED) return;
  void *frames[2];
  backtrace(frames, 2);  // loads what it needs
  page = static_cast<AllocationPage *>(mapped);
}

}  // namespace
}  // namespace weir::test

using weir::test::count;
using weir::test::page;

extern "C" {

void *malloc(size_t size) noexcept {
  count(page->taken);
  return __libc_malloc(size);
}
void *calloc(size_t n, size_t size) noexcept {
  count(page->taken);
  return __libc_calloc(n, size);
}
void *realloc(void *old, size_t size) noexcept {
  count(page->taken);
  return __libc_realloc(old, size);
}
void *memalign(size_t align, size_t size) noexcept {
  count(page->taken);
  return __libc_memalign(align, size);
}
void *aligned_alloc(size_t align, size_t size) noexcept {
  count(page->taken);
  return __libc_memalign(align, size);
}
int posix_memalign(void **to, size_t align, size_t size) noexcept {
  count(page->taken);
  if (align % sizeof(void *) != 0 || (align & (align - 1)) != 0 || align == 0) return EINVAL;
  void *memory = __libc_memalign(align, size);
  if (memory == nullptr) return ENOMEM;
  *to = memory;
  return 0;
}
void free(void *memory) noexcept {
  if (memory == nullptr) return;
  count(page->given);
  __libc_free(memory);
}
void *mmap(void *at, size_t size, int protection, int flags, int file, off_t offset) noexcept {
  count(page->taken);
  return reinterpret_cast<void *>(syscall(SYS_mmap, at, size, protection, flags, file, offset));
}
void *mmap64(void *at, size_t size, int protection, int flags, int file, off64_t offset) noexcept {
  count(page->taken);
  return reinterpret_cast<void *>(syscall(SYS_mmap, at, size, protection, flags, file, offset));
}
void *mremap(void *old, size_t old_size, size_t new_size, int flags, ...) noexcept {
  count(page->taken);
  va_list rest;
  va_start(rest, flags);
  void *at = (flags & MREMAP_FIXED) != 0 ? va_arg(rest, void *) : nullptr;
  va_end(rest);
  return reinterpret_cast<void *>(syscall(SYS_mremap, old, old_size, new_size, flags, at));
}
int munmap(void *at, size_t size) noexcept {
  count(page->given);
  return static_cast<int>(syscall(SYS_munmap, at, size));
}
}
