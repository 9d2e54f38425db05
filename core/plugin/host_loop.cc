#include "core/plugin/host_loop.h"

#include "core/base/timers.h"
#include "core/plugin/host.h"

namespace weir::plugin {
namespace {

uint64_t timer(const weir_host *host, uint32_t, uint64_t after_us, uint64_t every_us, void (*fn)(void *), void *ud) {
  Timers *timers = Timers::of_this_thread();
  return timers == nullptr ? 0 : timers->add(&Host::of(host), after_us, every_us, fn, ud);
}

void cancel(const weir_host *host, uint32_t, uint64_t id) {
  if (Timers *timers = Timers::of_this_thread()) timers->cancel(&Host::of(host), id);
}

uint32_t workers(const weir_host *host) {
  return Host::of(host).workers();
}

}  // namespace

const weir_loop *LoopView::table() {
  static const weir_loop the_table = {
      .struct_size = sizeof(weir_loop), .reserved = 0, .timer = timer, .cancel = cancel, .workers = workers};
  return &the_table;
}

void LoopView::cancel_all(const Host &host) {
  if (Timers *timers = Timers::of_this_thread()) timers->cancel_all(&host);
}

}  // namespace weir::plugin
