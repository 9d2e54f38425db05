// From a file to settings, in the two steps that plugins need: first which plugins to load, then everything else,
// checked against what the plugins offer.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/catalog.h"
#include "core/config/complaints.h"
#include "core/config/settings.h"

namespace weir::config {

// The file, or text as if it were one. Nothing on complaints.
std::shared_ptr<Node> read_file(const std::string &path, Complaints &);
std::shared_ptr<Node> read_text(std::string_view text, const std::string &name, Complaints &);

// Step 1: the `plugins:` section; empty for a nutcracker file.
Plugins plugins_of(const Node &root, Complaints &);

// Step 2: all of it. Pools are sorted as twemproxy sorts them (length of the name, then bytes); servers keep the
// order of the file.
std::optional<Settings> check(const std::shared_ptr<Node> &root, const Catalog &, Complaints &);

// A configuration made of command-line options: one pool that listens on `listen` and shards over `servers`.
std::string yaml_of_options(const std::string &protocol, const std::string &listen,
                            const std::vector<std::string> &servers);

// The effective configuration in weir's own form, with defaults, without secrets; what it prints loads again.
std::string print(const Settings &, const Catalog &);
// What a change from one to the other means, a line for each key of each pool that is not the same: "pool alpha:
// timeout 400ms -> 2s". Secrets are said to have changed, not shown. Empty: nothing changed.
std::vector<std::string> differences(const Settings &before, const Settings &now, const Catalog &);
// The reference of all keys as Markdown, from the same tables that check() uses.
std::string reference(const Catalog &);

}  // namespace weir::config
