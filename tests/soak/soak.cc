// Load, faults and reloads for as long as one likes; then nothing may have been crossed, lost, stuck or leaked.
//
// The whole of it is played twice: a fifth of the time to warm up, and the rest, with all clients gone in between, so
// that what weir keeps when nobody is there can be compared.
#include <sys/resource.h>

#include <iostream>
#include <thread>

#include "tests/soak/scene.h"
#include "tests/soak/trouble.h"

namespace weir::soak {
namespace {

using test::Clock;
using test::Tally;
using Crowds = std::vector<std::unique_ptr<test::Crowd>>;

std::string tail(const std::string &text) {
  return text.size() > 4'000 ? text.substr(text.size() - 4'000) : text;
}

class Soak {
 public:
  explicit Soak(const Settings &settings) : settings_(settings), scene_(settings), trouble_(scene_, settings) {}
  int run();

 private:
  void play(const std::string &prefix, milliseconds length);
  void calm();
  void look(const std::string &when);
  void wrong(const std::string &what) {
    ++wrongs_;
    std::cout << "WRONG: " << what << std::endl;
  }
  void end(Crowds &crowds, bool strict);
  void summary(const Usage &warm, const Usage &rest);

  const Settings &settings_;
  Scene scene_;
  Trouble trouble_;
  Tally tally_;
  size_t most_connected_ = 0;
  long most_rss_kib_ = 0;
  int wrongs_ = 0;
};

// All clients stop asking and hear what is still to come. Faults are over by then.
void Soak::end(Crowds &crowds, bool strict) {
  for (auto &crowd : crowds) {
    Tally tally = crowd->stop();
    if (tally.breaches > 0) wrong("clients got what they should not:\n" + tally.text());
    if (!tally.agrees()) wrong("requests and their ends do not agree:\n" + tally.text());
    if (tally.closes_between_replies > 0) wrong("weir closed clients between replies:\n" + tally.text());
    if (strict && tally.closes_by_weir > 0) wrong("weir closed clients though nothing failed:\n" + tally.text());
    tally_.add(tally);
  }
}

void Soak::play(const std::string &prefix, milliseconds length) {
  Crowds crowds = scene_.crowds(prefix, settings_.connections, false);
  Clock::time_point until = Clock::now() + length;
  auto told = Clock::now();
  uint64_t answered = 0;
  while (Clock::now() < until) {
    trouble_.turn();
    std::this_thread::sleep_for(milliseconds(10));
    size_t connected = 0;
    for (auto &c : crowds) connected += c->connected();
    most_connected_ = std::max(most_connected_, connected);
    if (!scene_.proxy().process().running()) return wrong("weir has died");
    if (Clock::now() - told < std::chrono::seconds(10)) continue;
    uint64_t now = 0, breaches = 0;
    for (auto &c : crowds) now += c->answered(), breaches += c->breaches();
    Usage u = scene_.usage();
    most_rss_kib_ = std::max(most_rss_kib_, u.rss_kib);
    std::cout << "  " << connected << " clients, " << (now - answered) / 10 << " answers/s, " << u.rss_kib / 1024
              << " MiB, " << u.descriptors << " descriptors, " << breaches << " breaches" << std::endl;
    if (now == answered) wrong("nobody got an answer for 10 s");
    answered = now;
    told = Clock::now();
  }
  trouble_.quiet();
  end(crowds, false);
}

// With all faults over, everything must work as if there had been none: within some tries, for what was ejected has to
// come back first.
void Soak::calm() {
  int tries = 0;
  bool well = test::eventually(
      [&] {
        Crowds crowds = scene_.crowds("calm" + std::to_string(++tries), 120, true);
        std::this_thread::sleep_for(test::scaled(milliseconds(2'000)));
        uint64_t denials = 0;
        for (auto &c : crowds) {
          Tally tally = c->stop();
          denials += tally.denials;
          if (tally.breaches != tally.denials) wrong("clients got what they should not, in the end:\n" + tally.text());
        }
        return denials == 0;
      },
      test::patience() * 2);
  if (!well) return wrong("servers were well, and requests still failed");
  long long requests = scene_.counted("requests"), responses = scene_.counted("responses");
  Crowds crowds = scene_.crowds("last", 120, true);
  std::this_thread::sleep_for(test::scaled(milliseconds(3'000)));
  end(crowds, true);
  look("in the end");
  requests = scene_.counted("requests") - requests, responses = scene_.counted("responses") - responses;
  if (requests != responses || requests == 0) {
    wrong("counters disagree: " + std::to_string(requests) + " requests, " + std::to_string(responses) + " responses");
  }
}

void Soak::look(const std::string &when) {
  if (std::string what = scene_.unsettled(); !what.empty()) wrong("weir does not come to rest " + when + ":\n" + what);
}

void Soak::summary(const Usage &warm, const Usage &rest) {
  std::cout << tally_.text() << "  at most " << most_connected_ << " clients at once; at rest " << warm.rss_kib / 1024
            << " MiB and " << warm.descriptors << " descriptors after the warm-up, " << rest.rss_kib / 1024
            << " MiB and " << rest.descriptors << " in the end; at most " << most_rss_kib_ / 1024 << " MiB\n  trouble:";
  for (const auto &[fault, n] : trouble_.counts()) std::cout << " " << n << " x " << fault;
  std::cout << "\n";
}

int Soak::run() {
  milliseconds warm_up = settings_.length() / 5;
  play("w", warm_up);
  look("after the warm-up");
  Usage warm = scene_.usage_at_rest();
  play("s", settings_.length() - warm_up);
  look("after the load");
  Usage rest = scene_.usage_at_rest();
  calm();
  summary(warm, rest);
  if (settings_.memory && rest.rss_kib > warm.rss_kib + warm.rss_kib / 5 + 4'096) wrong("memory grew");
  // Connections to servers come and go with faults; there are at most so many of them.
  if (rest.descriptors > warm.descriptors + 40) wrong("descriptors leaked");
  if (scene_.proxy().stop().code != 0) wrong("weir did not end in good order");
  if (std::string report = scene_.proxy().process().sanitizer_report(); !report.empty()) wrong(report);
  std::cout << (wrongs_ == 0 ? "soak: all is well" : "soak: FAILED") << ", seed " << settings_.seed << std::endl;
  if (wrongs_ > 0) std::cout << "the end of weir's log:\n" << tail(scene_.proxy().log()) << std::endl;
  return wrongs_ == 0 ? 0 : 1;
}

void allow_descriptors(Settings &settings) {
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);  // weir inherits it
  size_t most = files.rlim_max > 1'000 ? files.rlim_max - 1'000 : 100;
  if (settings.connections <= most) return;
  std::cout << "the hard limit of descriptors is " << files.rlim_max << ": only " << most << " connections"
            << std::endl;
  settings.connections = most;
}

}  // namespace
}  // namespace weir::soak

int main(int argc, char **argv) {
  weir::soak::Settings settings = weir::soak::Settings::of(argc, argv);
  weir::soak::allow_descriptors(settings);
  std::cout << "soak: " << settings.minutes << " min, " << settings.connections << " connections, seed "
            << settings.seed << ", " << weir::test::proxy_binary() << std::endl;
  try {
    return weir::soak::Soak(settings).run();
  } catch (const std::exception &e) {
    std::cout << "soak: FAILED: " << e.what() << ", seed " << settings.seed << std::endl;
    return 1;
  }
}
