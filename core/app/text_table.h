// Lines of cells, printed one below the other.
#pragma once

#include <string>
#include <vector>

namespace weir::app {

class TextTable {
 public:
  enum class Side { left, right };
  struct Column {
    std::string title;
    Side side = Side::left;
  };
  explicit TextTable(std::vector<Column> columns);

  void add(std::vector<std::string> cells);  // one for each column
  size_t rows() const { return rows_.size(); }
  // What was added since the last time, under a line of titles the first time. Columns keep the width they had, or
  // grow.
  std::string take();

 private:
  std::string line(const std::vector<std::string> &cells) const;
  const std::vector<Column> columns_;
  std::vector<size_t> widths_;
  std::vector<std::vector<std::string>> rows_;
  bool titled_ = false;
};

}  // namespace weir::app
