#include "core/plugin/ops_check.h"

#include <weir/weir.h>

#include <cstddef>
#include <set>
#include <string_view>

#include "core/plugin/command.h"
#include "core/plugin/names.h"
#include "core/plugin/schema.h"

namespace weir::plugin {
namespace {

constexpr uint32_t kMaxStateBytes = 1024;
constexpr uint32_t kMaxCommands = WEIR_CMD_PROBE;
constexpr size_t kMaxCommandName = 64;
constexpr uint32_t kMaxSchemaKeys = 256;

std::string size_fault(uint32_t has, size_t wants, const char *type) {
  if (has >= wants) return "";
  return "struct_size of its " + std::string(type) + " is " + std::to_string(has) + ", expected at least " +
         std::to_string(wants) + " (up to its last mandatory function): set struct_size = sizeof(" + type + ")";
}

struct Op {
  const char *name;
  bool present;
};

std::string missing_fault(std::initializer_list<Op> mandatory) {
  for (const Op &op : mandatory) {
    if (!op.present) return std::string("its ") + op.name + "() is null, which is mandatory";
  }
  return "";
}

struct Feature {
  uint32_t flag;
  const char *name;
};

constexpr Feature kProtocolFeatures[] = {{WEIR_P_TAGGED, "WEIR_P_TAGGED"},
                                         {WEIR_P_UNORDERED_CLIENT, "WEIR_P_UNORDERED_CLIENT"},
                                         {WEIR_P_TAG_BE, "WEIR_P_TAG_BE"},
                                         {WEIR_P_SERVER_GREETS, "WEIR_P_SERVER_GREETS"},
                                         {WEIR_P_GREET_CLIENT, "WEIR_P_GREET_CLIENT"}};

std::string feature_fault(uint32_t flags) {
  for (const Feature &f : kProtocolFeatures) {
    if ((flags & f.flag) != 0) return std::string("it sets ") + f.name + ", which is not in this core";
  }
  return flags == 0 ? "" : "it sets unknown flags (" + std::to_string(flags) + "), which are not in this core";
}

bool legal_command(const char *name) {
  const size_t len = ::strnlen(name, kMaxCommandName + 1);
  if (len == 0 || len > kMaxCommandName) return false;
  for (char c : std::string_view(name, len)) {
    if (c < 0x20 || c > 0x7e || (c >= 'A' && c <= 'Z')) return false;
  }
  return true;
}

std::string commands_fault(const weir_protocol &p) {
  if (p.cmd_count == 0 || p.cmds == nullptr) return "its command table is empty, expected at least row 0, \"(other)\"";
  if (p.cmd_count > kMaxCommands) {
    return "its command table has " + std::to_string(p.cmd_count) + " rows, at most " + std::to_string(kMaxCommands) +
           " can be told apart";
  }
  std::set<std::string_view> seen;
  for (uint32_t i = 0; i < p.cmd_count; ++i) {
    const char *name = p.cmds[i].name;
    if (name == nullptr) return "the name of command " + std::to_string(i) + " is null";
    if (!legal_command(name)) {
      return "the name of command " + std::to_string(i) +
             " is not legal, expected 1 to 64 printable characters in lower case";
    }
    if (!seen.insert(name).second) return "its command '" + std::string(name) + "' is in the table twice";
  }
  if (std::string_view(p.cmds[0].name) != "(other)") {
    return "row 0 of its command table is '" + std::string(p.cmds[0].name) +
           "', expected \"(other)\", which stands for what the table does not know";
  }
  return "";
}

std::string state_fault(const char *field, uint32_t bytes) {
  if (bytes <= kMaxStateBytes) return "";
  return std::string("its ") + field + " is " + std::to_string(bytes) + ", at most " + std::to_string(kMaxStateBytes) +
         " bytes are allowed: keep a pointer in the state and free it in closed()";
}

// The first fault among several.
std::string first(std::initializer_list<std::string> faults) {
  for (const std::string &fault : faults) {
    if (!fault.empty()) return fault;
  }
  return "";
}

std::string fault_of(const weir_protocol &p) {
  const size_t wanted = offsetof(weir_protocol, reply) + sizeof p.reply;
  if (std::string fault = size_fault(p.struct_size, wanted, "weir_protocol"); !fault.empty()) return fault;
  return first({feature_fault(p.flags),
                missing_fault({{"create", p.create != nullptr},
                               {"destroy", p.destroy != nullptr},
                               {"parse_req", p.parse_req != nullptr},
                               {"parse_rsp", p.parse_rsp != nullptr},
                               {"reply", p.reply != nullptr}}),
                state_fault("client_state_size", p.client_state_size),
                state_fault("server_state_size", p.server_state_size), commands_fault(p)});
}

std::string fault_of(const weir_hash &h) {
  const size_t wanted = offsetof(weir_hash, run) + sizeof h.run;
  if (std::string fault = size_fault(h.struct_size, wanted, "weir_hash"); !fault.empty()) return fault;
  if (h.bits != 32 && h.bits != 64) return "its bits are " + std::to_string(h.bits) + ", expected 32 or 64";
  return missing_fault({{"run", h.run != nullptr}});
}

std::string fault_of(const weir_dist &d) {
  const size_t wanted = offsetof(weir_dist, select) + sizeof d.select;
  if (std::string fault = size_fault(d.struct_size, wanted, "weir_dist"); !fault.empty()) return fault;
  if ((d.flags & ~(0u | WEIR_D_KEYS | WEIR_D_NO_HASH)) != 0) {
    return "it sets unknown flags (" + std::to_string(d.flags) + "), which are not in this core";
  }
  return missing_fault({{"build", d.build != nullptr}, {"drop", d.drop != nullptr}, {"select", d.select != nullptr}});
}

std::string fault_of(const weir_filter &f) {
  const size_t wanted = offsetof(weir_filter, on_request) + sizeof f.on_request;
  if (std::string fault = size_fault(f.struct_size, wanted, "weir_filter"); !fault.empty()) return fault;
  return missing_fault({{"create", f.create != nullptr},
                        {"destroy", f.destroy != nullptr},
                        {"interests", f.interests != nullptr},
                        {"on_request", f.on_request != nullptr}});
}

std::string key_fault(const weir_schema_key &k) {
  if (!legal_name(k.name)) return std::string("a key of its schema has no legal name: a name is ") + kNameRule;
  const std::string who = "key '" + std::string(k.name) + "' of its schema ";
  if (k.type < WEIR_T_BOOL || k.type > WEIR_T_FILE) return who + "has the unknown type " + std::to_string(k.type);
  if (k.type == WEIR_T_ENUM && (k.choices == nullptr || *k.choices == '\0')) return who + "has no choices";
  if (k.type == WEIR_T_INT && k.min > k.max) return who + "has a min above its max";
  return k.help == nullptr ? who + "has no help, expected one sentence" : "";
}

std::string schema_fault(const weir_component &c) {
  const weir_schema *s = schema_of(c);
  if (s == nullptr) return "";
  if (std::string fault = size_fault(s->struct_size, sizeof(weir_schema), "weir_schema"); !fault.empty()) return fault;
  if (s->key_count > kMaxSchemaKeys || (s->key_count > 0 && s->keys == nullptr)) {
    return "its schema has no list of keys, or one of more than " + std::to_string(kMaxSchemaKeys);
  }
  std::set<std::string_view> seen;
  for (uint32_t i = 0; i < s->key_count; ++i) {
    if (std::string fault = key_fault(s->keys[i]); !fault.empty()) return fault;
    if (!seen.insert(s->keys[i].name).second) {
      return "key '" + std::string(s->keys[i].name) + "' is in its schema twice";
    }
  }
  if (s->pick != nullptr && !legal_name(s->pick->key)) return "the switch of its schema has no legal key";
  return "";
}

std::string command_fault(const weir_component &component) {
  const weir_command *c = command_of(component);
  if (c == nullptr) return "";
  if (std::string fault = size_fault(c->struct_size, sizeof(weir_command), "weir_command"); !fault.empty())
    return fault;
  if (!legal_name(c->name)) return std::string("its command has no legal name: a name is ") + kNameRule;
  if (c->usage == nullptr || c->summary == nullptr || c->run == nullptr) {
    return "its command '" + std::string(c->name) + "' has no usage, no summary or no run()";
  }
  return "";
}

}  // namespace

std::string ops_fault(const weir_component &c) {
  std::string fault;
  switch (c.kind) {
    case WEIR_K_PROTOCOL:
      fault = fault_of(*static_cast<const weir_protocol *>(c.ops));
      break;
    case WEIR_K_HASH:
      fault = fault_of(*static_cast<const weir_hash *>(c.ops));
      break;
    case WEIR_K_DIST:
      fault = fault_of(*static_cast<const weir_dist *>(c.ops));
      break;
    case WEIR_K_FILTER:
      fault = fault_of(*static_cast<const weir_filter *>(c.ops));
      break;
    default:
      return "";
  }
  if (fault.empty()) fault = schema_fault(c);
  return fault.empty() ? command_fault(c) : fault;
}

}  // namespace weir::plugin
