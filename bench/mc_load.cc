// mc_load PORT CONNECTIONS PIPELINE REQUESTS VALUE_BYTES KEYS set|get [KEYS_PER_GET [ADDED]]
// A closed loop of memcached text requests over several connections from one thread: each connection sends a batch,
// waits for all its replies, and sends the next. Prints "requests_per_second p50_ms p99_ms"; latency is a batch's.
// A value begins with a letter that its key decides. A reply that carries another length, another letter or, when gets
// have one key, another key ends the run: fast and wrong is not fast. ADDED is how many bytes keys have in replies
// before what was asked for.
//
// It shares the machine with what it measures, so it prepares nothing twice: all requests have the same size, and of a
// batch only the digits of its keys and the letters are written anew.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  uint16_t port;
  size_t connections, pipeline, requests, value_bytes, keys, keys_per_get, added;
  bool set;
};

struct Connection {
  int fd = -1;
  size_t pending = 0;             // replies still to come
  size_t filled = 0;              // of input
  std::unique_ptr<char[]> input;  // what was read and not taken yet
  std::vector<uint64_t> asked;    // the keys of the batch
  Clock::time_point sent;
};

[[noreturn]] void fail(const char *what) {
  perror(what);
  exit(1);
}

// "key:" and twelve digits.
constexpr size_t kKeySize = 16, kDigits = 12;

// Writes and reads the digits four at a time.
class Digits {
 public:
  Digits() {
    for (uint32_t i = 0; i < 10'000; ++i)
      for (uint32_t place = 4, rest = i; place-- > 0; rest /= 10) text_[i][place] = static_cast<char>('0' + rest % 10);
  }
  void write(uint64_t number, char *to) const {
    memcpy(to + 8, text_[number % 10'000], 4);
    memcpy(to + 4, text_[number / 10'000 % 10'000], 4);
    memcpy(to, text_[number / 100'000'000 % 10'000], 4);
  }
  static uint64_t read(const char *from) {
    uint64_t number = 0;
    for (size_t i = 0; i < kDigits; ++i) number = number * 10 + static_cast<uint64_t>(from[i] - '0');
    return number;
  }

 private:
  char text_[10'000][4];
};

char letter_of(uint64_t key) {
  return static_cast<char>('a' + key % 26);
}

class Load {
 public:
  explicit Load(const Options &options)
      : o_(options),
        value_head_(" 0 " + std::to_string(o_.value_bytes) + "\r\n"),
        head_size_(6 + o_.added + kKeySize),
        block_size_(head_size_ + value_head_.size() + o_.value_bytes + 2),
        input_size_(std::max<size_t>(1 << 16, 2 * block_size_)),
        connections_(o_.connections) {
    const std::string key = "key:" + std::string(kDigits, '0');
    std::string request = o_.set ? "set" : "get";
    for (size_t k = 0; k < (o_.set ? 1 : o_.keys_per_get); ++k) request += " " + key;
    if (o_.set) request += " 0" + value_head_ + std::string(o_.value_bytes, 'x');
    request += "\r\n";
    request_size_ = request.size();
    for (size_t i = 0; i < o_.pipeline; ++i) batch_ += request;
    latencies_.reserve(o_.requests / o_.pipeline + o_.connections);
    epoll_ = epoll_create1(0);
    for (Connection &c : connections_) open(c);
  }

  void run() {
    Clock::time_point start = Clock::now();
    for (Connection &c : connections_) send_batch(c);
    while (answered_ < o_.requests) {
      epoll_event events[256];
      int n = epoll_wait(epoll_, events, 256, 10'000);
      if (n == 0) fail("no reply within 10 s");
      for (int i = 0; i < n; ++i) read_replies(*static_cast<Connection *>(events[i].data.ptr));
    }
    report(std::chrono::duration<double>(Clock::now() - start).count());
  }

 private:
  void open(Connection &c) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(o_.port);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    c.input.reset(new char[input_size_]);
    c.fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(c.fd, reinterpret_cast<sockaddr *>(&at), sizeof at) < 0) fail("connect");
    int one = 1;
    setsockopt(c.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = &c;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, c.fd, &event);
  }

  uint64_t next_key() {
    random_ = random_ * 6364136223846793005u + 1442695040888963407u;
    return (random_ >> 32) * o_.keys >> 32;
  }

  // Fills in the keys of the next count requests of the batch.
  void prepare(Connection &c, size_t count) {
    const size_t keys = o_.set ? 1 : o_.keys_per_get;
    c.asked.clear();
    for (size_t i = 0; i < count; ++i) {
      char *digits = batch_.data() + i * request_size_ + sizeof "get key:" - 1;
      for (size_t k = 0; k < keys; ++k, digits += kKeySize + 1) {
        const uint64_t key = next_key();
        digits_.write(key, digits);
        c.asked.push_back(key);
      }
      if (o_.set && o_.value_bytes > 0)
        batch_[(i + 1) * request_size_ - 2 - o_.value_bytes] = letter_of(c.asked.back());
    }
  }

  void send_batch(Connection &c) {
    c.pending = std::min(o_.pipeline, o_.requests - asked_);
    asked_ += c.pending;
    prepare(c, c.pending);
    c.sent = Clock::now();
    // Blocking: a batch is far smaller than what the other side takes without our reading.
    for (size_t at = 0, size = c.pending * request_size_; at < size;) {
      ssize_t n = write(c.fd, batch_.data() + at, size - at);
      if (n <= 0) fail("write");
      at += static_cast<size_t>(n);
    }
  }

  void read_replies(Connection &c) {
    ssize_t n = read(c.fd, c.input.get() + c.filled, input_size_ - c.filled);
    if (n <= 0) fail("read");
    c.filled += static_cast<size_t>(n);
    size_t at = 0;
    while (size_t size = take_reply(c, {c.input.get() + at, c.filled - at})) at += size;
    c.filled -= at;
    memmove(c.input.get(), c.input.get() + at, c.filled);
    if (c.pending > 0) return;
    latencies_.push_back(std::chrono::duration<float, std::milli>(Clock::now() - c.sent).count());
    if (asked_ < o_.requests) send_batch(c);
  }

  // The size of one reply line or of one VALUE with its data at the start of input; 0 when that is not whole.
  size_t take_reply(Connection &c, std::string_view input) {
    constexpr std::string_view kStored = "STORED\r\n", kEnd = "END\r\n";
    const std::string_view last = o_.set ? kStored : kEnd;
    if (c.pending > 0 && input.starts_with(last)) {
      --c.pending;
      ++answered_;
      return last.size();
    }
    const bool line = input.find('\n') != input.npos;
    if (line && c.pending == 0) wrong("more than was asked for", input);
    if (line && !o_.set && input.starts_with("VALUE ")) {
      const uint64_t key = check_head(c, input);
      if (input.size() < block_size_) return 0;
      check_data(key, input);
      return block_size_;
    }
    if (line) wrong("unexpected reply", input);
    return 0;
  }
  uint64_t check_head(const Connection &c, std::string_view block) const {
    if (block.size() < head_size_ || block.substr(head_size_, value_head_.size()) != value_head_)
      wrong("a value of another size", block);
    const uint64_t key = Digits::read(block.data() + head_size_ - kDigits);
    if (o_.keys_per_get == 1 && key != c.asked[c.asked.size() - c.pending])
      wrong("a key that was not asked for", block);
    return key;
  }
  void check_data(uint64_t key, std::string_view block) const {
    const char *data = block.data() + head_size_ + value_head_.size();
    if (o_.value_bytes > 0 && *data != letter_of(key)) wrong("another key's value", block);
    if (memcmp(data + o_.value_bytes, "\r\n", 2) != 0) wrong("a value of another size", block);
  }
  [[noreturn]] static void wrong(const char *what, std::string_view input) {
    std::string_view line = input.substr(0, std::min<size_t>(input.find_first_of("\r\n"), 300));
    fprintf(stderr, "%s: %.*s\n", what, static_cast<int>(line.size()), line.data());
    exit(1);
  }

  void report(double seconds) {
    std::sort(latencies_.begin(), latencies_.end());
    auto quantile = [&](double q) {
      return latencies_[static_cast<size_t>(q * static_cast<double>(latencies_.size() - 1))];
    };
    printf("%.0f %.3f %.3f\n", static_cast<double>(answered_) / seconds, quantile(0.5), quantile(0.99));
  }

  const Options o_;
  const Digits digits_;
  const std::string value_head_;  // what follows the key in a VALUE line
  const size_t head_size_;        // of VALUE and the key
  const size_t block_size_;       // of a VALUE with its data
  const size_t input_size_;
  std::string batch_;  // the requests of one write; keys change, sizes do not
  size_t request_size_ = 0;
  std::vector<Connection> connections_;
  std::vector<float> latencies_;
  int epoll_ = -1;
  size_t asked_ = 0, answered_ = 0;
  uint64_t random_ = 1;
};

size_t number(const char *text) {
  return strtoul(text, nullptr, 10);
}

}  // namespace

int main(int argc, char **argv) {
  if (argc < 8) {
    fprintf(stderr,
            "usage: mc_load PORT CONNECTIONS PIPELINE REQUESTS VALUE_BYTES KEYS set|get [KEYS_PER_GET [ADDED]]\n");
    return 2;
  }
  Options o{};
  o.port = static_cast<uint16_t>(number(argv[1]));
  o.connections = number(argv[2]);
  o.pipeline = number(argv[3]);
  o.requests = number(argv[4]);
  o.value_bytes = number(argv[5]);
  o.keys = number(argv[6]);
  o.set = strcmp(argv[7], "set") == 0;
  o.keys_per_get = argc > 8 ? number(argv[8]) : 1;
  o.added = argc > 9 ? number(argv[9]) : 0;
  if (o.connections == 0 || o.requests == 0 || o.pipeline == 0 || o.keys == 0 || o.keys > UINT32_MAX ||
      o.keys_per_get == 0)
    return 2;
  static Load load(o);
  load.run();
}
