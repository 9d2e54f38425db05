#include "core/config/complaints.h"

#include <algorithm>
#include <tuple>
#include <unordered_set>

namespace weir::config {

void Complaints::add(const Place &place, std::string path, std::string text) {
  found_.push_back({place, std::move(path), std::move(text)});
}

std::string Complaints::text() const {
  std::vector<Complaint> sorted = found_;
  std::stable_sort(sorted.begin(), sorted.end(), [](const Complaint &a, const Complaint &b) {
    return std::tie(a.place.file, a.place.line) < std::tie(b.place.file, b.place.line);
  });
  std::string out;
  std::unordered_set<std::string> said;
  for (const Complaint &c : sorted) {
    std::string line = c.place.file;
    if (c.place.line > 0) line.append(line.empty() ? "line " : ":").append(std::to_string(c.place.line));
    if (!line.empty()) line.append(": ");
    if (!c.path.empty()) line.append(c.path).append(": ");
    line.append(c.text).append("\n");
    // A section that is read in both steps complains twice.
    if (said.insert(line).second) out.append(line);
  }
  return out;
}

}  // namespace weir::config
