// The object that the components of create.cc make: what their create() saw. The test and the plugin are built by the
// same compiler, so that it may hold anything.
#pragma once

#include <weir/host.h>

#include <string>
#include <vector>

namespace evil {

struct Seen {
  std::vector<weir_status> status;
  uint32_t flag = 7;
  int64_t number = 0;
  double ratio = 0;
  uint64_t wait_us = 0, room = 0;
  std::string text, first_key;
  std::vector<uint32_t> kinds, handles;
  uint32_t histogram = 0;
  bool past_the_end = false;
  const weir_host *host = nullptr;
  const weir_stats *stats = nullptr;
  const weir_pools *pools = nullptr;
  const weir_loop *loop = nullptr;
  const weir_hashes *hashes = nullptr;
  const weir_commands *commands = nullptr;
  const void *none = nullptr;
  const void *hash = nullptr, *same_hash = nullptr, *refused_hash = nullptr, *no_hash = nullptr;
};

}  // namespace evil
