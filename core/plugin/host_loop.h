// weir.loop/1: timers on the worker that asks. Stateless: the timers are the worker's, under the name of the instance's
// Host.
#pragma once

#include <weir/host.h>

namespace weir::plugin {

class Host;

struct LoopView {
  static const weir_loop *table();
  // [worker] What an instance that ends has left behind.
  static void cancel_all(const Host &host);
};

}  // namespace weir::plugin
