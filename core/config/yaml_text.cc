#include "core/config/yaml_text.h"

#include <cstdio>

namespace weir::config {
namespace {

bool is_plain_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
         c == '/' || c == '-' || c == ':' || c == '%';
}

// Plain text that no reader of YAML takes for anything but one scalar.
bool is_plain(std::string_view text) {
  if (text.empty() || text.back() == ':') return false;
  char first = text[0];
  if (first == '-' || first == ':' || first == '%' || first == '.') return false;
  for (size_t i = 0; i < text.size(); ++i) {
    bool inner_space = text[i] == ' ' && i > 0 && i + 1 < text.size() && text[i - 1] != ':' && text[i - 1] != ' ';
    if (!is_plain_char(text[i]) && !inner_space) return false;
  }
  return true;
}

// Words that mean something else without quotes.
bool is_special(std::string_view text) {
  for (std::string_view word : {"true", "false", "null", "Null", "NULL", "yes", "no", "on", "off"}) {
    if (text == word) return true;
  }
  return text.find_first_not_of("0123456789.eExX_-") == std::string_view::npos;
}

std::string scalar_text(const Node &node) {
  if (node.kind == Node::Kind::null) return node.text.empty() ? "~" : node.text;
  if (node.quoted) return string_text(node.text);
  return is_plain(node.text) ? node.text : quoted_text(node.text);
}

void write_value(std::string &out, size_t indent, const Node &value) {
  bool empty = value.entries.empty();
  if (value.kind == Node::Kind::list && !empty) {
    out.append("\n");
    for (const Node::Entry &entry : value.entries) {
      out.append(indent, ' ').append("-");
      write_value(out, indent + 2, *entry.value);
    }
  } else if (value.kind == Node::Kind::map && !empty) {
    out.append("\n");
    for (const Node::Entry &entry : value.entries) write_entry(out, indent, entry.key, *entry.value);
  } else if (value.kind == Node::Kind::list) {
    out.append(" []\n");
  } else if (value.kind == Node::Kind::map) {
    out.append(" {}\n");
  } else {
    out.append(" ").append(scalar_text(value)).append("\n");
  }
}

}  // namespace

std::string quoted_text(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.append("\\").push_back(c);
    } else if (byte < 0x20 || byte == 0x7f) {
      char code[8];
      std::snprintf(code, sizeof code, "\\x%02x", byte);
      out.append(code);
    } else {
      out.push_back(c);
    }
  }
  return out.append("\"");
}

std::string string_text(std::string_view text) {
  return is_plain(text) && !is_special(text) ? std::string(text) : quoted_text(text);
}

void write_entry(std::string &out, size_t indent, std::string_view key, const Node &value) {
  out.append(indent, ' ').append(string_text(key)).append(":");
  write_value(out, indent + 2, value);
}

}  // namespace weir::config
