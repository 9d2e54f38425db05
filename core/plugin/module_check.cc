#include "core/plugin/module_check.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "core/base/text.h"
#include "core/plugin/host.h"
#include "core/plugin/names.h"
#include "core/plugin/ops_check.h"

namespace weir::plugin {
namespace {

constexpr uint32_t kMaxComponents = 64;
constexpr size_t kMaxExtensions = 64;

std::string version(uint32_t major, uint32_t minor) {
  return std::to_string(major) + "." + std::to_string(minor);
}
const std::string kOwnVersion = version(WEIR_ABI_MAJOR, WEIR_ABI_MINOR);

std::string version_fault(const weir_module &m) {
  if (m.abi_major != WEIR_ABI_MAJOR || m.abi_minor != WEIR_ABI_MINOR) {
    return "is built for plugin ABI " + version(m.abi_major, m.abi_minor) + ", this weir speaks " + kOwnVersion +
           " and while the major is 0 they must be the same: rebuild with SDK " + kOwnVersion;
  }
  if (m.min_core_minor > WEIR_ABI_MINOR) {
    return "wants a weir with plugin ABI " + version(WEIR_ABI_MAJOR, m.min_core_minor) + " or later, this one speaks " +
           kOwnVersion + ": use a newer weir or an older plugin";
  }
  return "";
}

std::string string_fault(const weir_module &m) {
  const std::pair<const char *, const char *> strings[] = {
      {"id", m.id}, {"version", m.version}, {"vendor", m.vendor}, {"license", m.license}, {"url", m.url}};
  for (auto [field, value] : strings) {
    if (value == nullptr) return std::string("has a null ") + field + " in weir_module: write \"\" where there is none";
  }
  return *m.id == '\0' ? "has an empty id in weir_module, expected one like \"org.example.colour\"" : "";
}

std::string extension_fault(const weir_module &m) {
  const auto &offered = Host::offered();
  for (size_t i = 0; m.required_extensions != nullptr && m.required_extensions[i] != nullptr; ++i) {
    if (i == kMaxExtensions) return "requires more than 64 extensions; is the list's last entry NULL?";
    std::string_view wanted = m.required_extensions[i];
    if (std::find(offered.begin(), offered.end(), wanted) != offered.end()) continue;
    return "requires the extension " + std::string(wanted) + ", which this weir does not have (it has " +
           join(offered) + "): use a newer weir, or a plugin that can do without";
  }
  return "";
}

std::string component_fault(const weir_component &c, uint32_t i) {
  if (!legal_name(c.name)) {
    return "names component " + std::to_string(i) + (c.name == nullptr ? " null" : " illegally") + ": a name is " +
           kNameRule;
  }
  const std::string who = "has a faulty " + kind_name(c.kind) + " '" + c.name + "': ";
  if (c.summary == nullptr) return who + "its summary is null, expected one line of text";
  if (!usable_kind(c.kind)) return "";
  if (c.ops == nullptr) return who + "its ops are null, expected the table of its kind";
  std::string fault = ops_fault(c);
  return fault.empty() ? "" : who + fault;
}

std::string components_fault(const weir_module &m) {
  if (m.component_count == 0 || m.component_count > kMaxComponents) {
    return "has " + std::to_string(m.component_count) + " components, expected 1 to " + std::to_string(kMaxComponents);
  }
  if (m.components == nullptr) return "has a null list of components";
  std::set<std::pair<uint32_t, std::string_view>> seen;
  for (uint32_t i = 0; i < m.component_count; ++i) {
    const weir_component &c = m.components[i];
    if (std::string fault = component_fault(c, i); !fault.empty()) return fault;
    if (!seen.emplace(c.kind, c.name).second) {
      return "has two components of the name " + kind_name(c.kind) + " '" + c.name + "': rename one";
    }
  }
  return "";
}

}  // namespace

bool usable_kind(uint32_t kind) {
  return kind >= WEIR_K_PROTOCOL && kind <= WEIR_K_FILTER;
}

std::string kind_name(uint32_t kind) {
  switch (kind) {
    case WEIR_K_PROTOCOL:
      return "protocol";
    case WEIR_K_HASH:
      return "hash";
    case WEIR_K_DIST:
      return "distribution";
    case WEIR_K_FILTER:
      return "filter";
    case WEIR_K_DISCOVERY:
      return "discovery";
    default:
      return "kind " + std::to_string(kind);
  }
}

Status check_module(const weir_module *m, const std::string &path) {
  auto fault = [&](const std::string &text) { return Error{"plugin " + path + " " + text}; };
  if (m == nullptr) return fault("returned NULL from " WEIR_ENTRY_NAME "(), expected its weir_module");
  if (m->struct_size < sizeof(weir_module)) {
    return fault("says its weir_module has " + std::to_string(m->struct_size) + " bytes, expected at least " +
                 std::to_string(sizeof(weir_module)) + ": set struct_size = sizeof(weir_module)");
  }
  for (auto check : {version_fault, string_fault, extension_fault, components_fault}) {
    if (std::string text = check(*m); !text.empty()) return fault(text);
  }
  return Done{};
}

}  // namespace weir::plugin
