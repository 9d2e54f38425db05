#include "core/app/key_source.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <system_error>

#include "core/base/text.h"

namespace weir::app {
namespace {

void each_line(std::istream &from, const std::function<void(std::string_view)> &each) {
  for (std::string line; std::getline(from, line);) each(line);
}

std::string hex(unsigned char byte, const char *form) {
  char text[8];
  std::snprintf(text, sizeof text, form, static_cast<unsigned>(byte));
  return text;
}

}  // namespace

Status each_key(const KeyQuery &query, const std::function<void(std::string_view)> &each) {
  if (!query.keys.empty()) {
    for (const std::string &key : query.keys) each(key);
    return Done{};
  }
  if (query.keys_file == "-") {
    each_line(std::cin, each);
    return Done{};
  }
  std::ifstream file(query.keys_file, std::ios::binary);
  if (!file) return Error{"cannot read the keys in " + query.keys_file + ": " + std::strerror(errno)};
  each_line(file, each);
  if (file.bad()) return Error{"cannot read the keys in " + query.keys_file};
  return Done{};
}

void each_sample(uint64_t count, const std::function<void(std::string_view)> &each) {
  for (uint64_t i = 0; i < count; ++i) each("key:" + std::to_string(i));
}

const route::Pool *asked_pool(const Loaded &loaded, const std::string &name, std::string &complaint) {
  if (name.empty() && loaded.pools.size() == 1) return loaded.pools.front().get();
  std::vector<std::string_view> names;
  for (const auto &pool : loaded.pools) {
    if (pool->settings.name == name) return pool.get();
    names.push_back(pool->settings.name);
  }
  const std::string where = loaded.settings.file.empty() ? "the configuration" : loaded.settings.file;
  complaint = name.empty() ? where + " has several pools; say which with --pool NAME: " + join(names)
                           : where + " has no pool '" + name + "'; it has " + join(names);
  return nullptr;
}

bool written() {
  return std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
}

weir_bytes bytes_of(std::string_view text) {
  return {reinterpret_cast<const uint8_t *>(text.data()), text.size()};
}

std::string printable(std::string_view key) {
  std::string text;
  for (const char c : key) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\\') {
      text += "\\\\";
    } else if (byte < 0x20 || byte > 0x7e) {
      text += hex(byte, "\\x%02x");
    } else {
      text += c;
    }
  }
  return text;
}

std::string json_key(std::string_view key) {
  std::string text = "\"";
  for (const char c : key) {
    const auto byte = static_cast<unsigned char>(c);
    text += byte > 0x7e ? hex(byte, "\\u%04x") : json_escape(std::string_view(&c, 1));
  }
  return text + "\"";
}

}  // namespace weir::app
