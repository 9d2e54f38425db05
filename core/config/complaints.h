// Everything that is wrong with a configuration, gathered so that all of it can be said at once.
#pragma once

#include <string>
#include <vector>

#include "core/config/node.h"

namespace weir::config {

class Complaints {
 public:
  // path: "pools.alpha.hash"; text: what was expected, what was found, how to mend it. Nothing secret.
  void add(const Place &place, std::string path, std::string text);
  bool empty() const { return found_.empty(); }
  size_t size() const { return found_.size(); }
  // One "file:line: path: text" a line, in file order.
  std::string text() const;

 private:
  struct Complaint {
    Place place;
    std::string path, text;
  };
  std::vector<Complaint> found_;
};

}  // namespace weir::config
