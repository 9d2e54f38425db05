#include "core/net/lookup.h"

#include <boost/asio/post.hpp>
#include <chrono>
#include <cstring>
#include <utility>

namespace weir::net {
namespace {

// A server that does not answer is asked again after this, and once more after twice as long.
constexpr int kFirstTryMs = 1'500;
constexpr int kTries = 2;

std::vector<SocketAddress> convert(const ares_addrinfo *result) {
  std::vector<SocketAddress> addresses;
  for (const ares_addrinfo_node *node = result->nodes; node != nullptr; node = node->ai_next) {
    SocketAddress address;
    if (node->ai_addrlen > sizeof address.storage) continue;
    address.len = node->ai_addrlen;
    std::memcpy(&address.storage, node->ai_addr, node->ai_addrlen);
    addresses.push_back(address);
  }
  return addresses;
}

}  // namespace

Lookup::Lookup(boost::asio::io_context &io, std::string host, uint16_t port, NameSource::Found found)
    : io_(io), host_(std::move(host)), port_(port), found_(std::move(found)), retry_(io), limit_(io) {}

Lookup::~Lookup() {
  stop();
}

void Lookup::start(const std::string &servers, std::function<void()> done) {
  done_ = std::move(done);
  limit_.expires_after(std::chrono::milliseconds(Resolver::kMostMs));
  limit_.async_wait([self = shared_from_this()](boost::system::error_code error) {
    if (!error) self->finish("no answer from the DNS servers");
  });
  if (!open_channel(servers)) return;
  ares_addrinfo_hints hints{};
  hints.ai_flags = ARES_AI_NUMERICSERV;
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  ares_getaddrinfo(channel_, host_.c_str(), std::to_string(port_).c_str(), &hints, &Lookup::answered, this);
  wait_for_retry();
}

bool Lookup::open_channel(const std::string &servers) {
  ares_options options{};
  options.timeout = kFirstTryMs;
  options.tries = kTries;
  options.sock_state_cb = &Lookup::socket_state;
  options.sock_state_cb_data = this;
  int status = ares_init_options(&channel_, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB);
  if (status == ARES_SUCCESS && !servers.empty()) status = ares_set_servers_ports_csv(channel_, servers.c_str());
  if (status != ARES_SUCCESS) finish(ares_strerror(status));
  return status == ARES_SUCCESS;
}

void Lookup::stop() {
  finished_ = true;
  done_ = nullptr;
  limit_.cancel();
  retry_.cancel();
  if (channel_ != nullptr) ares_destroy(std::exchange(channel_, nullptr));
  sockets_.clear();  // none is left but for an error of c-ares'
}

// c-ares tells what it wants to know of a socket; neither: it is about to close it.
void Lookup::socket_state(void *data, ares_socket_t fd, int readable, int writable) {
  auto &self = *static_cast<Lookup *>(data);
  auto at = self.sockets_.find(fd);
  if (readable == 0 && writable == 0) {
    if (at == self.sockets_.end()) return;
    at->second->wants[0] = at->second->wants[1] = false;
    at->second->descriptor.release();  // it is c-ares that closes it
    self.sockets_.erase(at);
    return;
  }
  if (at == self.sockets_.end()) {
    at = self.sockets_.emplace(fd, std::make_shared<Socket>(self.io_)).first;
    boost::system::error_code unwatched;  // then the timer is all that there is
    at->second->descriptor.assign(fd, unwatched);
  }
  std::shared_ptr<Socket> socket = at->second;
  socket->wants[0] = readable != 0;
  socket->wants[1] = writable != 0;
  for (int way : {0, 1}) self.wait(socket, way);
}

void Lookup::wait(const std::shared_ptr<Socket> &socket, int way) {
  using Descriptor = boost::asio::posix::stream_descriptor;
  if (!socket->wants[way] || socket->waits[way]) return;
  socket->waits[way] = true;
  socket->descriptor.async_wait(way == 0 ? Descriptor::wait_read : Descriptor::wait_write,
                                [self = shared_from_this(), socket, way](boost::system::error_code error) {
                                  socket->waits[way] = false;
                                  if (error || self->channel_ == nullptr || !socket->wants[way]) return;
                                  int fd = socket->descriptor.native_handle();
                                  self->process(way == 0 ? fd : ARES_SOCKET_BAD, way == 1 ? fd : ARES_SOCKET_BAD);
                                  self->wait(socket, way);
                                });
}

void Lookup::process(ares_socket_t readable, ares_socket_t writable) {
  if (finished_) return;
  ares_process_fd(channel_, readable, writable);
  wait_for_retry();
}

void Lookup::wait_for_retry() {
  timeval left{};
  if (finished_ || ares_timeout(channel_, nullptr, &left) == nullptr) return;
  retry_.expires_after(std::chrono::seconds(left.tv_sec) + std::chrono::microseconds(left.tv_usec + 1000));
  retry_.async_wait([self = shared_from_this()](boost::system::error_code error) {
    if (!error) self->process(ARES_SOCKET_BAD, ARES_SOCKET_BAD);
  });
}

void Lookup::answered(void *data, int status, int, ares_addrinfo *result) {
  auto &self = *static_cast<Lookup *>(data);
  if (result != nullptr && !self.finished_) self.addresses_ = convert(result);
  if (result != nullptr) ares_freeaddrinfo(result);
  bool none = status == ARES_SUCCESS && self.addresses_.empty();
  self.finish(status == ARES_SUCCESS && !none ? "" : ares_strerror(none ? ARES_ENODATA : status));
}

// Later: c-ares does not want to lose its channel while it is calling.
void Lookup::finish(const std::string &error) {
  if (finished_) return;
  finished_ = true;
  error_ = error;
  boost::asio::post(io_, [self = shared_from_this()] {
    if (auto done = std::exchange(self->done_, nullptr)) done();
  });
}

}  // namespace weir::net
