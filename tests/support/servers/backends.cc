#include "tests/support/servers/backends.h"

#include <signal.h>

#include <stdexcept>

namespace weir::test {

Backend::Backend(std::string name, bool unix_socket, std::string host, uint16_t port)
    : name_(std::move(name)), host_(std::move(host)) {
  if (unix_socket) {
    socket_ = dir_.file("s");
    address_ = socket_;
  } else {
    port_ = port != 0 ? port : free_port();
    address_ = host_ + ":" + std::to_string(port_);
  }
}

Backend::~Backend() = default;

bool Backend::listening() const {
  return port_ ? is_listening(port_, host_) : is_listening(socket_);
}

Stream Backend::connect() const {
  return port_ ? Stream::tcp(port_, host_) : Stream::unix_socket(socket_);
}

void Backend::start() {
  std::string name = name_ + std::to_string(++starts_);
  process_ = std::make_unique<Process>(name, argv(), dir_.path());
  bool up = eventually([&] { return listening() || !process_->running(); });
  if (!up || !process_->running()) {
    throw std::runtime_error(name_ + " at " + address_ + " did not come up: " + process_->out() + process_->err());
  }
}

void Backend::kill() {
  process_->signal(SIGCONT);
  process_->signal(SIGKILL);
  process_->wait();
}

void Backend::pause() {
  process_->signal(SIGSTOP);
  eventually([&] {
    std::string stat = read_whole("/proc/" + std::to_string(process_->pid()) + "/stat");
    size_t end = stat.rfind(") ");
    return end != std::string::npos && stat[end + 2] == 'T';
  });
}

void Backend::resume() {
  process_->signal(SIGCONT);
}

RedisServer::RedisServer() : RedisServer(Options{}) {}

RedisServer::RedisServer(Options options)
    : Backend("redis-server", options.unix_socket, options.host, options.port), options_(std::move(options)) {
  start();
}

std::vector<std::string> RedisServer::argv() const {
  std::vector<std::string> args = {"redis-server", "--bind", host_,        "--port",  std::to_string(port_),
                                   "--save",       "",       "--loglevel", "warning", "--appendonly",
                                   "no",           "--dir",  dir_.path()};
  if (!socket_.empty()) args.insert(args.end(), {"--unixsocket", socket_});
  if (!options_.password.empty()) args.insert(args.end(), {"--requirepass", options_.password});
  args.insert(args.end(), options_.more.begin(), options_.more.end());
  return args;
}

std::string RedisServer::call(const std::vector<std::string> &args, int db) const {
  Stream s = connect();
  if (!options_.password.empty()) s.ask(resp({"AUTH", options_.password}));
  if (db) s.ask(resp({"SELECT", std::to_string(db)}));
  return s.ask(resp(args));
}

std::string RedisServer::info(const std::string &field) const {
  std::string all = call({"INFO", "everything"});
  size_t at = all.find("\n" + field + ":");
  if (at == std::string::npos) return "";
  at += field.size() + 2;
  return all.substr(at, all.find('\r', at) - at);
}

Memcached::Memcached(std::vector<std::string> more) : Backend("memcached", false), more_(std::move(more)) {
  start();
}

std::vector<std::string> Memcached::argv() const {
  std::vector<std::string> args = {"memcached", "-l",   "127.0.0.1", "-p", std::to_string(port_), "-U", "0",
                                   "-u",        "root", "-t",        "1"};
  args.insert(args.end(), more_.begin(), more_.end());
  return args;
}

std::string Memcached::call(const std::string &request) const {
  Stream s = connect();
  s.send(request);
  return s.read_memcached();
}

}  // namespace weir::test
