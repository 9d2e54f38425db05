// mc_load PORT CONNECTIONS PIPELINE REQUESTS VALUE_BYTES KEYS set|get [KEYS_PER_GET]
// A closed loop of memcached text requests over several connections from one thread: each connection sends a batch,
// waits for all its replies, and sends the next. Prints "requests_per_second p50_ms p99_ms"; latency is a batch's.
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
#include <string>
#include <string_view>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  uint16_t port;
  size_t connections, pipeline, requests, value_bytes, keys, keys_per_get;
  bool set;
};

struct Connection {
  int fd = -1;
  size_t pending = 0;  // replies still to come
  std::string input;   // of an unfinished reply
  Clock::time_point sent;
};

[[noreturn]] void fail(const char *what) {
  perror(what);
  exit(1);
}

class Load {
 public:
  explicit Load(const Options &options)
      : o_(options),
        set_tail_(" 0 0 " + std::to_string(o_.value_bytes) + "\r\n" + std::string(o_.value_bytes, 'x') + "\r\n"),
        connections_(o_.connections) {
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
    c.fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(c.fd, reinterpret_cast<sockaddr *>(&at), sizeof at) < 0) fail("connect");
    int one = 1;
    setsockopt(c.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = &c;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, c.fd, &event);
  }

  std::string next_key() {
    random_ = random_ * 6364136223846793005u + 1442695040888963407u;
    char key[24];
    snprintf(key, sizeof key, "key:%012zu", static_cast<size_t>(random_ >> 33) % o_.keys);
    return key;
  }

  void send_batch(Connection &c) {
    std::string batch;
    c.pending = std::min(o_.pipeline, o_.requests - asked_);
    asked_ += c.pending;
    for (size_t i = 0; i < c.pending; ++i) {
      if (o_.set) {
        batch.append("set ").append(next_key()).append(set_tail_);
      } else {
        batch += "get";
        for (size_t k = 0; k < o_.keys_per_get; ++k) batch.append(" ").append(next_key());
        batch += "\r\n";
      }
    }
    c.sent = Clock::now();
    // Blocking: a batch is far smaller than what the other side takes without our reading.
    for (size_t at = 0; at < batch.size();) {
      ssize_t n = write(c.fd, batch.data() + at, batch.size() - at);
      if (n <= 0) fail("write");
      at += static_cast<size_t>(n);
    }
  }

  void read_replies(Connection &c) {
    ssize_t n = read(c.fd, block_, sizeof block_);
    if (n <= 0) fail("read");
    c.input.append(block_, static_cast<size_t>(n));
    size_t at = 0;
    while (take_reply(c, at)) {
    }
    c.input.erase(0, at);
    if (c.pending > 0) return;
    latencies_.push_back(std::chrono::duration<float, std::milli>(Clock::now() - c.sent).count());
    if (asked_ < o_.requests) send_batch(c);
  }

  // One reply line, or one VALUE with its data.
  bool take_reply(Connection &c, size_t &at) {
    size_t end = c.input.find("\r\n", at);
    if (end == std::string::npos) return false;
    std::string_view line(c.input.data() + at, end - at);
    size_t next = end + 2;
    if (line.starts_with("VALUE ")) {
      next += strtoul(c.input.c_str() + line.rfind(' ') + at, nullptr, 10) + 2;
      if (next > c.input.size()) return false;
    } else if (line == "STORED" || line == "END") {
      --c.pending;
      ++answered_;
    } else {
      fprintf(stderr, "unexpected reply: %.*s\n", static_cast<int>(line.size()), line.data());
      exit(1);
    }
    at = next;
    return true;
  }

  void report(double seconds) {
    std::sort(latencies_.begin(), latencies_.end());
    auto quantile = [&](double q) {
      return latencies_[static_cast<size_t>(q * static_cast<double>(latencies_.size() - 1))];
    };
    printf("%.0f %.3f %.3f\n", static_cast<double>(answered_) / seconds, quantile(0.5), quantile(0.99));
  }

  const Options o_;
  const std::string set_tail_;  // of a set request, from its flags on
  std::vector<Connection> connections_;
  std::vector<float> latencies_;
  int epoll_ = -1;
  size_t asked_ = 0, answered_ = 0;
  uint64_t random_ = 1;
  char block_[1 << 18];
};

size_t number(const char *text) {
  return strtoul(text, nullptr, 10);
}

}  // namespace

int main(int argc, char **argv) {
  if (argc < 8) {
    fprintf(stderr, "usage: mc_load PORT CONNECTIONS PIPELINE REQUESTS VALUE_BYTES KEYS set|get [KEYS_PER_GET]\n");
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
  static Load load(o);
  load.run();
}
