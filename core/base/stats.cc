#include "core/base/stats.h"

#include "core/base/tags.h"

namespace weir {

StatsBook::StatsBook(size_t writers) : pages_(writers) {}
StatsBook::~StatsBook() = default;

template <class T>
size_t StatsBook::place(std::deque<T> &places, std::string_view name, size_t writers) {
  for (size_t i = 0; i < places.size(); ++i) {
    if (places[i].name == name) return i;
  }
  T &made = places.emplace_back();
  made.name = name;
  made.cells = decltype(made.cells)(writers);
  return places.size() - 1;
}

size_t StatsBook::pool_place(std::string_view name) {
  return place(pools_, name, pages_.size());
}

size_t StatsBook::server_place(size_t pool, std::string_view name) {
  return place(pools_[pool].servers, name, pages_.size());
}

PoolCounters StatsBook::counters(size_t writer, std::string_view pool, const std::vector<std::string_view> &servers) {
  size_t at = pool_place(pool);
  PoolPlace &place = pools_[at];
  if (place.tags.empty()) {
    for (size_t i = 0; i < pages_.size(); ++i) place.tags.push_back(std::make_unique<TagTable>());
  }
  PoolCounters out{&place.cells[writer].cells, place.tags[writer].get(), {}};
  for (std::string_view server : servers) {
    out.servers.push_back(&place.servers[server_place(at, server)].cells[writer].cells);
  }
  return out;
}

std::map<std::string, TagSum, std::less<>> StatsBook::tags(size_t pool) const {
  std::map<std::string, TagSum, std::less<>> sums;
  for (const auto &table : pools_[pool].tags) {
    table->each([&sums](const TagCells &cells) {
      TagSum &sum = sums[cells.name];
      sum.requests += cells.requests.get();
      sum.errors += cells.errors.get();
      sum.latency_us.add(cells.latency_us);
    });
  }
  return sums;
}

}  // namespace weir
