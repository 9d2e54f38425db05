// A blocking byte stream on a socket in which everything has a deadline: the client of all stories, and what a scripted
// server sees of its peer. One thread; only abort() may come from another. What does not happen in time is thrown.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/servers/wait.h"

namespace weir::test {

struct StreamError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class Stream {
 public:
  explicit Stream(int fd);  // takes it over; the socket must be connected
  Stream(Stream &&) noexcept;
  Stream &operator=(Stream &&) noexcept;
  ~Stream();

  static Stream tcp(uint16_t port, const std::string &host = "127.0.0.1");  // host: a numeric address, v4 or v6
  static Stream unix_socket(const std::string &path);

  void send(std::string_view bytes);
  // As much as the peer takes before `within` passes without progress; how much that was.
  size_t send_until_stuck(std::string_view bytes, milliseconds within);
  void half_close();  // no more to send
  void close();
  void reset();  // closes with RST
  void reset_on_close();
  void abort();  // [any] wakes whoever waits here

  std::string read_exactly(size_t n);
  std::string read_line();   // without its CRLF
  std::string read_reply();  // one RESP2 or RESP3 value, raw, however deeply nested
  std::string read_replies(size_t n);
  std::string read_memcached();                          // up to and with END, or one line of any other kind
  std::vector<std::string> read_request();               // one RESP array of bulk strings
  std::string read_some();                               // whatever there is, at least a byte
  std::string read_until_close();                        // what came before; a reset counts as a close
  bool closed_within(milliseconds within = patience());  // nothing but the close comes
  // Whether nothing at all comes in that time. Only where silence is the story.
  bool silent_for(milliseconds);
  bool has_input() const { return at_ < in_.size(); }

  // One command: its reply, raw.
  std::string ask(std::string_view request) {
    send(request);
    return read_reply();
  }
  int fd() const { return fd_; }
  void set_receive_buffer(int bytes);

 private:
  bool fill(milliseconds within);  // false: closed. Throws on the deadline
  void drop_read();
  int fd_ = -1;
  std::string in_;
  size_t at_ = 0;  // what was read out of in_
};

// ---- RESP
std::string resp(const std::vector<std::string> &args);
std::string bulk(std::string_view value);
std::string integer(long n);
std::string array(const std::vector<std::string> &replies);
inline const char kNil[] = "$-1\r\n";
inline const char kOk[] = "+OK\r\n";

// ---- memcached
std::string mc_set(const std::string &key, std::string_view value, const std::string &flags = "0");
std::string mc_value(const std::string &key, std::string_view value, const std::string &flags = "0");

// Readable, short form of bytes for messages.
std::string shown(std::string_view bytes);

}  // namespace weir::test
