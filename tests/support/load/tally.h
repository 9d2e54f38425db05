// What checking clients have seen: numbers that must agree, and every breach in words. One thread; add() joins those of
// several when they are done.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace weir::test {

struct Tally {
  uint64_t asked = 0;      // requests of which at least the last byte was handed to the client's output
  uint64_t right = 0;      // answered with what belongs to them
  uint64_t misses = 0;     // ... of these: with nothing, where a value might have been
  uint64_t failed = 0;     // answered with an error
  uint64_t silent = 0;     // wanted no answer
  uint64_t closed_on = 0;  // unanswered when weir closed the connection
  uint64_t given_up = 0;   // unanswered when the client left of its own will
  uint64_t connects = 0, closes_by_weir = 0, closes_between_replies = 0, refused = 0;
  uint64_t bytes_in = 0;
  std::map<std::string, uint64_t> errors;  // by text
  uint64_t breaches = 0;
  uint64_t denials = 0;  // ... of these: an error or a miss where nothing should fail, but nothing crossed
  std::vector<std::string> first_breaches;

  void breach(const std::string &what) {
    if (++breaches <= 20) first_breaches.push_back(what);
  }
  // Every request has exactly one end.
  bool agrees() const { return asked == right + failed + silent + closed_on + given_up; }
  void add(const Tally &other);
  std::string text() const;  // for people
};

}  // namespace weir::test
