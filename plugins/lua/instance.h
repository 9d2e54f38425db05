// One `lua` filter of one pool: its script, what the script asked for by name when it was checked, and which hook sees
// which command. Made on the control thread, read-only for the workers.
#pragma once

#include <weir/weir.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "settings.h"

namespace weir::lua {

// What one weir.on_request() or weir.on_response() said.
struct Registration {
  bool is_response = false;
  std::vector<std::string> names;  // lower case; classes begin with '@', "*" is all
  std::string place;               // "script.lua:3"

  bool operator==(const Registration &) const = default;
};

class Instance {
 public:
  Instance(const weir_host *its_host, Settings its_settings);

  bool check(std::string &why);  // [config] Runs the script once. false: why not
  // [config] Which commands the hooks want; what weir_filter.interests() is asked.
  bool resolve(const weir_cmd *commands, uint32_t n, uint8_t *want, std::string &why);

  // The hooks of a command: indices into State::hooks, in order.
  const std::vector<uint16_t> &request_hooks(uint32_t command) const { return of(request_hooks_, command); }
  const std::vector<uint16_t> &response_hooks(uint32_t command) const { return of(response_hooks_, command); }

  // Things by name. The first state asks the core, which is possible at configuration time only, and the workers'
  // states get what it found. false: there is none; why may say more.
  bool pool(const std::string &name, bool ask, uint32_t &number, std::string &why);
  bool server(uint32_t pool, const std::string &name, bool ask, uint32_t &index);
  bool hash(const std::string &name, bool ask, const void *&found);
  bool stat(uint32_t kind, const std::string &name, const std::string &help, bool ask, uint32_t &handle);
  std::string_view pool_name(uint32_t number) const;
  std::string_view protocol() const;  // of the own pool; "" when the core does not say
  uint32_t workers() const;           // 0 likewise
  uint32_t own_pool() const { return pools != nullptr ? pools->own(host) : UINT32_MAX; }

  const weir_host *const host;
  Settings settings;
  const std::string chunk_name;
  // NULLABLE, all of them: what the core does not offer.
  const weir_pools *const pools;
  const weir_stats *const stats;
  const weir_loop *const loop;
  const weir_hashes *const hashes;
  std::vector<Registration> registrations;
  uint32_t errors_stat = UINT32_MAX, memory_stat = UINT32_MAX;

 private:
  using Hooks = std::vector<std::vector<uint16_t>>;
  const std::vector<uint16_t> &of(const Hooks &hooks, uint32_t command) const {
    return command < hooks.size() ? hooks[command] : none_;
  }
  bool add(uint16_t index, const weir_cmd *commands, uint32_t n, uint8_t *want, std::string &why);

  struct Stat {
    uint32_t kind, handle;
  };
  const std::vector<uint16_t> none_;
  Hooks request_hooks_, response_hooks_;
  std::map<std::string, uint32_t> pool_numbers_;
  std::map<std::pair<uint32_t, std::string>, uint32_t> servers_;
  std::map<std::string, const void *> hash_functions_;
  std::map<std::string, Stat> stats_;
};

// The one of n names that is most like what was written; "" when none is.
std::string nearest(std::string_view written, const std::vector<std::string_view> &names);

}  // namespace weir::lua
