// What the components of a pool count of their own, as it is shown; and how it goes on when a reload makes the pool
// anew. Control thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/histogram.h"

namespace weir {

// Beside a pool's servers in the statistics; no server may be named so where there is something to show.
constexpr std::string_view kTagsName = "tags", kPluginsName = "plugins";

struct PluginNumber {
  enum class Kind { counter, gauge, histogram };
  std::string name;
  Kind kind = Kind::counter;
  uint64_t value = 0;
  std::shared_ptr<const HistogramSum> spread = nullptr;  // of a histogram
};

// Of one component; its name, with #2 behind it when the pool has a second one of that name.
struct PluginNumbers {
  std::string component;
  std::vector<PluginNumber> numbers;
};

// What is shown is what the pool's components count now, and what those before them have counted: counters and
// histograms of the same pool, component and name go on, gauges start anew.
class PluginPast {
 public:
  // The pool goes; nothing in it counts any more.
  void keep(const std::string &pool, const std::vector<PluginNumbers> &last);
  // Adds what is kept to what there is now.
  void add_to(const std::string &pool, std::vector<PluginNumbers> &now) const;

 private:
  struct Kept {
    uint64_t value = 0;
    std::shared_ptr<HistogramSum> spread;
  };
  std::map<std::string, Kept, std::less<>> kept_;  // by pool, component and name, a line end between them
};

// Adds the counters and histograms of `other` to those of the same component and name.
void add_numbers(std::vector<PluginNumbers> &to, const std::vector<PluginNumbers> &other);

}  // namespace weir
