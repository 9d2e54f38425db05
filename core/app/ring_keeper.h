// Takes failed servers off the ring and puts them back when their time has come, with twemproxy's keys and outcome.
// Owner: Runtime. Thread: control.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <vector>

#include "core/route/pool.h"

namespace weir::app {

class RingKeeper {
 public:
  // retire takes rings that workers may still be reading.
  using Retire = std::function<void(std::unique_ptr<route::Ring>)>;
  RingKeeper(boost::asio::io_context &io, route::Pool &pool, Retire retire);

  // A server reached its failure limit. It is off the ring when this returns.
  void eject(uint32_t server);
  void stop();

 private:
  void readmit(uint32_t server);
  void rebuild();

  route::Pool &pool_;
  Retire retire_;
  std::vector<uint8_t> alive_;
  std::vector<std::unique_ptr<boost::asio::steady_timer>> back_;  // by server
};

}  // namespace weir::app
