// YAML text to a tree of nodes. yaml-cpp only splits the text into events; the tree is built here, so that lines, keys
// given twice and every bound (bytes, values, depth, what aliases unfold to) are in this project's hands.
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <unordered_map>

#include "core/base/file_guard.h"
#include "core/config/load.h"

namespace weir::config {
namespace {

constexpr size_t kMaxBytes = 1 << 20;  // of a file, and of all its text once aliases are unfolded
constexpr size_t kMaxValues = 200'000;
constexpr size_t kMaxDepth = 32;

// Thrown through yaml-cpp to end a parse; never leaves this file.
struct Refused {
  int line;
  std::string text;
};

class Builder : public YAML::EventHandler {
 public:
  Builder(std::string_view source, const std::string &file) : source_(source), file_(file) {}

  std::shared_ptr<Node> take_root() { return std::move(root_); }
  int documents() const { return documents_; }

  void OnDocumentStart(const YAML::Mark &) override {
    ++documents_;
    anchors_.clear();
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark &mark, YAML::anchor_t anchor) override {
    auto node = make(Node::Kind::null, mark);
    // twemproxy knows no null: the word is kept for keys that are text.
    if (mark.pos >= 0 && static_cast<size_t>(mark.pos) < source_.size()) {
      std::string_view rest = source_.substr(static_cast<size_t>(mark.pos));
      for (std::string_view word : {"~", "null", "Null", "NULL"}) {
        if (rest.substr(0, word.size()) == word) node->text = word;
      }
    }
    // The mark of a value that is not there is that of whatever follows.
    if (node->text.empty() && !open_.empty() && open_.back().has_key) node->place = open_.back().key_place;
    add(std::move(node), anchor);
  }

  void OnAlias(const YAML::Mark &mark, YAML::anchor_t anchor) override {
    auto found = anchors_.find(anchor);
    if (found == anchors_.end()) throw Refused{mark.line + 1, "an alias (*) stands inside the value it refers to"};
    add(copy(*found->second, mark.line + 1, open_.size()), 0);
  }

  void OnScalar(const YAML::Mark &mark, const std::string &tag, YAML::anchor_t anchor,
                const std::string &value) override {
    auto node = make(Node::Kind::scalar, mark);
    count_text(value.size(), mark.line + 1);
    node->text = value;
    node->quoted = tag == "!";
    add(std::move(node), anchor);
  }

  void OnSequenceStart(const YAML::Mark &mark, const std::string &, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    enter(make(Node::Kind::list, mark), anchor);
  }
  void OnSequenceEnd() override { leave(); }
  void OnMapStart(const YAML::Mark &mark, const std::string &, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    enter(make(Node::Kind::map, mark), anchor);
  }
  void OnMapEnd() override { leave(); }

 private:
  struct Open {
    std::shared_ptr<Node> node;
    YAML::anchor_t anchor;
    bool has_key;
    std::string key;
    Place key_place;
  };

  std::shared_ptr<Node> make(Node::Kind kind, const YAML::Mark &mark) {
    auto node = std::make_shared<Node>();
    node->kind = kind;
    node->place = {file_, mark.line + 1};
    count_value(mark.line + 1);
    return node;
  }

  void count_value(int line) {
    if (++values_ > kMaxValues) {
      throw Refused{line,
                    "the file holds more than " + std::to_string(kMaxValues) + " values once aliases (*) are unfolded"};
    }
  }

  void count_text(size_t bytes, int line) {
    text_bytes_ += bytes;
    if (text_bytes_ > kMaxBytes) throw Refused{line, "aliases (*) unfold to more than 1 MiB of text; write less"};
  }

  void enter(std::shared_ptr<Node> node, YAML::anchor_t anchor) {
    if (open_.size() >= kMaxDepth) {
      throw Refused{node->place.line, "nested deeper than " + std::to_string(kMaxDepth) + " levels"};
    }
    if (awaits_key()) throw Refused{node->place.line, "expected a key of plain text, found a list or map"};
    open_.push_back({std::move(node), anchor, false, {}, {}});
  }

  void leave() {
    Open done = std::move(open_.back());
    open_.pop_back();
    add(std::move(done.node), done.anchor);
  }

  bool awaits_key() const {
    return !open_.empty() && open_.back().node->kind == Node::Kind::map && !open_.back().has_key;
  }

  void add(std::shared_ptr<Node> node, YAML::anchor_t anchor) {
    if (anchor != 0) anchors_[anchor] = node;
    if (open_.empty()) {
      if (!root_) root_ = std::move(node);
      return;
    }
    Open &parent = open_.back();
    if (awaits_key()) {
      set_key(parent, *node);
      return;
    }
    Place place = parent.has_key ? parent.key_place : node->place;
    parent.node->entries.push_back({std::move(parent.key), std::move(place), std::move(node)});
    parent.key.clear();
    parent.has_key = false;
  }

  void set_key(Open &parent, const Node &key) {
    if (key.kind == Node::Kind::list || key.kind == Node::Kind::map || key.text.empty()) {
      throw Refused{key.place.line, "expected a key before ':', found none"};
    }
    parent.has_key = true;
    parent.key = key.text;
    parent.key_place = key.place;
  }

  // A component marks what it read, so every use of an alias needs nodes of its own.
  std::shared_ptr<Node> copy(const Node &from, int line, size_t depth) {
    if (depth > kMaxDepth) throw Refused{line, "aliases (*) nest deeper than " + std::to_string(kMaxDepth) + " levels"};
    count_value(line);
    count_text(from.text.size(), line);
    auto to = std::make_shared<Node>(from);
    for (Node::Entry &entry : to->entries) {
      count_text(entry.key.size(), line);
      entry.value = copy(*entry.value, line, depth + 1);
    }
    return to;
  }

  std::string_view source_;
  std::string file_;
  std::shared_ptr<Node> root_;
  std::vector<Open> open_;
  std::unordered_map<YAML::anchor_t, std::shared_ptr<Node>> anchors_;
  size_t values_ = 0, text_bytes_ = 0;
  int documents_ = 0;
};

// Bytes that YAML does not allow and that yaml-cpp would take for the end of the file or for another encoding.
bool has_only_text(std::string_view text, const std::string &name, Complaints &complaints) {
  std::string_view start = text.substr(0, 2);
  if (start == "\xff\xfe" || start == "\xfe\xff") {
    complaints.add({name, 1}, "", "expected UTF-8, found UTF-16; save the file as UTF-8");
    return false;
  }
  int line = 1;
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if (byte == '\n') ++line;
    if ((byte < 0x20 && byte != '\n' && byte != '\r' && byte != '\t') || byte == 0x7f) {
      complaints.add({name, line}, "", "expected text, found a control character (byte " + std::to_string(byte) + ")");
      return false;
    }
  }
  return true;
}

// yaml-cpp quotes the file in some messages; what stands there may be a password.
std::string syntax_text(const YAML::Exception &wrong) {
  std::string text = wrong.msg;
  size_t colon = text.find(": ");
  if (colon != std::string::npos) text.resize(colon);
  if (text.find("anchor") != std::string::npos) text.append("; a value that begins with * or & needs quotes");
  if (text.find("end of map") != std::string::npos || text.find("end of sequence") != std::string::npos) {
    text.append("; check the indentation, and quote a value that begins with [, {, * or & or holds \": \"");
  }
  return "this is not YAML: " + text;
}

// The first line up to `last` that is indented with a tab; 0: none is. Tabs look right, and yaml-cpp does not name
// them.
int tabbed_line(std::string_view text, int last) {
  for (int line = 1; line <= last && !text.empty(); ++line) {
    size_t inked = text.find_first_not_of(" \t");
    if (text.substr(0, inked).find('\t') != std::string_view::npos) return line;
    size_t end = text.find('\n');
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return 0;
}

int line_count(std::string_view text) {
  int lines = 1;
  for (size_t at = 0; at + 1 < text.size(); ++at) lines += text[at] == '\n' ? 1 : 0;
  return lines;
}

void parse(std::string_view text, Builder &builder) {
  std::istringstream stream{std::string(text)};
  YAML::Parser parser(stream);
  while (parser.HandleNextDocument(builder)) {
  }
}

}  // namespace

std::shared_ptr<Node> read_text(std::string_view text, const std::string &name, Complaints &complaints) {
  if (text.size() > kMaxBytes) {
    complaints.add({name, 0}, "",
                   "expected a configuration of at most 1 MiB, found " + std::to_string(text.size()) +
                       " bytes; is this the right file?");
    return nullptr;
  }
  if (!has_only_text(text, name, complaints)) return nullptr;
  Builder builder(text, name);
  try {
    parse(text, builder);
  } catch (const Refused &refused) {
    complaints.add({name, refused.line}, "", refused.text);
    return nullptr;
  } catch (const YAML::Exception &wrong) {
    int line = std::min(wrong.mark.line + 1, line_count(text));
    int tabbed = tabbed_line(text, line);
    std::string why = syntax_text(wrong);
    if (tabbed != 0) why += "; line " + std::to_string(tabbed) + " is indented with a tab, YAML takes spaces only";
    complaints.add({name, line}, "", why);
    return nullptr;
  } catch (const std::exception &) {
    complaints.add({name, 0}, "", "this is not YAML, or not enough memory was left to read it");
    return nullptr;
  }
  if (builder.documents() > 1) {
    complaints.add({name, 0}, "",
                   "expected one YAML document, found " + std::to_string(builder.documents()) +
                       "; remove the lines of --- or ... that part them");
    return nullptr;
  }
  std::shared_ptr<Node> root = builder.take_root();
  if (!root) root = std::make_shared<Node>();
  if (root->kind == Node::Kind::null) root->place = {name, 0};
  return root;
}

std::shared_ptr<Node> read_file(const std::string &path, Complaints &complaints) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string text(kMaxBytes + 1, '\0');
  if (file) file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file.is_open() || file.bad() || (errno != 0 && file.gcount() == 0 && !file.eof())) {
    complaints.add({path, 0}, "", std::string("the configuration cannot be read: ") + std::strerror(errno));
    return nullptr;
  }
  if (std::string fault = write_fault(path, Owners::any); !fault.empty()) {
    complaints.add({path, 0}, "", fault);
    return nullptr;
  }
  text.resize(static_cast<size_t>(file.gcount()));
  return read_text(text, path, complaints);
}

}  // namespace weir::config
