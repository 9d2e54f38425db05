#include "tests/soak/settings.h"

#include <getopt.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <random>
#include <sstream>

namespace weir::soak {
namespace {

const char kHelp[] = R"(usage: soak [OPTION...]
  --minutes N      how long the load lasts (1; 0.5 is fine)
  --connections N  of all clients together (10000)
  --rate N         bursts of requests a second, by all clients together (2000)
  --workers N      of weir (2)
  --seed N         of everything that is left to chance; printed, so that it can be given again
  --faults LIST    of kill,stop,cut,reset,half,trickle,hold,swallow,close; or none (all)
  --reloads        edit the configuration and have it reloaded, again and again
  --any-memory     do not look at memory at the end: for sanitizers
  --verbose        say each fault
)";

[[noreturn]] void end(int code, const std::string &text) {
  (code == 0 ? std::cout : std::cerr) << text;
  std::exit(code);
}

std::vector<std::string> fault_list(const std::string &text) {
  std::vector<std::string> all, known = Settings().faults;
  std::stringstream in(text == "none" ? "" : text);
  for (std::string one; std::getline(in, one, ',');) {
    if (std::find(known.begin(), known.end(), one) == known.end()) end(2, "soak: there is no fault '" + one + "'\n");
    all.push_back(one);
  }
  return all;
}

}  // namespace

bool Settings::has(const std::string &fault) const {
  return std::find(faults.begin(), faults.end(), fault) != faults.end();
}

Settings Settings::of(int argc, char **argv) {
  static const option kOptions[] = {
      {"minutes", 1, nullptr, 'm'}, {"connections", 1, nullptr, 'c'}, {"rate", 1, nullptr, 'r'},
      {"workers", 1, nullptr, 'w'}, {"seed", 1, nullptr, 's'},        {"faults", 1, nullptr, 'f'},
      {"reloads", 0, nullptr, 'l'}, {"any-memory", 0, nullptr, 'a'},  {"verbose", 0, nullptr, 'v'},
      {"help", 0, nullptr, 'h'},    {nullptr, 0, nullptr, 0}};
  Settings s;
  for (int c; (c = getopt_long(argc, argv, "h", kOptions, nullptr)) != -1;) {
    switch (c) {
      case 'm':
        s.minutes = atof(optarg);
        break;
      case 'c':
        s.connections = std::max<size_t>(strtoul(optarg, nullptr, 10), 60);
        break;
      case 'r':
        s.rate = std::max<size_t>(strtoul(optarg, nullptr, 10), 1);
        break;
      case 'w':
        s.workers = atoi(optarg);
        break;
      case 's':
        s.seed = static_cast<uint32_t>(strtoul(optarg, nullptr, 10));
        break;
      case 'f':
        s.faults = fault_list(optarg);
        break;
      case 'l':
        s.reloads = true;
        break;
      case 'a':
        s.memory = false;
        break;
      case 'v':
        s.verbose = true;
        break;
      case 'h':
        end(0, kHelp);
      default:
        end(2, kHelp);
    }
  }
  if (optind < argc || s.minutes <= 0) end(2, kHelp);
  if (s.seed == 0) s.seed = std::random_device{}() | 1;
  return s;
}

}  // namespace weir::soak
