#include <algorithm>

#include "core/base/text.h"
#include "core/plugin/describe.h"
#include "core/plugin/info.h"
#include "core/plugin/module_check.h"
#include "core/plugin/schema.h"

namespace weir::plugin {
namespace {

std::string padded(std::string_view text, size_t width) {
  std::string out(text);
  if (out.size() < width) out.append(width - out.size(), ' ');
  return out + "  ";
}

std::string line(std::string_view name, const std::string &value) {
  return "  " + padded(name, 10) + (value.empty() ? "-" : value) + "\n";
}

std::string head(const Module &m) {
  const weir_module &i = *m.info;
  std::string out = std::string(i.id) + " " + i.version + "\n";
  out += line("file", m.path) + line("abi", std::to_string(i.abi_major) + "." + std::to_string(i.abi_minor));
  out += line("vendor", i.vendor) + line("license", i.license) + line("url", i.url);
  return out + line("requires", join(extensions_of(i)));
}

std::string commands(const weir_protocol &p) {
  size_t width = 0;
  for (uint32_t i = 0; i < p.cmd_count; ++i) width = std::max(width, std::string_view(p.cmds[i].name).size());
  std::string out = "    commands (" + std::to_string(p.cmd_count) + ")\n";
  for (uint32_t i = 0; i < p.cmd_count; ++i) {
    const std::string flags = join(command_flags(p.cmds[i].flags), " ");
    out += "      " + (flags.empty() ? p.cmds[i].name : padded(p.cmds[i].name, width) + flags) + "\n";
  }
  return out;
}

std::string allowed(const weir_schema_key &k) {
  std::string out(key_type(k.type));
  if (k.type == WEIR_T_ENUM) out += " " + std::string(k.choices);
  if (k.type == WEIR_T_INT && (k.min != 0 || k.max != 0)) {
    out += " " + std::to_string(k.min) + ".." + std::to_string(k.max);
  }
  if (k.fallback != nullptr) out += ", default " + std::string(*k.fallback == '\0' ? "\"\"" : k.fallback);
  for (std::string_view flag : key_flags(k.flags)) {
    out += flag == "pool" ? ", also directly in the pool" : ", " + std::string(flag);
  }
  return out;
}

std::string schema(const weir_component &c) {
  const weir_schema *s = schema_of(c);
  if (s == nullptr) return "    configuration keys: not described\n";
  if (s->key_count == 0) return "    configuration keys: none\n";
  std::string out = "    configuration keys\n";
  for (uint32_t i = 0; i < s->key_count; ++i) {
    out += "      " + std::string(s->keys[i].name) + " (" + allowed(s->keys[i]) + "): " + s->keys[i].help + "\n";
  }
  return out;
}

std::string component(const weir_component &c) {
  std::string out = "\n  " + kind_name(c.kind) + " " + c.name + ": " + c.summary + "\n";
  if (!usable_kind(c.kind)) return out + "    this core does not know the kind and does not use it\n";
  for (auto [name, value] : numbers_of(c)) out += "    " + std::string(name) + " " + std::to_string(value) + "\n";
  if (c.kind == WEIR_K_DIST) {
    const std::string flags = join(dist_flags(static_cast<const weir_dist *>(c.ops)->flags), " ");
    out += "    flags " + (flags.empty() ? "none" : flags) + "\n";
  }
  const Ops ops = ops_of(c);
  out += "    has " + join(ops.present) + "\n";
  if (!ops.absent.empty()) out += "    does not have " + join(ops.absent) + "\n";
  out += schema(c);
  if (c.kind == WEIR_K_PROTOCOL) out += commands(*static_cast<const weir_protocol *>(c.ops));
  return out;
}

}  // namespace

std::string info_text(const Registry &registry, const Module &m) {
  std::string out = head(m);
  for (const Component &c : registry.components()) {
    if (c.module == &m) out += component(*c.info);
  }
  return out;
}

std::string list_text(const Registry &registry) {
  std::string out;
  for (const Module &m : registry.modules()) {
    out += m.path + " (" + m.info->id + " " + m.info->version + ")\n";
    for (const Component &c : registry.components()) {
      if (c.module != &m) continue;
      out += "  " + padded(kind_name(c.info->kind), 12) + padded(c.info->name, 16) + c.info->summary;
      out += usable_kind(c.info->kind) ? "\n" : " (not used: this core does not know the kind)\n";
    }
  }
  return out.empty() ? "no plugins are loaded\n" : out;
}

}  // namespace weir::plugin
