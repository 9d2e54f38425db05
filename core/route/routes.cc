#include "core/route/routes.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "core/base/text.h"
#include "core/config/value.h"

namespace weir::route {
namespace {

constexpr std::string_view kAll = "all";
struct Class {
  std::string_view name;
  uint32_t wanted, unwanted;  // of weir_cmd.flags
};
constexpr Class kClasses[] = {{"read", WEIR_CMD_READ, WEIR_CMD_WRITE},
                              {"write", WEIR_CMD_WRITE, 0},
                              {"admin", WEIR_CMD_ADMIN, 0},
                              {"multikey", WEIR_CMD_MULTIKEY, 0}};

std::string_view view(weir_bytes bytes) {
  return {reinterpret_cast<const char *>(bytes.ptr), bytes.len};
}

std::string lower(std::string text) {
  for (char &c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

std::string unknown_command(const std::string &word, const weir_protocol &protocol, const std::string &name) {
  std::vector<std::string_view> known = {kAll};
  for (const Class &some : kClasses) known.push_back(some.name);
  for (uint32_t i = 0; i < protocol.cmd_count; ++i) known.emplace_back(protocol.cmds[i].name);
  std::string text = "\"" + config::printable(word) + "\" is no command of protocol " + name;
  std::string_view near = config::meant(word, known);
  if (!near.empty()) return text + ", did you mean " + std::string(near) + "?";
  return text + "; expected one, or read, write, admin, multikey or all";
}

// Adds the commands that the word means. False: there are none.
bool add_commands(const std::string &word, const weir_protocol &protocol, std::vector<bool> &commands) {
  bool any = word == kAll;
  for (uint32_t i = 0; i < protocol.cmd_count; ++i) {
    const weir_cmd &cmd = protocol.cmds[i];
    bool meant = word == kAll || word == cmd.name;
    for (const Class &some : kClasses) {
      bool of_it = word == some.name && (cmd.flags & some.wanted) != 0 && (cmd.flags & some.unwanted) == 0;
      meant = meant || of_it;
      any = any || word == some.name;
    }
    if (meant) commands[i] = any = true;
  }
  return any;
}

}  // namespace

bool Routes::add(const config::Route &route, const weir_protocol &protocol, const std::string &protocol_name,
                 const std::string &path, config::Complaints &complaints) {
  auto index = static_cast<uint32_t>(entries_.size());
  Entry &entry = entries_.emplace_back();
  bool good = true;
  for (const std::string &word : route.commands) {
    if (entry.commands.empty()) entry.commands.resize(protocol.cmd_count);
    if (add_commands(lower(word), protocol, entry.commands)) continue;
    complaints.add(route.place, path + ".commands", unknown_command(word, protocol, protocol_name));
    good = false;
  }
  if (entry.commands.empty()) entry.commands.assign(protocol.cmd_count, true);
  entry.names_commands = std::find(entry.commands.begin(), entry.commands.end(), false) != entry.commands.end();
  for (uint32_t i = 0; i < protocol.cmd_count; ++i) concerned_[i] |= entry.commands[i] ? 1 : 0;
  entry.networks = route.networks;
  ask_for_clients_ = ask_for_clients_ || !entry.networks.empty();
  if (route.prefix.empty()) root_.push_back(index);
  for (const std::string &prefix : route.prefix) {
    auto known = std::find_if(prefixes_.begin(), prefixes_.end(), [&](const Prefix &p) { return p.text == prefix; });
    if (known == prefixes_.end()) known = prefixes_.insert(known, {prefix, {}});
    known->entries.push_back(index);
  }
  return good;
}

void Routes::sort_prefixes() {
  std::sort(prefixes_.begin(), prefixes_.end(), [](const Prefix &a, const Prefix &b) { return a.text < b.text; });
  for (uint32_t i = 1; i < prefixes_.size(); ++i) {
    uint32_t before = i - 1;
    while (before != kNone && !prefixes_[i].text.starts_with(prefixes_[before].text))
      before = prefixes_[before].shorter;
    prefixes_[i].shorter = before;
  }
}

const Routes::Entry *Routes::first_of(const Indices &some, const Query &query) const {
  for (uint32_t i : some) {
    const Entry &entry = entries_[i];
    if (!entry.commands[query.cmd] || (query.bound && entry.names_commands)) continue;
    bool from_there = entry.networks.empty();
    for (const config::Network &network : entry.networks) from_there = from_there || network.has(query.client);
    if (from_there) return &entry;
  }
  return nullptr;
}

// What the key begins with stands, of all prefixes, right before it, or that begins with it.
const Routes::Entry *Routes::find(const Query &query, weir_bytes key) const {
  std::string_view text = view(key);
  auto behind = std::upper_bound(prefixes_.begin(), prefixes_.end(), text,
                                 [](std::string_view a, const Prefix &b) { return a < b.text; });
  uint32_t at = behind == prefixes_.begin() ? kNone : static_cast<uint32_t>(behind - prefixes_.begin() - 1);
  for (; at != kNone; at = prefixes_[at].shorter) {
    if (!text.starts_with(prefixes_[at].text)) continue;
    if (const Entry *entry = first_of(prefixes_[at].entries, query); entry != nullptr) return entry;
  }
  return first_of(root_, query);
}

}  // namespace weir::route
