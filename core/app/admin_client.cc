#include "core/app/admin_client.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <chrono>

namespace weir::app {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

// Names of servers are looked up before a reload is answered.
constexpr std::chrono::seconds kPatience{60};

template <class Socket>
Answer talk(asio::io_context &io, Socket &socket, const std::string &command) {
  error_code error;
  asio::write(socket, asio::buffer(command + "\n"), error);
  if (error) return {false, error.message() + "\n"};
  std::string text;
  bool answered = false;
  asio::async_read(socket, asio::dynamic_buffer(text), [&](const error_code &why, size_t) {
    answered = true;
    error = why;
  });
  io.run_for(kPatience);
  if (!answered) return {false, "no answer within a minute\n"};
  if (error != asio::error::eof) return {false, error.message() + "\n"};
  size_t line = text.find('\n');
  if (line == std::string::npos) return {false, "it closed the connection without an answer\n"};
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
    if (!error) answer = talk(io, socket, command);
  } else {
    asio::ip::tcp::socket socket(io);
    auto found = asio::ip::tcp::resolver(io).resolve(admin.host, std::to_string(admin.port), error);
    if (!error) asio::connect(socket, found, error);
    if (!error) answer = talk(io, socket, command);
  }
  if (error) return {false, "cannot reach weir's admin port at " + admin.text + ": " + error.message() + "\n"};
  return answer;
}

}  // namespace weir::app
