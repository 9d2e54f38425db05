// weir.pools/1: pools by name and number, as one instance may ask for them. Owned by the instance's Host; nothing
// changes once create() has returned, so that any thread may ask.
#pragma once

#include <weir/host.h>

#include <vector>

#include "core/plugin/instance.h"

namespace weir::plugin {

class PoolsView {
 public:
  // pools must outlive this.
  PoolsView(uint32_t own, const PoolNames &pools) : own_(own), pools_(pools) {}

  static const weir_pools *table();

  uint32_t own() const { return own_; }
  uint32_t pool(const char *name) const;                      // UINT32_MAX = no such pool
  uint32_t servers(uint32_t pool) const;                      // 0 for a pool that is none
  const std::string &name(uint32_t pool) const;               // "" likewise
  const std::string &protocol(uint32_t pool) const;           // "" likewise
  const std::string &own_name() const { return name(own_); }  // "" for an instance that belongs to none
  uint32_t server(uint32_t pool, const char *name) const;
  uint32_t target(const char *name, weir_errbuf *err);
  const std::vector<uint32_t> &targets() const { return targets_; }  // those it asked for
  // create() has returned.
  void close() { closed_ = true; }

 private:
  std::string target_fault(uint32_t pool, const char *name) const;

  const uint32_t own_;
  const PoolNames &pools_;
  std::vector<uint32_t> targets_;
  bool closed_ = false;
};

}  // namespace weir::plugin
