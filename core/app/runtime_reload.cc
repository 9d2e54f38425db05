// A new configuration while the old one serves: read, checked, compared, and put in its place with no client closed and
// no request failed. Pools that say the same stay as they are; one that says something else is made anew, and its
// clients go over one by one (core/client/client_move.cc).
#include <algorithm>
#include <utility>

#include "core/app/file_limit.h"
#include "core/app/runtime.h"
#include "core/base/log.h"

namespace weir::app {
namespace {

const weir_module *code_of(const plugin::Instance &instance) {
  return instance.component().module->info;
}

// Whether the components of both are of the same loaded code.
bool same_code(const route::Pool &a, const route::Pool &b) {
  return code_of(*a.protocol) == code_of(*b.protocol) && code_of(*a.hash) == code_of(*b.hash) &&
         code_of(*a.dist) == code_of(*b.dist);
}

const config::Pool *named(const config::Settings &settings, const std::string &name) {
  auto found =
      std::find_if(settings.pools.begin(), settings.pools.end(), [&](const auto &p) { return p.name == name; });
  return found == settings.pools.end() ? nullptr : &*found;
}

// Whether the pools that its filters may send requests to have the servers that these learned of.
bool same_servers_elsewhere(const ServedPool &served, const config::Settings &now) {
  if (served.pool->filters.all.empty()) return true;
  const auto &targets = served.pool->targets;
  return std::all_of(targets.begin(), targets.end(), [&](const route::Target &target) {
    const config::Pool *was = named(served.from->settings, target.name), *is = named(now, target.name);
    return was != nullptr && is != nullptr && was->servers == is->servers;
  });
}

void log_result(const Result<std::string> &result) {
  WEIR_LOG(notice, "reload: %s", result ? "done" : "failed, and everything stays as it was");
  const std::string &text = result ? *result : result.error().text;
  for (size_t at = 0; at < text.size();) {
    size_t end = std::min(text.find('\n', at), text.size());
    log::line(result ? LogLevel::notice : LogLevel::err, "reload: " + text.substr(at, end - at));
    at = end + 1;
  }
}

std::string counted(size_t n, const char *what) {
  return std::to_string(n) + " " + what + (n == 1 ? "" : "s");
}

}  // namespace

// What is to become of each pool, worked out before anything is touched.
struct Runtime::Plan {
  std::shared_ptr<Loaded> fresh;
  std::vector<std::shared_ptr<ServedPool>> made;           // new ones and those made anew
  std::vector<std::pair<ServedPool *, route::Pool *>> to;  // each that goes, and what its clients go to; null = nothing
  std::vector<std::string> said;                           // what changed, a line each
  size_t client_room = 0;
  std::shared_ptr<net::Resolver> resolver;
};

void Runtime::reload(const admin::Reply &done) {
  // The file may have changed since the one under way read it.
  if (reloading_) return reloads_waiting_.push_back(done);
  auto tell = [this, done](const Result<std::string> &result) {
    reloading_ = false;
    log_result(result);
    done(result);
    if (reloads_waiting_.empty()) return;
    reload([waiting = std::exchange(reloads_waiting_, {})](const Result<std::string> &of_all) {
      for (const admin::Reply &one : waiting) one(of_all);
    });
  };
  auto prepared = prepare();
  if (!prepared) return tell(prepared.error());
  reloading_ = true;
  std::shared_ptr<Plan> plan = *prepared;
  look_up_names_of(plan, [this, plan, tell] {
    if (stopping_ || leaving_) return tell(Error{"weir is stopping"});
    when_changed_ = [tell, text = apply(*plan)] { tell(text); };
  });
}

// Everything that can fail. What it leaves behind is undone when the plan is dropped, but for the addresses.
Result<std::shared_ptr<Runtime::Plan>> Runtime::prepare() {
  if (options_.pool) return Error{"there is no file to read again: the pool was given by options"};
  if (stopping_ || leaving_) return Error{"weir is stopping"};
  std::string complaints;
  Options options = options_;
  options.workers = loaded_->workers;
  std::shared_ptr<Loaded> fresh = load(options, complaints);
  if (!fresh) return Error{complaints + "nothing was changed"};
  auto room = room_for_clients(fresh->settings, fresh->workers, raise_file_limit());
  if (!room) return Error{room.error().text + "; nothing was changed"};
  std::shared_ptr<Plan> plan = compare(std::move(fresh));
  plan->client_room = *room;
  if (Status bound = bind_new(*plan); !bound) return Error{bound.error().text + "; nothing was changed"};
  return plan;
}

// So that no request of a pool made anew finds its servers unknown.
void Runtime::look_up_names_of(const std::shared_ptr<Plan> &plan, const std::function<void()> &then) {
  auto left = std::make_shared<size_t>(plan->made.size() + 1);
  auto known = [left, then] {
    if (--*left == 0) then();
  };
  for (auto &made : plan->made) made->names->look_up_first(known);
  known();
}

std::shared_ptr<Runtime::Plan> Runtime::compare(std::shared_ptr<Loaded> fresh) {
  auto result = std::make_shared<Plan>();
  Plan &plan = *result;
  bool same_dns = fresh->settings.dns == loaded_->settings.dns;
  plan.resolver = same_dns ? resolver_ : std::make_shared<net::Resolver>(io_, fresh->settings.dns);
  plan.said = config::differences(loaded_->settings, fresh->settings, fresh->registry.catalog());
  std::vector<ServedPool *> unmatched;
  for (auto &served : pools_) unmatched.push_back(served.get());
  auto match = [&unmatched](auto fits) {
    auto place = std::find_if(unmatched.begin(), unmatched.end(), fits);
    ServedPool *found = place == unmatched.end() ? nullptr : *place;
    if (found != nullptr) unmatched.erase(place);
    return found;
  };
  // By name first; a pool of another name that listens where an old one did takes its clients, too.
  std::vector<std::unique_ptr<route::Pool>> nameless;
  auto replace = [&](std::unique_ptr<route::Pool> now, ServedPool *before) {
    if (before != nullptr) {
      bool same_protocol = before->pool->settings.protocol.name == now->settings.protocol.name;
      plan.to.emplace_back(before, same_protocol ? now.get() : nullptr);
    }
    plan.made.push_back(serve(fresh, std::move(now), plan.resolver));
  };
  for (auto &pool : fresh->pools) {
    ServedPool *before = match([&](ServedPool *s) { return s->pool->settings.name == pool->settings.name; });
    if (before == nullptr) {
      nameless.push_back(std::move(pool));
    } else if (before->pool->settings == pool->settings && same_code(*before->pool, *pool) &&
               (same_dns || !before->names->has_names()) && same_servers_elsewhere(*before, fresh->settings)) {
      pool.reset();  // it stays
    } else {
      if (!same_code(*before->pool, *pool)) plan.said.push_back("pool " + pool->settings.name + ": new plugins");
      replace(std::move(pool), before);
    }
  }
  for (auto &pool : nameless) {
    ServedPool *before = match([&](ServedPool *s) {
      return Listeners::key(s->pool->settings.listen) == Listeners::key(pool->settings.listen);
    });
    replace(std::move(pool), before);
  }
  for (ServedPool *gone : unmatched) plan.to.emplace_back(gone, nullptr);
  plan.fresh = std::move(fresh);
  return result;
}

// All addresses are bound before anything changes. On failure those bound for it are closed again.
Status Runtime::bind_new(const Plan &plan) {
  std::vector<const config::Address *> bound;
  for (const auto &served : plan.made) {
    const config::Pool &pool = served->pool->settings;
    bool taken = admin_ && Listeners::key(*admin_) == Listeners::key(pool.listen);
    auto made = taken ? Result<bool>(Error{pool.listen.text + " is the admin port"})
                      : listeners_.bind(pool.listen, pool.backlog, pool.reuseport);
    if (!made) {
      for (const config::Address *address : bound) listeners_.close(*address);
      return Error{"pool " + pool.name + ": " + made.error().text};
    }
    if (*made) bound.push_back(&pool.listen);
  }
  return Done{};
}

std::string Runtime::apply(Plan &plan) {
  if (plan.fresh->workers != loaded_->workers || plan.fresh->settings.workers != loaded_->settings.workers) {
    plan.said.emplace_back("workers: takes effect at the next start");
  }
  if (plan.fresh->settings.user != loaded_->settings.user || plan.fresh->settings.group != loaded_->settings.group) {
    plan.said.emplace_back("user, group: take effect at the next start");
  }
  if (!(plan.fresh->settings.admin == loaded_->settings.admin)) {
    plan.said.emplace_back("admin: takes effect at the next start");
  }
  loaded_ = plan.fresh;
  resolver_ = plan.resolver;
  stats_names_ = admin::stats_names(loaded_->settings, book_);
  std::vector<PoolChange> changes;
  for (auto &made : plan.made) {
    auto from =
        std::find_if(plan.to.begin(), plan.to.end(), [&](const auto &t) { return t.second == made->pool.get(); });
    changes.push_back({from == plan.to.end() ? nullptr : from->first->pool.get(), made->pool.get()});
    if (from == plan.to.end()) continue;
    made->health->take_over(*from->first->health);
  }
  for (auto &[gone, to] : plan.to) {
    if (to == nullptr) changes.push_back({gone->pool.get(), nullptr});
  }
  to_change_ = workers_.size();
  for (auto &worker : workers_) worker->change_pools(changes, memory_share());
  for (auto &[gone, to] : plan.to) replaced(*gone);
  for (auto &made : plan.made) {
    feed(*made->pool);
    made->names->start();
    made->health->show(true);
    pools_.push_back(std::move(made));
  }
  close_unused_listeners();
  client_room_ = plan.client_room;
  if (plan.said.empty()) return "nothing has changed\n";
  std::string text = counted(plan.said.size(), "change") + ":\n";
  for (const std::string &line : plan.said) text += "  " + line + "\n";
  return text;
}

void Runtime::worker_changed() {
  if (--to_change_ > 0) return;
  std::exchange(when_changed_, {})();
}

// Workers have been told to leave it.
void Runtime::replaced(ServedPool &served) {
  auto place = std::find_if(pools_.begin(), pools_.end(), [&](const auto &p) { return p.get() == &served; });
  served.health->show(false);
  served.workers_left = workers_.size();
  replaced_.push_back(std::move(*place));
  pools_.erase(place);
}

void Runtime::pool_left(const route::Pool *pool) {
  auto place =
      std::find_if(replaced_.begin(), replaced_.end(), [pool](const auto &s) { return s->pool.get() == pool; });
  if (--(*place)->workers_left > 0) return;
  WEIR_LOG(info, "pool %s: the one before the reload is left", pool->settings.name.c_str());
  plugin_past_.keep(pool->settings.name, pool->plugin_numbers());
  replaced_.erase(place);
}

void Runtime::close_unused_listeners() {
  std::vector<std::string> used;
  for (const auto &served : pools_) used.push_back(Listeners::key(served->pool->settings.listen));
  for (const auto &served : replaced_) {
    const config::Address &address = served->pool->settings.listen;
    if (std::find(used.begin(), used.end(), Listeners::key(address)) == used.end()) listeners_.close(address);
  }
}

}  // namespace weir::app
