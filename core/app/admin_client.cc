#include "core/app/admin_client.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <string_view>

namespace weir::app {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

// Names of servers are looked up before a reload is answered.
constexpr std::chrono::seconds kPatience{60};
constexpr size_t kPiece = 4096;

Answer failed(const config::Address &admin, const std::string &why) {
  return {false, "weir: admin port " + admin.text + ": " + why + "\n"};
}

// An answer begins with one of two words. Whatever else listens there may never end its own.
bool is_strange(const std::string &text) {
  std::string line = text.substr(0, text.find('\n'));
  const bool whole = line.size() < text.size();
  auto fits = [&](std::string_view word) { return whole ? line == word : word.substr(0, line.size()) == line; };
  return !fits("ok") && !fits("error");
}

template <class Socket>
Answer talk(asio::io_context &io, Socket &socket, const config::Address &where, const std::string &command) {
  error_code error;
  asio::write(socket, asio::buffer(command + "\n"), error);
  if (error) return failed(where, error.message());
  std::string text;
  bool answered = false;
  auto want = [&text](const error_code &why, size_t) -> size_t { return why || is_strange(text) ? 0 : kPiece; };
  asio::async_read(socket, asio::dynamic_buffer(text), want, [&](const error_code &why, size_t) {
    answered = true;
    error = why;
  });
  io.run_for(kPatience);
  if (!answered) return failed(where, "no answer within a minute; is it weir's admin port?");
  if (is_strange(text)) return failed(where, "it answers, but not as weir does; is it the right port?");
  if (error != asio::error::eof) return failed(where, error.message());
  size_t line = text.find('\n');
  if (line == std::string::npos) return failed(where, "it closed the connection without an answer");
  return {text.substr(0, line) == "ok", text.substr(line + 1)};
}

}  // namespace

Answer ask(const config::Address &admin, const std::string &command) {
  asio::io_context io;
  error_code error;
  Answer answer;
  if (admin.is_unix()) {
    asio::local::stream_protocol::socket socket(io);
    socket.connect(asio::local::stream_protocol::endpoint(admin.path), error);
    if (!error) answer = talk(io, socket, admin, command);
  } else {
    asio::ip::tcp::socket socket(io);
    auto found = asio::ip::tcp::resolver(io).resolve(admin.host, std::to_string(admin.port), error);
    if (!error) asio::connect(socket, found, error);
    if (!error) answer = talk(io, socket, admin, command);
  }
  if (error)
    return failed(admin, "cannot be reached: " + error.message() +
                             "; does weir run, with admin: or --admin naming this address?");
  return answer;
}

}  // namespace weir::app
