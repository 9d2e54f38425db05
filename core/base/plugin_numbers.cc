#include "core/base/plugin_numbers.h"

namespace weir {
namespace {

std::string key_of(const std::string &pool, const std::string &component, const PluginNumber &number) {
  const char *kind = number.kind == PluginNumber::Kind::histogram ? "\nhistogram" : "";
  return pool + "\n" + component + "\n" + number.name + kind;
}

void add(PluginNumber &to, uint64_t value, const HistogramSum *spread) {
  if (to.kind == PluginNumber::Kind::counter) to.value += value;
  if (to.kind != PluginNumber::Kind::histogram || spread == nullptr) return;
  auto sum = std::make_shared<HistogramSum>();
  if (to.spread) sum->add(*to.spread);
  sum->add(*spread);
  to.spread = std::move(sum);
}

}  // namespace

void PluginPast::keep(const std::string &pool, const std::vector<PluginNumbers> &last) {
  for (const PluginNumbers &of : last) {
    for (const PluginNumber &number : of.numbers) {
      if (number.kind == PluginNumber::Kind::gauge) continue;
      Kept &kept = kept_[key_of(pool, of.component, number)];
      kept.value += number.value;
      if (!number.spread) continue;
      if (!kept.spread) kept.spread = std::make_shared<HistogramSum>();
      kept.spread->add(*number.spread);
    }
  }
}

void PluginPast::add_to(const std::string &pool, std::vector<PluginNumbers> &now) const {
  for (PluginNumbers &of : now) {
    for (PluginNumber &number : of.numbers) {
      auto kept = kept_.find(key_of(pool, of.component, number));
      if (kept != kept_.end()) add(number, kept->second.value, kept->second.spread.get());
    }
  }
}

void add_numbers(std::vector<PluginNumbers> &to, const std::vector<PluginNumbers> &other) {
  for (PluginNumbers &of : to) {
    for (const PluginNumbers &from : other) {
      if (of.component != from.component) continue;
      for (PluginNumber &number : of.numbers) {
        for (const PluginNumber &one : from.numbers) {
          if (one.name == number.name && one.kind == number.kind) add(number, one.value, one.spread.get());
        }
      }
    }
  }
}

}  // namespace weir
