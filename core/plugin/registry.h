// The loaded plugin files and the components they bring. One a process, filled at start by the control thread; loaded
// files are never unmapped.
#pragma once

#include <weir/weir.h>

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/config/catalog.h"
#include "core/plugin/ops_copy.h"

namespace weir::plugin {

struct Module {
  std::string path;
  const weir_module *info = nullptr;
};

class Registry;

struct Component {
  const Registry *registry = nullptr;  // it is loaded with
  const Module *module = nullptr;
  // Kind, name, summary, ops. The core's own copy: ops has this core's length, null where the plugin's table is
  // shorter, so that an optional operation is looked at without WEIR_HAS.
  const weir_component *info = nullptr;
};

class Registry {
 public:
  // Loads one file: its symbols are looked at first, then it is mapped, then its entry called and everything it says
  // checked. The error names the file, what is wrong and what to do. The same file twice is no error.
  Status load(const std::string &path);
  // Every *.so in the folder, in name order. Failures are returned, the rest is loaded.
  std::vector<Error> load_folder(const std::string &folder);

  const Component *find(uint32_t kind, std::string_view name) const;  // null = not loaded
  const std::deque<Component> &components() const { return components_; }
  const std::deque<Module> &modules() const { return modules_; }
  config::Catalog catalog() const;

 private:
  bool has(const std::string &path) const;
  // A loaded component that has the kind and name of one of the module's.
  const Component *namesake(const weir_module &) const;

  std::deque<Module> modules_;        // stable addresses
  std::deque<Component> components_;  // stable addresses
  OpsCopies copies_;
};

// The folder of the plugins that belong to this program: ../lib/weir/plugins beside the binary.
std::string shipped_folder();

}  // namespace weir::plugin
