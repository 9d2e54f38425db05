// What a soak plays on: real servers behind relays, weir before them, and what can be seen of weir from outside.
// Used by the main thread, which is the one that starts and kills servers: they die with the thread that made them.
#pragma once

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "tests/soak/settings.h"
#include "tests/support/load/crowd.h"
#include "tests/support/servers/backends.h"
#include "tests/support/servers/proxy.h"
#include "tests/support/servers/relay.h"

namespace weir::soak {

// One pool: whether its servers are met by faults, and so how strictly its clients judge.
struct PoolPlan {
  std::string name;
  test::Language language;
  bool faulty;
  bool ejects;
  bool scripted = false;  // a Lua script gives its keys a prefix, and more
  bool routed = false;    // half of its keys go to the pool without faults, the other half to the scripted one
};

// A process as the system sees it.
struct Usage {
  long rss_kib = 0, descriptors = 0;
};

class Scene {
 public:
  explicit Scene(const Settings &settings);

  // Clients for all pools. strict: as if nothing were ever wrong.
  std::vector<std::unique_ptr<test::Crowd>> crowds(const std::string &prefix, size_t connections, bool strict);

  // The servers that faults are for, each with the relay before it.
  struct Victim {
    std::unique_ptr<test::Backend> server;
    std::unique_ptr<test::Relay> relay;
    std::string name;
    bool troubled = false;
  };
  std::vector<Victim> victims;

  test::Proxy &proxy() { return *proxy_; }
  Usage usage() const;
  // Memory some seconds after all clients have gone, the least that was seen.
  Usage usage_at_rest() const;
  // "" when nobody is connected, nothing is under way and the counters say so; else what is not so, after some waiting.
  std::string unsettled() const;
  // Sums over all servers.
  long long counted(const std::string &name) const;
  // Edits the configuration, moving no key of the pools without faults, and signals.
  void reload(std::mt19937 &random);

 private:
  test::PoolText pool(const PoolPlan &plan, uint16_t port, std::mt19937 *random);
  const Settings &settings_;
  void write_script(uint32_t version);
  std::vector<std::unique_ptr<test::Backend>> safe_;
  test::TempDir scripts_;
  std::vector<PoolPlan> plans_;
  std::vector<test::PoolText> pools_;
  std::unique_ptr<test::Proxy> proxy_;
  uint32_t crowds_ = 0;
};

}  // namespace weir::soak
