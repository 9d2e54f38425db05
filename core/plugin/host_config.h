// weir.config/1: what one instance sees of its own configuration. Owned by the instance's Host; used by the control
// thread, while create() runs. Nodes stay valid for the life of the instance.
#pragma once

#include <weir/host.h>
#include <weir/schema.h>

#include <deque>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/complaints.h"
#include "core/config/settings.h"

namespace weir::plugin {
class ConfigView;
}

// One node as the plugin holds it.
struct weir_node {
  weir::plugin::ConfigView *view = nullptr;
  const weir::config::Node *node = nullptr;
  weir::config::Place place;  // of the key, where there is one
  std::string path;           // "pools.alpha.protocol.timeout"
  bool secret = false;        // its value must not appear in a complaint
  bool opened = false;
  std::vector<const weir_node *> children;  // of entries, by index, once opened
};

namespace weir::plugin {

class ConfigView {
 public:
  // schema may be null; it only serves to hide secrets and to suggest names.
  ConfigView(const config::Use &, std::string path, const weir_schema *schema, config::Complaints &);
  ConfigView(const ConfigView &) = delete;
  ConfigView &operator=(const ConfigView &) = delete;

  static const weir_config *table();
  const weir_node *root() const { return root_; }

  // Complaints of this instance so far; create() must not have succeeded when there are any.
  size_t complaints() const { return complained_; }
  void complain(const weir_node &, const std::string &text);
  void complain_unread();
  // create() has returned: from now on complaints have nowhere to go.
  void close() { sink_ = nullptr; }

  // For the table's functions.
  void open(const weir_node &);
  const weir_node *child(const weir_node &, std::string_view key);
  weir_status expected(const weir_node &, const char *what);

 private:
  weir_node *adopt(const config::Node *, config::Place, std::string path, bool secret);
  const weir_schema_key *schema_key(std::string_view) const;
  void complain_unread(const weir_node &map);
  std::string unread_text(const weir_node &map, size_t i) const;

  const std::shared_ptr<const config::Node> options_;  // keeps every node below alive
  const weir_schema *const schema_;
  config::Complaints *sink_;
  size_t complained_ = 0;
  std::deque<weir_node> nodes_;               // stable addresses
  std::set<std::string, std::less<>> asked_;  // names get() was asked for at the root
  weir_node *root_;
};

}  // namespace weir::plugin
