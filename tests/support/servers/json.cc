#include "tests/support/servers/json.h"

#include <cctype>
#include <stdexcept>

namespace weir::test {

namespace {

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Json whole() {
    Json value = any();
    space();
    if (at_ != text_.size()) fail("the end");
    return value;
  }

 private:
  [[noreturn]] void fail(const char *wanted) {
    throw std::runtime_error("not JSON: expected " + std::string(wanted) + " at byte " + std::to_string(at_) + " of " +
                             std::string(text_));
  }
  void space() {
    while (at_ < text_.size() && isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
  }
  bool take(char c) {
    space();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  std::string string() {
    if (!take('"')) fail("a string");
    std::string s;
    while (at_ < text_.size() && text_[at_] != '"') {
      if (text_[at_] == '\\') ++at_;
      if (at_ < text_.size()) s += text_[at_++];
    }
    if (!take('"')) fail("a closing quote");
    return s;
  }
  Json any() {
    Json v;
    space();
    if (at_ < text_.size() && text_[at_] == '"') {
      v.kind = Json::Kind::string;
      v.text = string();
    } else if (take('{')) {
      v.kind = Json::Kind::object;
      members(v);
    } else {
      v.value = number();
    }
    return v;
  }
  void members(Json &v) {
    if (take('}')) return;
    do {
      std::string key = string();
      if (!take(':')) fail("a colon");
      v.members.emplace_back(std::move(key), any());
    } while (take(','));
    if (!take('}')) fail("a closing brace");
  }
  long long number() {
    size_t end = at_;
    while (end < text_.size() && (isdigit(static_cast<unsigned char>(text_[end])) || text_[end] == '-')) ++end;
    if (end == at_) fail("a value");
    long long n = std::stoll(std::string(text_.substr(at_, end - at_)));
    at_ = end;
    return n;
  }

  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace

bool Json::has(std::string_view key) const {
  for (const auto &m : members) {
    if (m.first == key) return true;
  }
  return false;
}

const Json &Json::at(std::string_view key) const {
  for (const auto &m : members) {
    if (m.first == key) return m.second;
  }
  throw std::runtime_error("no \"" + std::string(key) + "\" in the JSON object");
}

Json Json::parse(std::string_view text) {
  return Parser(text).whole();
}

}  // namespace weir::test
