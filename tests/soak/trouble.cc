#include "tests/soak/trouble.h"

#include <iostream>

namespace weir::soak {

using Fault = test::Relay::Fault;
using test::Clock;

Trouble::Trouble(Scene &scene, const Settings &settings)
    : scene_(scene), settings_(settings), random_(settings.seed), next_(Clock::now()), next_reload_(next_) {}

void Trouble::turn() {
  Clock::time_point now = Clock::now();
  for (size_t i = 0; i < ends_.size();) {
    if (ends_[i].at > now) {
      ++i;
      continue;
    }
    auto mend = std::move(ends_[i].mend);
    ends_.erase(ends_.begin() + static_cast<long>(i));
    mend();
  }
  if (!settings_.faults.empty() && now >= next_) {
    strike();
    next_ = now + any(50, 2'000);
  }
  if (settings_.reloads && now >= next_reload_) {
    ++counts_["reload"];
    scene_.reload(random_);
    next_reload_ = now + any(300, 3'000);
  }
}

void Trouble::quiet() {
  for (Ends &e : ends_) e.mend();
  ends_.clear();
}

void Trouble::strike() {
  Scene::Victim &victim = scene_.victims[random_() % scene_.victims.size()];
  if (victim.troubled) return;
  const std::string &fault = settings_.faults[random_() % settings_.faults.size()];
  ++counts_[fault];
  begin(fault, victim);
}

void Trouble::begin(const std::string &fault, Scene::Victim &victim) {
  static const std::map<std::string, Fault> kOnTheWay = {
      {"reset", Fault::resets_replies}, {"half", Fault::halves_replies}, {"trickle", Fault::trickles},
      {"hold", Fault::holds},           {"swallow", Fault::swallows},    {"close", Fault::closes_at_once}};
  milliseconds lasts = any(50, 4'000);
  if (settings_.verbose) std::cout << "  " << fault << " " << victim.name << " for " << lasts.count() << " ms\n";
  victim.troubled = true;
  std::function<void()> mend;
  if (fault == "kill") {
    victim.server->kill();
    mend = [&victim] { victim.server->start(); };
  } else if (fault == "stop") {
    victim.server->pause();
    mend = [&victim] { victim.server->resume(); };
  } else if (fault == "cut") {
    victim.relay->reset_all();
    mend = [] {};
  } else {
    victim.relay->set(kOnTheWay.at(fault));
    if (fault == "close") victim.relay->reset_all();
    mend = [&victim] { victim.relay->set(Fault::none); };
  }
  ends_.push_back({Clock::now() + lasts, [&victim, mend] {
                     mend();
                     victim.troubled = false;
                   }});
}

}  // namespace weir::soak
