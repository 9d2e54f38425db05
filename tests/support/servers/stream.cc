#include "tests/support/servers/stream.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace weir::test {

namespace {

[[noreturn]] void fail(const std::string &what) {
  throw StreamError(what);
}

bool wait_for(int fd, short events, milliseconds within) {
  Clock::time_point deadline = Clock::now() + within;
  for (;;) {
    auto left = std::chrono::duration_cast<milliseconds>(deadline - Clock::now()).count();
    pollfd p{fd, events, 0};
    int n = poll(&p, 1, static_cast<int>(left > 0 ? left : 0));
    if (n > 0) return true;
    if (n == 0) return false;
    if (errno != EINTR) fail(std::string("poll: ") + strerror(errno));
  }
}

Stream connected(int fd, const sockaddr *at, socklen_t size, const std::string &where) {
  if (connect(fd, at, size) < 0) {
    int cause = errno;
    close(fd);
    fail("connect to " + where + ": " + strerror(cause));
  }
  return Stream(fd);
}

}  // namespace

Stream::Stream(int fd) : fd_(fd) {
  int one = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);  // fails on unix sockets, which need it not
}

Stream::Stream(Stream &&other) noexcept
    : fd_(std::exchange(other.fd_, -1)), in_(std::move(other.in_)), at_(std::exchange(other.at_, 0)) {}

Stream &Stream::operator=(Stream &&other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(in_, other.in_);
  std::swap(at_, other.at_);
  return *this;
}

Stream::~Stream() {
  close();
}

Stream Stream::tcp(uint16_t port, const std::string &host) {
  std::string where = host + ":" + std::to_string(port);
  if (host.find(':') != std::string::npos) {
    sockaddr_in6 at{};
    at.sin6_family = AF_INET6;
    at.sin6_port = htons(port);
    inet_pton(AF_INET6, host.c_str(), &at.sin6_addr);
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return connected(fd, reinterpret_cast<sockaddr *>(&at), sizeof at, where);
  }
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  inet_pton(AF_INET, host.c_str(), &at.sin_addr);
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  return connected(fd, reinterpret_cast<sockaddr *>(&at), sizeof at, where);
}

Stream Stream::unix_socket(const std::string &path) {
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  strncpy(at.sun_path, path.c_str(), sizeof at.sun_path - 1);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  return connected(fd, reinterpret_cast<sockaddr *>(&at), sizeof at, path);
}

size_t Stream::send_until_stuck(std::string_view bytes, milliseconds within) {
  size_t sent = 0;
  while (sent < bytes.size() && wait_for(fd_, POLLOUT, within)) {
    ssize_t n = ::send(fd_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno != EAGAIN && errno != EINTR) fail(std::string("send: ") + strerror(errno));
    if (n > 0) sent += static_cast<size_t>(n);
  }
  return sent;
}

void Stream::send(std::string_view bytes) {
  size_t sent = send_until_stuck(bytes, patience());
  if (sent < bytes.size()) {
    fail("the peer took only " + std::to_string(sent) + " of " + std::to_string(bytes.size()) + " bytes in time");
  }
}

void Stream::half_close() {
  shutdown(fd_, SHUT_WR);
}

void Stream::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

void Stream::reset_on_close() {
  linger now{1, 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

void Stream::reset() {
  reset_on_close();
  close();
}

void Stream::abort() {
  shutdown(fd_, SHUT_RDWR);
}

void Stream::set_receive_buffer(int bytes) {
  setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
}

void Stream::drop_read() {
  if (at_ == in_.size()) {
    in_.clear();
    at_ = 0;
  } else if (at_ > (1 << 20) && at_ > in_.size() / 2) {
    in_.erase(0, at_);
    at_ = 0;
  }
}

bool Stream::fill(milliseconds within) {
  drop_read();
  if (!wait_for(fd_, POLLIN, within)) {
    fail("nothing came in " + std::to_string(within.count()) +
         " ms; unread so far: " + shown(std::string_view(in_).substr(at_)));
  }
  thread_local std::string block(1 << 18, '\0');
  ssize_t n = recv(fd_, block.data(), block.size(), 0);
  if (n < 0 && errno == EINTR) return true;
  if (n <= 0) return false;
  in_.append(block, 0, static_cast<size_t>(n));
  return true;
}

std::string Stream::read_exactly(size_t n) {
  while (in_.size() - at_ < n) {
    if (!fill(patience())) {
      fail("closed after " + std::to_string(in_.size() - at_) + " of " + std::to_string(n) +
           " expected bytes: " + shown(std::string_view(in_).substr(at_)));
    }
  }
  std::string result = in_.substr(at_, n);
  at_ += n;
  return result;
}

std::string Stream::read_line() {
  size_t seen = 0;
  for (;;) {
    size_t end = in_.find("\r\n", at_ + seen);
    if (end != std::string::npos) {
      std::string line = in_.substr(at_, end - at_);
      at_ = end + 2;
      return line;
    }
    size_t held = in_.size() - at_;
    seen = held > 0 ? held - 1 : 0;
    if (!fill(patience())) fail("closed in the middle of a line: " + shown(std::string_view(in_).substr(at_)));
  }
}

std::string Stream::read_reply() {
  std::string reply;
  for (size_t open = 1; open > 0; --open) {
    std::string line = read_line();
    reply += line + "\r\n";
    char kind = line.empty() ? '?' : line[0];
    if (std::string_view("+-:$*_#,(=!~%>|").find(kind) == std::string_view::npos)
      fail("not a RESP reply: " + shown(reply));
    long n = atol(line.c_str() + 1);
    if (std::string_view("$=!").find(kind) != std::string_view::npos && n >= 0)
      reply += read_exactly(static_cast<size_t>(n) + 2);
    if (std::string_view("*~>%|").find(kind) != std::string_view::npos && n > 0)
      open += static_cast<size_t>(n) * (kind == '%' || kind == '|' ? 2 : 1);
    if (kind == '|') ++open;  // what the attributes are of
  }
  return reply;
}

std::string Stream::read_replies(size_t n) {
  std::string replies;
  while (n-- > 0) replies += read_reply();
  return replies;
}

std::string Stream::read_memcached() {
  std::string reply;
  for (;;) {
    std::string line = read_line();
    reply += line + "\r\n";
    if (!line.starts_with("VALUE ") && !line.starts_with("STAT ")) return reply;
    if (line.starts_with("STAT ")) continue;
    // VALUE <key> <flags> <bytes> [<cas>]
    size_t key_end = line.find(' ', 6), flags_end = line.find(' ', key_end + 1);
    reply += read_exactly(std::stoul(line.substr(flags_end + 1)) + 2);
  }
}

std::vector<std::string> Stream::read_request() {
  std::vector<std::string> args;
  std::string line = read_line();
  if (!line.starts_with("*")) fail("not a RESP request: " + shown(line));
  for (long n = atol(line.c_str() + 1); n > 0; --n) {
    std::string arg = read_exactly(std::stoul(read_line().substr(1)) + 2);
    args.push_back(arg.substr(0, arg.size() - 2));
  }
  return args;
}

std::string Stream::read_some() {
  if (!has_input() && !fill(patience())) fail("closed");
  std::string some = in_.substr(at_);
  at_ = in_.size();
  return some;
}

std::string Stream::read_until_close() {
  while (fill(patience())) {
  }
  return in_.substr(std::exchange(at_, in_.size()));
}

bool Stream::closed_within(milliseconds within) {
  return !has_input() && wait_for(fd_, POLLIN, within) && !fill(within);
}

bool Stream::silent_for(milliseconds ms) {
  return !has_input() && !wait_for(fd_, POLLIN, ms);
}

std::string bulk(std::string_view value) {
  return "$" + std::to_string(value.size()) + "\r\n" + std::string(value) + "\r\n";
}

std::string integer(long n) {
  return ":" + std::to_string(n) + "\r\n";
}

std::string array(const std::vector<std::string> &replies) {
  std::string all = "*" + std::to_string(replies.size()) + "\r\n";
  for (const std::string &r : replies) all += r;
  return all;
}

std::string resp(const std::vector<std::string> &args) {
  std::vector<std::string> parts;
  for (const std::string &a : args) parts.push_back(bulk(a));
  return array(parts);
}

std::string mc_set(const std::string &key, std::string_view value, const std::string &flags) {
  return "set " + key + " " + flags + " 0 " + std::to_string(value.size()) + "\r\n" + std::string(value) + "\r\n";
}

std::string mc_value(const std::string &key, std::string_view value, const std::string &flags) {
  return "VALUE " + key + " " + flags + " " + std::to_string(value.size()) + "\r\n" + std::string(value) + "\r\n";
}

std::string shown(std::string_view bytes) {
  std::string text = "\"";
  for (char c : bytes.substr(0, 200)) {
    if (c == '\r') {
      text += "\\r";
    } else if (c == '\n') {
      text += "\\n";
    } else {
      text += c >= 0x20 && c < 0x7f ? c : '.';
    }
  }
  return text + "\"" + (bytes.size() > 200 ? "... (" + std::to_string(bytes.size()) + " bytes)" : "");
}

}  // namespace weir::test
