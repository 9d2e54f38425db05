#include "core/plugin/host_config.h"

#include <charconv>
#include <cmath>
#include <utility>

#include "core/base/log.h"
#include "core/base/text.h"
#include "core/plugin/host.h"

namespace weir::plugin {
namespace {

using config::Node;

constexpr size_t kValueShown = 64;

bool plain(const weir_node *n) {
  return n->node->kind == Node::Kind::scalar && !n->node->quoted;
}
bool scalar(const weir_node *n) {
  return n->node->kind == Node::Kind::scalar;
}

template <class T>
bool number(std::string_view text, T &value) {
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  return failed == std::errc{} && end == text.data() + text.size();
}

bool read_float(std::string_view text, double &value) {
  return number(text, value) && std::isfinite(value);
}

std::string found(const weir_node &n) {
  switch (n.node->kind) {
    case Node::Kind::null:
      return "nothing";
    case Node::Kind::list:
      return "a list";
    case Node::Kind::map:
      return "a map";
    case Node::Kind::scalar:
      break;
  }
  if (n.secret) return "another value (a secret, not shown)";
  std::string text = n.node->text.substr(0, kValueShown);
  if (text.size() < n.node->text.size()) text += "...";
  return n.node->quoted ? "the string \"" + text + "\"" : "'" + text + "'";
}

// ---- the table ------------------------------------------------------------------------------------------------------

const weir_node *root(const weir_host *host) {
  return Host::of(host).config().root();
}

uint32_t kind(const weir_node *n) {
  switch (n->node->kind) {
    case Node::Kind::null:
      return WEIR_N_NULL;
    case Node::Kind::list:
      return WEIR_N_LIST;
    case Node::Kind::map:
      return WEIR_N_MAP;
    case Node::Kind::scalar:
      break;
  }
  const std::string &text = n->node->text;
  int64_t whole = 0;
  double real = 0;
  if (n->node->quoted) return WEIR_N_STR;
  if (text == "true" || text == "false") return WEIR_N_BOOL;
  if (number(text, whole)) return WEIR_N_INT;
  return read_float(text, real) ? WEIR_N_FLOAT : WEIR_N_STR;
}

uint32_t count(const weir_node *n) {
  return static_cast<uint32_t>(n->node->entries.size());
}

const weir_node *at(const weir_node *n, uint32_t i, weir_bytes *key) {
  if (i >= n->node->entries.size()) return nullptr;
  n->view->open(*n);
  const Node::Entry &entry = n->node->entries[i];
  if (key != nullptr) *key = {reinterpret_cast<const uint8_t *>(entry.key.data()), entry.key.size()};
  n->children[i]->node->read = true;
  return n->children[i];
}

const weir_node *get(const weir_node *n, const char *key) {
  return n->view->child(*n, key);
}

weir_status boolean(const weir_node *n, uint32_t *out) {
  if (!plain(n) || (n->node->text != "true" && n->node->text != "false")) {
    return n->view->expected(*n, "true or false");
  }
  *out = n->node->text == "true" ? 1 : 0;
  return WEIR_OK;
}

weir_status i64(const weir_node *n, int64_t *out) {
  int64_t value = 0;
  if (!plain(n) || !number(n->node->text, value)) return n->view->expected(*n, "a whole number");
  *out = value;
  return WEIR_OK;
}

weir_status f64(const weir_node *n, double *out) {
  double value = 0;
  if (!plain(n) || !read_float(n->node->text, value)) return n->view->expected(*n, "a number");
  *out = value;
  return WEIR_OK;
}

// Any scalar is a string if a string is wanted: a password may well look like a number.
weir_status str(const weir_node *n, weir_bytes *out) {
  if (!scalar(n)) return n->view->expected(*n, "a string");
  *out = {reinterpret_cast<const uint8_t *>(n->node->text.data()), n->node->text.size()};
  return WEIR_OK;
}

weir_status duration_us(const weir_node *n, uint64_t *out) {
  uint64_t value = 0;
  if (!scalar(n) || !parse_duration_us(n->node->text, value)) {
    return n->view->expected(*n, "a duration such as 250ms, 2s or 5m");
  }
  *out = value;
  return WEIR_OK;
}

weir_status size(const weir_node *n, uint64_t *out) {
  uint64_t value = 0;
  if (!scalar(n) || !parse_size(n->node->text, value)) {
    return n->view->expected(*n, "a size in bytes such as 512, 64k or 8m");
  }
  *out = value;
  return WEIR_OK;
}

void complain(const weir_node *n, const char *text) {
  n->view->complain(*n, text == nullptr ? "is not accepted" : text);
}

}  // namespace

ConfigView::ConfigView(const config::Use &use, std::string path, const weir_schema *schema, config::Complaints &sink)
    : options_(use.options ? use.options : std::make_shared<const Node>()), schema_(schema), sink_(&sink) {
  root_ = adopt(options_.get(), use.place, std::move(path), false);
}

weir_node *ConfigView::adopt(const Node *node, config::Place place, std::string path, bool secret) {
  nodes_.push_back({this, node, std::move(place), std::move(path), secret, false, {}});
  return &nodes_.back();
}

const weir_schema_key *ConfigView::schema_key(std::string_view name) const {
  for (uint32_t i = 0; schema_ != nullptr && i < schema_->key_count; ++i) {
    if (schema_->keys[i].name == name) return &schema_->keys[i];
  }
  return nullptr;
}

void ConfigView::open(const weir_node &n) {
  if (n.opened) return;
  auto &self = const_cast<weir_node &>(n);  // ours; plugins hold it const
  self.opened = true;
  const bool list = n.node->kind == Node::Kind::list;
  for (size_t i = 0; i < n.node->entries.size(); ++i) {
    const Node::Entry &entry = n.node->entries[i];
    const weir_schema_key *known = &n == root_ ? schema_key(entry.key) : nullptr;
    const bool secret = n.secret || (known != nullptr && (known->flags & WEIR_KEY_SECRET) != 0);
    std::string path = n.path + (list ? "[" + std::to_string(i) + "]" : "." + entry.key);
    self.children.push_back(adopt(entry.value.get(), entry.place, std::move(path), secret));
  }
}

const weir_node *ConfigView::child(const weir_node &n, std::string_view key) {
  if (&n == root_) asked_.emplace(key);
  if (n.node->kind != Node::Kind::map) return nullptr;
  open(n);
  for (size_t i = 0; i < n.node->entries.size(); ++i) {
    if (n.node->entries[i].key != key) continue;
    n.children[i]->node->read = true;
    return n.children[i];
  }
  return nullptr;
}

void ConfigView::complain(const weir_node &n, const std::string &text) {
  ++complained_;
  if (sink_ != nullptr) {
    sink_->add(n.place, n.path, text);
  } else {
    WEIR_LOG(err, "%s: %s", n.path.c_str(), text.c_str());
  }
}

weir_status ConfigView::expected(const weir_node &n, const char *what) {
  complain(n, std::string("expected ") + what + ", found " + found(n));
  return WEIR_E_CONFIG;
}

std::string ConfigView::unread_text(const weir_node &map, size_t i) const {
  const auto &entries = map.node->entries;
  for (size_t before = 0; before < i; ++before) {
    if (entries[before].key == entries[i].key) return "is written twice: keep one of the two";
  }
  if (&map != root_) return "unknown key, the component does not read it: remove it or check its spelling";
  if (schema_key(entries[i].key) != nullptr) return "has no effect together with the other keys: remove it";
  std::vector<std::string_view> names(asked_.begin(), asked_.end());
  for (uint32_t k = 0; schema_ != nullptr && k < schema_->key_count; ++k) {
    if (!asked_.contains(std::string_view(schema_->keys[k].name))) names.emplace_back(schema_->keys[k].name);
  }
  std::string text = "unknown key";
  if (names.empty()) return text + ", the component takes none: remove it";
  if (auto near = nearest(entries[i].key, names); !near.empty()) text += ", did you mean '" + std::string(near) + "'?";
  return text + " Known here: " + join(names);
}

void ConfigView::complain_unread(const weir_node &map) {
  open(map);
  for (size_t i = 0; i < map.children.size(); ++i) {
    if (map.node->kind == Node::Kind::map && !map.children[i]->node->read) {
      complain(*map.children[i], unread_text(map, i));
    }
  }
}

void ConfigView::complain_unread() {
  // Grows while it is walked: opening a node adopts its children at the end. What was not read is complained about as
  // one, not key by key.
  for (size_t i = 0; i < nodes_.size(); ++i) {
    const weir_node &n = nodes_[i];
    if (&n == root_ || n.node->read) complain_unread(n);
  }
}

const weir_config *ConfigView::table() {
  static const weir_config the_table = {.struct_size = sizeof(weir_config),
                                        .reserved = 0,
                                        .root = plugin::root,
                                        .kind = kind,
                                        .count = count,
                                        .at = at,
                                        .get = get,
                                        .boolean = boolean,
                                        .i64 = i64,
                                        .f64 = f64,
                                        .str = str,
                                        .duration_us = duration_us,
                                        .size = size,
                                        .complain = plugin::complain};
  return &the_table;
}

}  // namespace weir::plugin
