#include "core/plugin/host_client.h"

#include <algorithm>
#include <cstring>

namespace weir::plugin {
namespace {

// The caller may know an older, shorter struct.
weir_status about(const weir_scope *scope, weir_client_about *out) {
  if (scope == nullptr || out == nullptr || !WEIR_HAS(scope, weir_scope, core) || scope->core == nullptr) {
    return WEIR_E_FAIL;
  }
  weir_client_about all{};
  static_cast<const ClientView *>(scope->core)->about(all);
  uint32_t size = std::min<uint32_t>(out->struct_size, sizeof all);
  all.struct_size = size;
  std::memcpy(static_cast<void *>(out), &all, size);
  return WEIR_OK;
}

}  // namespace

const weir_client *ClientView::table() {
  static const weir_client the_table = {.struct_size = sizeof(weir_client), .reserved = 0, .about = plugin::about};
  return &the_table;
}

}  // namespace weir::plugin
