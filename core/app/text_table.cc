#include "core/app/text_table.h"

#include <algorithm>
#include <utility>

namespace weir::app {

TextTable::TextTable(std::vector<Column> columns) : columns_(std::move(columns)) {
  for (const Column &column : columns_) widths_.push_back(column.title.size());
}

void TextTable::add(std::vector<std::string> cells) {
  for (size_t i = 0; i < cells.size(); ++i) widths_[i] = std::max(widths_[i], cells[i].size());
  rows_.push_back(std::move(cells));
}

std::string TextTable::line(const std::vector<std::string> &cells) const {
  std::string text;
  for (size_t i = 0; i < cells.size(); ++i) {
    const std::string room(widths_[i] - cells[i].size(), ' ');
    text += columns_[i].side == Side::left ? cells[i] + room : room + cells[i];
    text += "  ";
  }
  text.erase(text.find_last_not_of(' ') + 1);
  return text + "\n";
}

std::string TextTable::take() {
  std::string text;
  if (!std::exchange(titled_, true)) {
    std::vector<std::string> titles;
    for (const Column &column : columns_) titles.push_back(column.title);
    text = line(titles);
  }
  for (const std::vector<std::string> &row : rows_) text += line(row);
  rows_.clear();
  return text;
}

}  // namespace weir::app
