// Which errors of a script go to the log: each text once in ten seconds, eight texts at most. One worker's.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace weir::lua {

class Errors {
 public:
  static constexpr uint64_t kQuietUs = 10'000'000;

  // Whether to log this one now, and how many like it were passed over since the last time.
  struct Answer {
    bool log;
    uint64_t passed_over;
  };
  Answer met(std::string_view text, uint64_t now_us);

 private:
  struct Known {
    uint64_t hash = 0;  // 0 = free
    uint64_t logged_us = 0;
    uint64_t passed_over = 0;
  };
  std::array<Known, 8> known_;
};

}  // namespace weir::lua
