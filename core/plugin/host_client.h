// weir.client/1: what a plugin may know of the client that it is called for. The client connection implements it, and
// weir_scope.core points to it. Worker's thread.
#pragma once

#include <weir/host.h>

namespace weir::plugin {

class ClientView {
 public:
  static const weir_client *table();

  // The texts live until the callback returns, or until it asks again.
  virtual void about(weir_client_about &) const = 0;
  // weir.pools/1, server_of(): by the numbers of the configuration that the client's pool is of.
  virtual uint32_t server_of(uint32_t pool, weir_bytes key) const = 0;

 protected:
  ~ClientView() = default;
};

}  // namespace weir::plugin
