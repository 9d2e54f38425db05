// The keys or items of an unfinished message, kept between two calls of a parser.
//
// While it is parsed they stand at the front of the worker's array, which the parser appends to. Few are copied there
// and back; many lend their whole array for it, so that a command of a million keys is not copied once a window. One,
// the key of a value whose end has not arrived, lies in here and takes no memory.
//
// Owner: the connection. Thread: the worker's alone.
#pragma once

#include <cstddef>

#include "core/base/plain_array.h"

namespace weir {

template <class T>
class Carried {
 public:
  size_t count() const { return count_; }

  // They are now the first count() elements of `array`, which has at least `least`.
  void lend(PlainArray<T> &array, size_t least) {
    if (count_ == 0 && array.size() >= least) return;
    if (count_ > kCopied) {
      array.swap(kept_);
    } else if (count_ == 1) {
      array[0] = only_;
    } else {
      array.put(kept_.data(), count_);
    }
    if (array.size() < least) array.resize(least);
  }
  // Elements [from, to) of `array` belong to the unfinished message.
  [[gnu::always_inline]] void take_back(PlainArray<T> &array, size_t from, size_t to, size_t least) {
    if (to == from && kept_.size() <= kIdle && array.size() <= kMost) {  // nothing to keep, nothing to give back
      count_ = 0;
      return;
    }
    keep(array, from, to, least);
  }
  void clear() {
    PlainArray<T>().swap(kept_);
    count_ = 0;
  }

 private:
  static constexpr size_t kCopied = 256;     // up to so many are copied
  static constexpr size_t kIdle = 16;        // the most an idle connection keeps room for
  static constexpr size_t kMost = 64 << 10;  // the most the worker's array keeps room for

  void keep(PlainArray<T> &array, size_t from, size_t to, size_t least) {
    count_ = to - from;
    if (from == 0 && count_ > kCopied) {
      array.swap(kept_);
    } else if (count_ == 1) {
      only_ = array[from];
    } else if (count_ > 1) {
      kept_.put(array.data() + from, count_);
    } else if (kept_.size() > kIdle) {
      PlainArray<T>().swap(kept_);
    }
    if (array.size() < least || (array.size() > kMost && count_ == 0)) PlainArray<T>(least).swap(array);
  }
  T only_{};
  PlainArray<T> kept_;
  size_t count_ = 0;  // kept_ may be larger
};

}  // namespace weir
