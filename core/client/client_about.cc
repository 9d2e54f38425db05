// weir.client/1: who the client is; weir.pools/1: where its keys lie.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "core/client/client_connection.h"
#include "core/client/front.h"

namespace weir::client {
namespace {

struct AddressText {
  char text[INET6_ADDRSTRLEN + sizeof(sockaddr_un::sun_path) + 16];
  size_t len = 0;

  weir_bytes bytes() const { return {reinterpret_cast<const uint8_t *>(text), len}; }
};

void write_address(const sockaddr_storage &address, socklen_t size, AddressText &out) {
  char host[INET6_ADDRSTRLEN] = "?";
  int n = 0;
  if (address.ss_family == AF_INET) {
    auto in = reinterpret_cast<const sockaddr_in *>(&address);
    ::inet_ntop(AF_INET, &in->sin_addr, host, sizeof host);
    n = std::snprintf(out.text, sizeof out.text, "%s:%u", host, unsigned{ntohs(in->sin_port)});
  } else if (address.ss_family == AF_INET6) {
    auto in = reinterpret_cast<const sockaddr_in6 *>(&address);
    ::inet_ntop(AF_INET6, &in->sin6_addr, host, sizeof host);
    n = std::snprintf(out.text, sizeof out.text, "[%s]:%u", host, unsigned{ntohs(in->sin6_port)});
  } else if (address.ss_family == AF_UNIX && size > offsetof(sockaddr_un, sun_path)) {
    auto un = reinterpret_cast<const sockaddr_un *>(&address);
    size_t most = std::min<size_t>(size - offsetof(sockaddr_un, sun_path), sizeof un->sun_path);
    size_t len = ::strnlen(un->sun_path, most);
    n = std::snprintf(out.text, sizeof out.text, "%.*s:0", static_cast<int>(len), un->sun_path);
  }
  if (n <= 0) n = std::snprintf(out.text, sizeof out.text, "?:0");
  out.len = static_cast<size_t>(n);
}

}  // namespace

void ClientConnection::about(weir_client_about &out) const {
  static thread_local AddressText peer, local;
  sockaddr_storage mine{}, theirs{};
  socklen_t mine_size = sizeof mine, theirs_size = sizeof theirs;
  if (::getsockname(transport_.fd, reinterpret_cast<sockaddr *>(&mine), &mine_size) != 0) mine.ss_family = AF_UNSPEC;
  bool known = ::getpeername(transport_.fd, reinterpret_cast<sockaddr *>(&theirs), &theirs_size) == 0;
  write_address(mine, mine_size, local);
  // The other end of a unix socket has no name: as redis does, it is the socket's.
  known &&theirs.ss_family == AF_UNIX ? write_address(mine, mine_size, peer)
                                      : write_address(theirs, known ? theirs_size : 0, peer);
  out.descriptor = transport_.fd;
  out.peer = peer.bytes();
  out.local = local.bytes();
  out.age_us = reactor_.now_us - began_us_;
  out.clients = front_->pool.clients.load(std::memory_order_relaxed);
}

void ClientConnection::ask_address() {
  using Kind = config::ClientAddress::Kind;
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  bool known = ::getpeername(transport_.fd, reinterpret_cast<sockaddr *>(&peer), &size) == 0;
  address_.kind = known && peer.ss_family == AF_UNIX ? Kind::unix_socket : Kind::unknown;
  if (known && peer.ss_family == AF_INET6) {
    std::memcpy(address_.bytes.data(), &reinterpret_cast<sockaddr_in6 *>(&peer)->sin6_addr, address_.bytes.size());
    address_.kind = Kind::ip;
  } else if (known && peer.ss_family == AF_INET) {
    address_.bytes[10] = address_.bytes[11] = 0xff;
    std::memcpy(address_.bytes.data() + 12, &reinterpret_cast<sockaddr_in *>(&peer)->sin_addr, 4);
    address_.kind = Kind::ip;
  }
}

uint32_t ClientConnection::server_of(uint32_t pool, weir_bytes key) const {
  uint32_t way = front_->reach.way(pool), place = WEIR_NO_SERVER;
  if (way != Reach::kNoWay) front_->reach.route_in(way, &key, 1, &place, reactor_.now_us);
  return place == WEIR_NO_SERVER ? place : front_->reach.server_of(place);
}

const std::string &ClientConnection::peer() {
  if (!peer_.empty()) return peer_;
  weir_client_about known{};
  about(known);
  peer_.assign(reinterpret_cast<const char *>(known.peer.ptr), known.peer.len);
  return peer_;
}

}  // namespace weir::client
