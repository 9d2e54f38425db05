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

namespace weir::plugin {

struct Module {
  std::string path;
  const weir_module *info = nullptr;
};

struct Component {
  const Module *module = nullptr;
  const weir_component *info = nullptr;  // kind, name, summary, ops
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
  std::deque<Module> modules_;        // stable addresses
  std::deque<Component> components_;  // stable addresses
};

// The folder of the plugins that belong to this program: ../lib/weir/plugins beside the binary.
std::string shipped_folder();

}  // namespace weir::plugin
