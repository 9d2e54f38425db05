// Makes trouble at random: faults at the servers and on the way to them, reloads; and puts all right again. Main
// thread.
#pragma once

#include <functional>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "tests/soak/scene.h"

namespace weir::soak {

class Trouble {
 public:
  Trouble(Scene &scene, const Settings &settings);
  void turn();   // to be called now and then: begins and ends faults as their time comes
  void quiet();  // ends all faults
  const std::map<std::string, int> &counts() const { return counts_; }

 private:
  struct Ends {
    test::Clock::time_point at;
    std::function<void()> mend;
  };
  void strike();
  void begin(const std::string &fault, Scene::Victim &victim);
  milliseconds any(long from, long to) {
    return milliseconds(from + static_cast<long>(random_() % static_cast<unsigned long>(to - from)));
  }
  Scene &scene_;
  const Settings &settings_;
  std::mt19937 random_;
  test::Clock::time_point next_, next_reload_;
  std::vector<Ends> ends_;
  std::map<std::string, int> counts_;
};

}  // namespace weir::soak
