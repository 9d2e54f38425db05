#include "core/base/text.h"
#include "core/plugin/describe.h"
#include "core/plugin/info.h"
#include "core/plugin/module_check.h"
#include "core/plugin/schema.h"

namespace weir::plugin {
namespace {

std::string quoted(std::string_view text) {
  return "\"" + json_escape(text) + "\"";
}
std::string field(std::string_view name, const std::string &json) {
  return quoted(name) + ": " + json;
}
std::string text_field(std::string_view name, const char *text) {
  return field(name, text == nullptr ? "null" : quoted(text));
}

// Values that are JSON already, between brackets.
class Group {
 public:
  explicit Group(char open) : close_(open == '[' ? ']' : '}'), text_(1, open) {}
  Group &add(const std::string &json) {
    if (text_.size() > 1) text_ += ", ";
    text_ += json;
    return *this;
  }
  std::string end() const { return text_ + close_; }

 private:
  const char close_;
  std::string text_;
};

std::string list(const Words &words) {
  Group out('[');
  for (std::string_view word : words) out.add(quoted(word));
  return out.end();
}

std::string commands(const weir_protocol &p) {
  Group out('[');
  for (uint32_t i = 0; i < p.cmd_count; ++i) {
    Group row('{');
    row.add(text_field("name", p.cmds[i].name)).add(field("flags", list(command_flags(p.cmds[i].flags))));
    out.add(row.end());
  }
  return out.end();
}

std::string key(const weir_schema_key &k) {
  Group out('{');
  out.add(text_field("name", k.name)).add(field("type", quoted(k.type == WEIR_T_ENUM ? "enum" : key_type(k.type))));
  out.add(text_field("default", k.fallback));
  if (k.type == WEIR_T_ENUM) out.add(text_field("choices", k.choices));
  if (k.type == WEIR_T_INT && (k.min != 0 || k.max != 0)) {
    out.add(field("min", std::to_string(k.min))).add(field("max", std::to_string(k.max)));
  }
  return out.add(field("flags", list(key_flags(k.flags)))).add(text_field("help", k.help)).end();
}

// null: the component does not say; the core learns its keys from what create() reads.
std::string keys(const weir_schema *schema) {
  if (schema == nullptr) return "null";
  Group out('[');
  for (uint32_t i = 0; i < schema->key_count; ++i) out.add(key(schema->keys[i]));
  return out.end();
}

std::string component(const weir_component &c) {
  Group out('{');
  out.add(field("kind", quoted(kind_name(c.kind)))).add(text_field("name", c.name));
  out.add(text_field("summary", c.summary)).add(field("used", usable_kind(c.kind) ? "true" : "false"));
  if (!usable_kind(c.kind)) return out.end();
  for (auto [name, value] : numbers_of(c)) out.add(field(name, std::to_string(value)));
  if (c.kind == WEIR_K_DIST) {
    out.add(field("flags", list(dist_flags(static_cast<const weir_dist *>(c.ops)->flags))));
  }
  const Ops ops = ops_of(c);
  out.add(field("present", list(ops.present))).add(field("absent", list(ops.absent)));
  out.add(field("keys", keys(schema_of(c))));
  if (c.kind == WEIR_K_PROTOCOL) out.add(field("commands", commands(*static_cast<const weir_protocol *>(c.ops))));
  return out.end();
}

}  // namespace

std::string info_json(const Registry &registry, const Module &m) {
  const weir_module &i = *m.info;
  Group components('[');
  for (const Component &c : registry.components()) {
    if (c.module == &m) components.add(component(*c.info));
  }
  Group abi('{');
  abi.add(field("major", std::to_string(i.abi_major))).add(field("minor", std::to_string(i.abi_minor)));
  Group out('{');
  out.add(text_field("id", i.id)).add(text_field("version", i.version)).add(text_field("vendor", i.vendor));
  out.add(text_field("license", i.license)).add(text_field("url", i.url)).add(field("path", quoted(m.path)));
  out.add(field("abi", abi.end())).add(field("requires", list(extensions_of(i))));
  return out.add(field("components", components.end())).end();
}

std::string list_json(const Registry &registry) {
  Group plugins('[');
  for (const Module &m : registry.modules()) plugins.add(info_json(registry, m));
  return Group('{').add(field("plugins", plugins.end())).end();
}

}  // namespace weir::plugin
