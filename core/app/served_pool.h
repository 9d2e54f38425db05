// A pool that workers serve, or that one of them still has to leave after a reload.
// Owner: the runtime. Thread: control.
#pragma once

#include <memory>

#include "core/app/health_keeper.h"
#include "core/app/loading.h"
#include "core/app/name_keeper.h"

namespace weir::app {

struct ServedPool {
  std::shared_ptr<Loaded> from;  // the configuration it was made of, with its plugins
  std::shared_ptr<net::Resolver> resolver;
  std::unique_ptr<route::Pool> pool;
  std::unique_ptr<HealthKeeper> health;
  std::unique_ptr<NameKeeper> names;
  size_t workers_left = 0;  // that have not left it, once it was replaced

  void stop() const {
    health->stop();
    names->stop();
  }
};

}  // namespace weir::app
