// What a reload changes, in the words of the file: the lines of each key that are gone, and those that are new.
#include <algorithm>

#include "core/base/text.h"
#include "core/config/load.h"
#include "core/config/print.h"

namespace weir::config {
namespace {

constexpr size_t kMostShown = 4;

using Lines = std::vector<std::string>;

// Without the indentation, and without what all values of the key begin with.
Lines lines_of(const std::string &text, std::string_view key) {
  Lines lines;
  for (size_t at = 0; at < text.size();) {
    size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = std::string_view(text).substr(at, end - at);
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    if (line.starts_with(key) && line.substr(key.size()).starts_with(":")) line.remove_prefix(key.size() + 1);
    line.remove_prefix(std::min(line.find_first_not_of(" -"), line.size()));
    if (!line.empty()) lines.emplace_back(line);
    at = end + 1;
  }
  return lines;
}

Lines missing_in(const Lines &other, const Lines &lines) {
  Lines out;
  std::copy_if(lines.begin(), lines.end(), std::back_inserter(out),
               [&](const std::string &line) { return std::find(other.begin(), other.end(), line) == other.end(); });
  return out;
}

std::string listed(const Lines &lines) {
  std::string text;
  for (size_t i = 0; i < std::min(lines.size(), kMostShown); ++i) text.append(i > 0 ? ", " : "").append(lines[i]);
  if (lines.size() > kMostShown) text += " and " + std::to_string(lines.size() - kMostShown) + " more";
  return text;
}

std::string change(const std::string &name, const Lines &before, const Lines &now) {
  if (before.size() <= 1 && now.size() <= 1) {
    return name + " " + (before.empty() ? "unset" : before[0]) + " -> " + (now.empty() ? "unset" : now[0]);
  }
  Lines gone = missing_in(now, before), fresh = missing_in(before, now);
  if (gone.empty() && fresh.empty()) return name + ": another order";
  std::string text = name + ":";
  if (!gone.empty()) text += " without " + listed(gone);
  if (!fresh.empty()) text += (gone.empty() ? " with " : ", with ") + listed(fresh);
  return text;
}

// Of a component: the files it reads that say something else now.
void compare_files(const Use &before, const Use &now, const std::string &pool, Lines &out) {
  if (before.name != now.name) return;
  for (const Node::Entry &entry : now.options->entries) {
    const Node *was = before.options->find(entry.key);
    if (was == nullptr || was->text != entry.value->text || was->digest == entry.value->digest) continue;
    out.push_back("pool " + pool + ": " + entry.value->text + " has changed");
  }
}

void compare(const Pool &before, const Pool &now, const Catalog &catalog, Lines &out) {
  size_t had = out.size();
  for (const Key<Pool> &key : pool_keys()) {
    std::string was = key_text(before, key, catalog), is = key_text(now, key, catalog);
    if (was == is) continue;
    out.push_back("pool " + now.name + ": " + change(key.name, lines_of(was, key.name), lines_of(is, key.name)));
  }
  for (const auto &use : {&Pool::protocol, &Pool::hash, &Pool::distribution}) {
    compare_files(before.*use, now.*use, now.name, out);
  }
  for (size_t i = 0; i < std::min(before.filters.size(), now.filters.size()); ++i) {
    compare_files(before.filters[i], now.filters[i], now.name, out);
  }
  if (out.size() == had) out.push_back("pool " + now.name + ": a secret changed");
}

const Pool *find(const Settings &settings, const std::string &name) {
  for (const Pool &pool : settings.pools) {
    if (pool.name == name) return &pool;
  }
  return nullptr;
}

}  // namespace

std::vector<std::string> differences(const Settings &before, const Settings &now, const Catalog &catalog) {
  Lines out;
  for (const Key<Settings> &key : top_keys()) {
    std::string was = key_text(before, key), is = key_text(now, key);
    if (was != is) out.push_back(change(key.name, lines_of(was, key.name), lines_of(is, key.name)));
  }
  if (before.dns != now.dns) out.emplace_back("dns: other servers; pools with names are made anew");
  for (const Pool &pool : before.pools) {
    if (find(now, pool.name) == nullptr) out.push_back("pool " + pool.name + ": gone");
  }
  for (const Pool &pool : now.pools) {
    const Pool *was = find(before, pool.name);
    if (was == nullptr) {
      out.push_back("pool " + pool.name + ": new");
    } else if (!(*was == pool)) {
      compare(*was, pool, catalog, out);
    }
  }
  return out;
}

}  // namespace weir::config
