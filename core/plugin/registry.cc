#include "core/plugin/registry.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "core/base/file_guard.h"
#include "core/plugin/library.h"
#include "core/plugin/module_check.h"
#include "core/plugin/schema.h"

namespace weir::plugin {
namespace fs = std::filesystem;

namespace {

// Absolute, since the daemon changes its folder.
std::string full_path(const std::string &path) {
  std::error_code failed;
  fs::path full = fs::absolute(path, failed);
  return failed ? path : full.lexically_normal().string();
}

}  // namespace

bool Registry::has(const std::string &path) const {
  return std::any_of(modules_.begin(), modules_.end(), [&](const Module &m) {
    std::error_code failed;
    return m.path == path || fs::equivalent(m.path, path, failed);
  });
}

const Component *Registry::namesake(const weir_module &info) const {
  for (const Component &c : components_) {
    for (uint32_t i = 0; i < info.component_count; ++i) {
      const weir_component &other = info.components[i];
      if (c.info->kind == other.kind && std::string_view(c.info->name) == other.name) return &c;
    }
  }
  return nullptr;
}

Status Registry::load(const std::string &given) {
  const std::string path = full_path(given);
  if (has(path)) return Done{};
  Result<const weir_module *> info = open_library(path);
  if (!info) return info.error();
  // Another name of a file that is loaded: the loader knows it by its inode.
  if (std::any_of(modules_.begin(), modules_.end(), [&](const Module &m) { return m.info == *info; })) return Done{};
  if (Status checked = check_module(*info, path); !checked) return checked;
  if (const Component *other = namesake(**info)) {
    return Error{"plugin " + path + " brings the " + kind_name(other->info->kind) + " '" + other->info->name +
                 "', which " + other->module->path + " brings already: load only one of the two"};
  }
  const Module &module = modules_.emplace_back(Module{path, *info});
  for (uint32_t i = 0; i < module.info->component_count; ++i) {
    components_.push_back({this, &module, copies_.add(module.info->components[i])});
  }
  return Done{};
}

std::vector<Error> Registry::load_folder(const std::string &folder) {
  std::error_code failed;
  std::vector<std::string> files;
  fs::directory_iterator entry(folder, failed);
  for (; !failed && entry != fs::directory_iterator(); entry.increment(failed)) {
    if (entry->path().extension() == ".so") files.push_back(entry->path().string());
  }
  if (failed) return {Error{"plugin folder " + folder + " cannot be read: " + failed.message()}};
  if (std::string fault = write_fault(folder, Owners::trusted); !fault.empty()) {
    return {Error{"plugin folder " + folder + " " + fault}};
  }
  std::sort(files.begin(), files.end());
  std::vector<Error> errors;
  for (const std::string &file : files) {
    if (Status loaded = load(file); !loaded) errors.push_back(loaded.error());
  }
  return errors;
}

const Component *Registry::find(uint32_t kind, std::string_view name) const {
  if (!usable_kind(kind)) return nullptr;
  for (const Component &c : components_) {
    if (c.info->kind == kind && name == c.info->name) return &c;
  }
  return nullptr;
}

config::Catalog Registry::catalog() const {
  config::Catalog out;
  for (const Component &c : components_) {
    if (usable_kind(c.info->kind)) out.push_back({c.info->kind, c.info->name, schema_of(*c.info)});
  }
  return out;
}

std::string shipped_folder() {
  std::error_code failed;
  fs::path program = fs::read_symlink("/proc/self/exe", failed);
  if (failed) return "../lib/weir/plugins";
  return (program.parent_path().parent_path() / "lib/weir/plugins").string();
}

}  // namespace weir::plugin
