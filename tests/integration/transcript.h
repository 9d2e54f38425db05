// Files of commands to be played, and of what may differ; the forms are told at the head of
// tests/transcripts/redis.txt.
#pragma once

#include <cctype>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/support/servers/stream.h"

namespace weir::test {

struct TranscriptLine {
  int number = 0;
  std::string text;
  std::string directive;  // "section", "raw", ...; empty for a plain command
  size_t count = 1;       // replies
  std::vector<std::string> args;
};

inline std::string lower(std::string text) {
  for (char &c : text) c = static_cast<char>(tolower(static_cast<unsigned char>(c)));
  return text;
}

// One character or escape of a quoted word, from `at` on.
inline char quoted_char(const std::string &text, size_t &at) {
  char c = text[at++];
  if (c != '\\' || at == text.size()) return c;
  c = text[at++];
  if (c == 'x' && at + 2 <= text.size()) {
    at += 2;
    return static_cast<char>(std::stoi(text.substr(at - 2, 2), nullptr, 16));
  }
  return c == 'r' ? '\r' : c == 'n' ? '\n' : c == 't' ? '\t' : c;
}

// Words as redis-cli reads them: "quoted\r\n\x00" or plain.
inline std::vector<std::string> parse_words(const std::string &text) {
  std::vector<std::string> words;
  for (size_t at = 0; at < text.size();) {
    if (text[at] == ' ') {
      ++at;
      continue;
    }
    std::string word;
    if (text[at] == '"') {
      for (++at; at < text.size() && text[at] != '"';) word += quoted_char(text, at);
      if (at++ >= text.size()) throw std::runtime_error("no closing quote: " + text);
    } else {
      while (at < text.size() && text[at] != ' ') word += text[at++];
    }
    words.push_back(std::move(word));
  }
  return words;
}

inline TranscriptLine parse_line(const std::string &text, int number) {
  TranscriptLine line{.number = number, .text = text, .directive = "", .count = 1, .args = {}};
  if (text.starts_with("## ")) return line.directive = "section", line;
  line.args = parse_words(text);
  if (!line.args[0].starts_with("@")) return line;
  line.directive = line.args[0].substr(1);
  line.args.erase(line.args.begin());
  if (line.directive == "replies" || line.directive == "read" || line.directive == "blocked") {
    line.count = std::stoul(line.args.at(0));
    line.args.erase(line.args.begin());
  }
  return line;
}

inline std::vector<TranscriptLine> read_transcript(const std::string &path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path);
  std::vector<TranscriptLine> lines;
  int number = 0;
  for (std::string text; std::getline(file, text);) {
    ++number;
    if (text.empty() || (text[0] == '#' && !text.starts_with("## "))) continue;
    lines.push_back(parse_line(text, number));
  }
  return lines;
}

// Where replies may differ, and why.
class Exceptions {
 public:
  explicit Exceptions(const std::string &path) { add(path); }

  // Of those in several files for one command the first holds.
  void add(const std::string &path) {
    std::ifstream file(path);
    if (!file) throw std::runtime_error("cannot read " + path);
    for (std::string text; std::getline(file, text);) {
      if (text.empty() || text[0] == '#') continue;
      size_t first = text.find('\t'), second = text.find('\t', first + 1);
      if (second == std::string::npos) throw std::runtime_error("not three fields: " + text);
      all_.push_back({text.substr(0, first), text.substr(first + 1, second - first - 1)});
    }
  }

  // What is wrong with a reply, empty when nothing.
  std::string compare(const TranscriptLine &line, const std::string &wanted, const std::string &got) const {
    const One *found = of(line.text);
    bool equal = wanted == got;
    if (!found) return equal ? "" : "wanted " + shown(wanted) + ", got " + shown(got);
    if (found->how == "weir") return equal ? "it is no exception any more" : "";
    return wanted.substr(0, 1) == got.substr(0, 1) ? ""
                                                   : "another kind: wanted " + shown(wanted) + ", got " + shown(got);
  }

  // Whether a command may be missing: config|get matches "CONFIG GET", and "CONFIG" as a whole.
  bool absent(const std::string &name) const {
    for (const One &one : all_) {
      std::string excepted = lower(one.command);
      for (char &c : excepted) c = c == ' ' ? '|' : c;
      if (one.how == "absent" && (excepted == name || name.starts_with(excepted + "|"))) return true;
    }
    return false;
  }

 private:
  struct One {
    std::string how, command;
  };
  const One *of(const std::string &text) const {
    for (const One &one : all_) {
      if (one.how != "absent" && (text == one.command || text.starts_with(one.command + " "))) return &one;
    }
    return nullptr;
  }
  std::vector<One> all_;
};

}  // namespace weir::test
