#include "core/plugin/describe.h"

namespace weir::plugin {
namespace {

struct Bit {
  uint32_t flag;
  std::string_view word;
};

Words words(uint32_t flags, std::initializer_list<Bit> bits) {
  Words out;
  for (const Bit &bit : bits) {
    if ((flags & bit.flag) != 0) out.push_back(bit.word);
  }
  return out;
}

struct Op {
  std::string_view name;
  bool present;
};

Ops sorted(std::initializer_list<Op> all) {
  Ops out;
  for (const Op &op : all) (op.present ? out.present : out.absent).push_back(op.name);
  return out;
}

#define OP(table, name)            \
  Op {                             \
#name, (table).name != nullptr \
  }

Ops ops(const weir_protocol &p) {
  return sorted({OP(p, create), OP(p, destroy), OP(p, worker_init), OP(p, worker_fini), OP(p, parse_req),
                 OP(p, parse_rsp), OP(p, reply), OP(p, render), OP(p, merge), OP(p, handshake), OP(p, probe),
                 OP(p, retag), OP(p, lease), OP(p, profile_idle), OP(p, closed), OP(p, args), OP(p, decode)});
}

Ops ops(const weir_hash &h) {
  return sorted({OP(h, create), OP(h, destroy), OP(h, run)});
}

Ops ops(const weir_dist &d) {
  return sorted({OP(d, create), OP(d, destroy), OP(d, worker_init), OP(d, worker_fini), OP(d, build), OP(d, drop),
                 OP(d, select)});
}

Ops ops(const weir_filter &f) {
  return sorted({OP(f, create), OP(f, destroy), OP(f, worker_init), OP(f, worker_fini), OP(f, interests),
                 OP(f, on_request), OP(f, on_response)});
}
#undef OP

}  // namespace

Words command_flags(uint32_t flags) {
  return words(flags, {{WEIR_CMD_READ, "read"},
                       {WEIR_CMD_WRITE, "write"},
                       {WEIR_CMD_ADMIN, "admin"},
                       {WEIR_CMD_MULTIKEY, "multikey"},
                       {WEIR_CMD_ECHO, "echo"},
                       {WEIR_CMD_STATE, "state"},
                       {WEIR_CMD_TOPICS, "topics"}});
}

Words dist_flags(uint32_t flags) {
  return words(flags, {{WEIR_D_KEYS, "keys"}, {WEIR_D_NO_HASH, "no-hash"}});
}

Words key_flags(uint32_t flags) {
  return words(flags, {{WEIR_KEY_POOL, "pool"}, {WEIR_KEY_SECRET, "secret"}});
}

std::string_view key_type(uint32_t type) {
  static constexpr std::string_view kTypes[] = {"?",        "bool", "int",  "string", "one of",
                                                "duration", "size", "list", "any",    "file"};
  return type < std::size(kTypes) ? kTypes[type] : kTypes[0];
}

Ops ops_of(const weir_component &c) {
  switch (c.kind) {
    case WEIR_K_PROTOCOL:
      return ops(*static_cast<const weir_protocol *>(c.ops));
    case WEIR_K_HASH:
      return ops(*static_cast<const weir_hash *>(c.ops));
    case WEIR_K_DIST:
      return ops(*static_cast<const weir_dist *>(c.ops));
    case WEIR_K_FILTER:
      return ops(*static_cast<const weir_filter *>(c.ops));
    default:
      return {};
  }
}

std::vector<std::pair<std::string_view, uint64_t>> numbers_of(const weir_component &c) {
  if (c.kind == WEIR_K_HASH) return {{"bits", static_cast<const weir_hash *>(c.ops)->bits}};
  if (c.kind != WEIR_K_PROTOCOL) return {};
  const auto &p = *static_cast<const weir_protocol *>(c.ops);
  return {{"client_state_size", p.client_state_size},
          {"server_state_size", p.server_state_size},
          {"max_head", p.max_head == 0 ? 64u << 10 : p.max_head}};
}

Words extensions_of(const weir_module &m) {
  Words out;
  for (size_t i = 0; m.required_extensions != nullptr && m.required_extensions[i] != nullptr; ++i) {
    out.emplace_back(m.required_extensions[i]);
  }
  return out;
}

}  // namespace weir::plugin
