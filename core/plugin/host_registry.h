// weir.hashes/1 and weir.commands/1: what other plugins bring, for one instance. Owned by the instance's Host; found
// while create() runs, then read-only.
#pragma once

#include <weir/host.h>

#include <memory>
#include <string>
#include <vector>

#include "core/plugin/registry.h"

namespace weir::plugin {

class Instance;

class RegistryView {
 public:
  // registry may be null: there is nothing then.
  explicit RegistryView(const Registry *registry);
  ~RegistryView();
  RegistryView(const RegistryView &) = delete;
  RegistryView &operator=(const RegistryView &) = delete;

  static const weir_hashes *hashes();
  static const weir_commands *commands();

  const Instance *find_hash(const char *name);  // null = none of that name, or too late
  const weir_cmd *find_commands(const char *protocol, uint32_t *n) const;
  // create() has returned.
  void close() { closed_ = true; }

 private:
  const Registry *const registry_;
  std::vector<std::unique_ptr<Instance>> found_;  // one a name
  bool closed_ = false;
};

}  // namespace weir::plugin
