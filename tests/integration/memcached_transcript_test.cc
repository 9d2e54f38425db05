// The forms of memcached's three dialects, played against a server and through weir to one like it: the same bytes, but
// for a short list of exceptions. The commands are in tests/transcripts/memcached.txt.
#include "tests/integration/story.h"
#include "tests/integration/transcript.h"

namespace weir::test {
namespace {

std::string big_endian(uint64_t value, int bytes) {
  std::string out;
  for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(value >> (8 * i));
  return out;
}

uint32_t number_at(const std::string &bytes, size_t at) {
  uint32_t n = 0;
  for (size_t i = at; i < at + 4; ++i) n = n << 8 | static_cast<unsigned char>(bytes[i]);
  return n;
}

std::string from_hex(const std::string &text) {
  std::string out;
  for (size_t i = 0; i + 1 < text.size(); i += 2) out += static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16));
  return out;
}

struct Packet {
  int opcode = 0;
  std::string extras, key, value;
  uint64_t cas = 0;
  uint32_t opaque = 0;
  std::string bytes() const {
    return big_endian(0x80, 1) + big_endian(static_cast<uint64_t>(opcode), 1) + big_endian(key.size(), 2) +
           big_endian(extras.size(), 1) + big_endian(0, 3) + big_endian(extras.size() + key.size() + value.size(), 4) +
           big_endian(opaque, 4) + big_endian(cas, 8) + extras + key + value;
  }
};

std::string unescaped(const std::string &text) {
  std::string out;
  for (size_t at = 0; at < text.size();) out += quoted_char(text, at);
  return out;
}

class MemcachedPlay {
 public:
  explicit MemcachedPlay(std::function<Stream()> connect) : connect_(std::move(connect)), client_(connect_()) {}

  std::vector<std::string> run(const std::vector<std::string> &lines) {
    std::vector<std::string> replies;
    for (const std::string &line : lines) {
      ++number_;
      try {
        replies.push_back(play(line));
      } catch (const StreamError &e) {
        replies.push_back(std::string("(") + e.what() + ")");
        client_ = connect_();
      }
    }
    return replies;
  }

 private:
  std::string play(const std::string &line) {
    if (line.empty() || line[0] == '#') return "";
    if (line == "@connect") return client_ = connect_(), "";
    if (line.starts_with("@closes ")) return closing(unescaped(line.substr(8)) + "\r\n");
    if (line.starts_with("@bin ")) return packet(parse_words(line));
    client_.send(unescaped(line) + "\r\n");
    client_.send("mn\r\n");
    std::string reply;
    for (std::string got; (got = client_.read_line()) != "MN";) reply += got + "\r\n";
    return reply;
  }

  std::string closing(const std::string &bytes) {
    client_.send(bytes);
    std::string all = client_.read_until_close();
    client_ = connect_();
    return all;
  }

  // What comes before the answer to a no-op.
  std::string packet(const std::vector<std::string> &words) {
    auto word = [&](size_t i) { return words.size() > i && words[i] != "-" ? words[i] : std::string(); };
    Packet asked{std::stoi(words.at(1), nullptr, 16), from_hex(word(2)), word(3), word(4), 0, number_};
    if (words.size() > 5) asked.cas = std::stoull(words[5]);
    client_.send(asked.bytes());
    client_.send(Packet{.opcode = 0x0a, .extras = {}, .key = {}, .value = {}, .cas = 0, .opaque = kEnd}.bytes());
    std::string replies;
    for (;;) {
      std::string head = client_.read_exactly(24);
      std::string body = client_.read_exactly(number_at(head, 8));
      if (number_at(head, 12) == kEnd) return replies;
      replies += head + body;
    }
  }

  static constexpr uint32_t kEnd = 0xfffffffe;
  std::function<Stream()> connect_;
  Stream client_;
  uint32_t number_ = 0;
};

std::vector<std::string> lines_of(const std::string &path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

TEST(Transcript, MemcachedIsTheSameThroughWeir) {
  const std::string folder = WEIR_TRANSCRIPTS;
  std::vector<std::string> lines = lines_of(folder + "/memcached.txt");
  Exceptions exceptions(folder + "/memcached.exceptions");
  Memcached alone, behind;
  Proxy proxy(PoolText().server(behind.address()));
  std::vector<std::string> wanted = MemcachedPlay([&] { return alone.connect(); }).run(lines);
  std::vector<std::string> got = MemcachedPlay([&] { return proxy.connect(); }).run(lines);
  for (size_t i = 0; i < lines.size(); ++i) {
    std::string wrong =
        exceptions.compare({.number = 0, .text = lines[i], .directive = {}, .count = 1, .args = {}}, wanted[i], got[i]);
    if (!wrong.empty()) ADD_FAILURE() << "line " << i + 1 << ": " << lines[i] << "\n" << wrong;
  }
}

}  // namespace
}  // namespace weir::test
