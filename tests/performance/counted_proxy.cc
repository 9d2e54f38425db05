#include "tests/performance/counted_proxy.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <stdexcept>

namespace weir::test {
namespace {

constexpr uint32_t kOwnFrames = 3;  // of each stack: those that count

std::string output_of(const std::string &command) {
  std::string all;
  FILE *from = popen(command.c_str(), "r");
  char block[4096];
  while (from != nullptr && fgets(block, sizeof block, from) != nullptr) all += block;
  if (from != nullptr) pclose(from);
  return all;
}

}  // namespace

CountedProxy::CountedProxy() {
  const std::string file = dir_.write("allocations", std::string(sizeof(AllocationPage), '\0'));
  const int fd = open(file.c_str(), O_RDWR | O_CLOEXEC);
  void *mapped = mmap(nullptr, sizeof(AllocationPage), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (mapped == MAP_FAILED) throw std::runtime_error("cannot map " + file);
  page_ = static_cast<AllocationPage *>(mapped);

  PoolText redis("redis"), memcached("memcached"), rekeyed("rekeyed");
  rekeyed.redis().set("preconnect", "true").set("prefix", "{text: \"p:\"}");
  redis.redis().set("preconnect", "true");
  memcached.set("preconnect", "true");
  for (int i = 0; i < 2; ++i) {
    redis_.push_back(std::make_unique<RedisServer>());
    memcached_.push_back(std::make_unique<Memcached>());
    redis.server(redis_.back()->address(), "s" + std::to_string(i));
    rekeyed.server(redis_.back()->address(), "s" + std::to_string(i));
    memcached.server(memcached_.back()->address(), "s" + std::to_string(i));
  }
  // The proxy alone inherits these: everything else has been started.
  setenv(kAllocationPage, file.c_str(), 1);
  setenv("LD_PRELOAD", WEIR_COUNT_ALLOCATIONS, 1);
  proxy_ = std::make_unique<Proxy>(std::vector{redis, memcached, rekeyed},
                                   Proxy::Options{.top = "plugins: {files: [" WEIR_PREFIX_FILTER "]}\n"});
  unsetenv("LD_PRELOAD");
}

CountedProxy::~CountedProxy() {
  proxy_.reset();
  munmap(page_, sizeof *page_);
}

void CountedProxy::watch() {
  page_->stacks_wanted = 0;
  page_->stacks_recorded = 0;
  page_->stacks_wanted = AllocationPage::kStacks;
}

std::map<uint64_t, std::string> CountedProxy::functions_at(const std::set<uint64_t> &addresses) const {
  std::istringstream maps(read_whole("/proc/" + std::to_string(proxy_->process().pid()) + "/maps"));
  std::map<std::string, uint64_t> base;                  // where each file's first byte is mapped
  std::map<std::string, std::vector<uint64_t>> in_file;  // which of the addresses lie in it
  for (std::string line; std::getline(maps, line);) {
    uint64_t from = 0, to = 0;
    char dash = 0;
    std::string protection, offset, device, inode, file;
    std::istringstream words(line);
    words >> std::hex >> from >> dash >> to >> protection >> offset >> device >> inode >> file;
    base.emplace(file, from);
    in_file[file].insert(in_file[file].end(), addresses.lower_bound(from), addresses.lower_bound(to));
  }
  std::map<uint64_t, std::string> names;
  for (const auto &[file, all] : in_file) {
    std::string command = "addr2line -Cfpe '" + file + "'";
    for (uint64_t address : all) {
      std::ostringstream place;
      place << "0x" << std::hex << address - base[file] - 1;  // a return address: the call lies before it
      command += " " + place.str();
      names[address] = file + " " + place.str();
    }
    if (all.empty()) continue;
    std::istringstream found(output_of(command + " 2>&1"));
    for (uint64_t address : all) {
      std::string name;
      if (std::getline(found, name) && !name.starts_with("??")) names[address] = name;
    }
  }
  return names;
}

std::string CountedProxy::origins() const {
  const uint32_t recorded = std::min(page_->stacks_recorded.load(), AllocationPage::kStacks);
  std::vector<std::vector<uint64_t>> stacks;
  std::set<uint64_t> addresses;
  for (uint32_t i = 0; i < recorded; ++i) {
    auto &stack = stacks.emplace_back();
    for (uint32_t k = kOwnFrames; k < page_->stacks[i].depth; ++k) {
      stack.push_back(reinterpret_cast<uint64_t>(page_->stacks[i].frames[k]));
    }
    addresses.insert(stack.begin(), stack.end());
  }
  const std::map<uint64_t, std::string> names = functions_at(addresses);
  std::map<std::string, int> times;
  for (const auto &stack : stacks) {
    std::string text;
    for (uint64_t address : stack) text += "      " + (names.count(address) ? names.at(address) : "?") + "\n";
    ++times[text];
  }
  std::string all;
  for (const auto &[text, n] : times) {
    all += "    " + std::to_string(n) + " of " + std::to_string(recorded) + ":\n" + text;
  }
  return all;
}

}  // namespace weir::test
