// An array of plain values that is resized without touching them: what is new in it is not set to anything, and a large
// one is moved by the system, not copied. For arrays that are filled before they are read, however long they get.
// Owner: whoever holds it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <type_traits>
#include <utility>

namespace weir {

template <class T>
class PlainArray {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

 public:
  PlainArray() = default;
  explicit PlainArray(size_t size) { resize(size); }
  ~PlainArray() { std::free(data_); }
  PlainArray(PlainArray &&other) noexcept { swap(other); }
  PlainArray &operator=(PlainArray &&other) noexcept {
    PlainArray(std::move(other)).swap(*this);
    return *this;
  }
  PlainArray(const PlainArray &) = delete;
  PlainArray &operator=(const PlainArray &) = delete;

  T *data() { return data_; }
  const T *data() const { return data_; }
  size_t size() const { return size_; }
  T &operator[](size_t i) { return data_[i]; }
  const T &operator[](size_t i) const { return data_[i]; }

  void resize(size_t size) {
    if (size == 0) return PlainArray().swap(*this);
    auto *memory = static_cast<T *>(std::realloc(static_cast<void *>(data_), size * sizeof(T)));
    if (memory == nullptr) std::abort();  // the bounds on what a client may send come long before this
    data_ = memory;
    size_ = size;
  }
  // The first n elements are now copies of these; there may be more.
  void put(const T *from, size_t n) {
    if (size_ < n) PlainArray(n).swap(*this);
    std::copy_n(from, n, data_);
  }
  void swap(PlainArray &other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
  }

 private:
  T *data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace weir
