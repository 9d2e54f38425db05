// weir.pools/1: pools by name and number, as one instance may ask for them. Owned by the instance's Host; immutable, so
// that any thread may ask.
#pragma once

#include <weir/host.h>

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
  const std::string &own_name() const { return name(own_); }  // "" for an instance that belongs to none

 private:
  const uint32_t own_;
  const PoolNames &pools_;
};

}  // namespace weir::plugin
