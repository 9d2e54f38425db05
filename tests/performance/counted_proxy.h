// A proxy whose allocations are counted, in front of real servers. Used by the thread that made it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/performance/allocation_page.h"
#include "tests/support/servers/backends.h"
#include "tests/support/servers/proxy.h"

namespace weir::test {

class CountedProxy {
 public:
  CountedProxy();
  ~CountedProxy();
  CountedProxy(const CountedProxy &) = delete;
  CountedProxy &operator=(const CountedProxy &) = delete;

  static constexpr size_t kRedis = 0, kMemcached = 1, kRekeyed = 2;  // pools; the last: redis with a filter
  Stream connect(size_t pool) const { return proxy_->connect(pool); }
  uint64_t calls() const { return page_->taken + page_->given; }  // that took memory or gave it back, so far

  void watch();                 // from now on, write down where the first calls come from
  std::string origins() const;  // where those calls since watch() came from, innermost function first

 private:
  // By addr2line: "function at file:line"; the file and an offset in it where that knows no more.
  std::map<uint64_t, std::string> functions_at(const std::set<uint64_t> &addresses) const;
  TempDir dir_;
  AllocationPage *page_ = nullptr;
  std::vector<std::unique_ptr<RedisServer>> redis_;
  std::vector<std::unique_ptr<Memcached>> memcached_;
  std::unique_ptr<Proxy> proxy_;
};

}  // namespace weir::test
