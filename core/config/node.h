// A configuration file as a tree in which every value knows its line.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace weir::config {

struct Place {
  std::string file;
  int line = 0;  // from 1; 0 = the file as a whole

  // Where something is written is no part of what it says.
  friend bool operator==(const Place &, const Place &) { return true; }
};

struct Node {
  enum class Kind { null, scalar, list, map };
  struct Entry {
    std::string key;  // empty in lists
    Place place;      // of the key, or of the list item
    std::shared_ptr<Node> value;
  };
  Kind kind = Kind::null;
  std::string text;     // scalars
  bool quoted = false;  // a quoted scalar is a string, whatever it looks like
  Place place;
  std::vector<Entry> entries;          // lists and maps, in file order; a map may hold a key twice until it is checked
  std::shared_ptr<const Node> source;  // of a secret: where its text was found; {file: PATH} or {env: NAME}
  uint64_t digest = 0;                 // of the content of the file that a scalar names, 0 = it names none
  mutable bool read = false;           // a component asked for it

  const Node *find(std::string_view key) const {
    for (const Entry &e : entries) {
      if (e.key == key) return e.value.get();
    }
    return nullptr;
  }
};

// Whether two trees say the same, wherever they are written.
inline bool same(const Node &a, const Node &b) {
  if (a.kind != b.kind || a.text != b.text || a.quoted != b.quoted || a.digest != b.digest) return false;
  if (a.entries.size() != b.entries.size()) return false;
  for (size_t i = 0; i < a.entries.size(); ++i) {
    if (a.entries[i].key != b.entries[i].key || !same(*a.entries[i].value, *b.entries[i].value)) return false;
  }
  return true;
}

}  // namespace weir::config
