// A value, or the reason why there is none. For start-up and control paths; the data path returns plain codes.
#pragma once

#include <string>
#include <utility>
#include <variant>

namespace weir {

struct Error {
  std::string text;  // what was expected, what was found, and how to mend it
};

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : held_(std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Result(Error error) : held_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  explicit operator bool() const { return held_.index() == 0; }
  T &operator*() { return std::get<0>(held_); }
  const T &operator*() const { return std::get<0>(held_); }
  T *operator->() { return &std::get<0>(held_); }
  const T *operator->() const { return &std::get<0>(held_); }
  const Error &error() const { return std::get<1>(held_); }

 private:
  std::variant<T, Error> held_;
};

struct Done {};
using Status = Result<Done>;

}  // namespace weir
