// The core's own copies of the components' tables. A plugin's table may be shorter than this core's, since what is
// optional stands at its end; the copy has this core's length, with null for what the plugin does not have, so that no
// reader needs to look at struct_size. Filled by the control thread, read by all.
#pragma once

#include <weir/weir.h>

#include <deque>

namespace weir::plugin {

class OpsCopies {
 public:
  // The component with its ops replaced by the copy; the kinds that are not used stay as they are. {process}
  const weir_component *add(const weir_component &);

 private:
  std::deque<weir_component> components_;
  std::deque<weir_protocol> protocols_;
  std::deque<weir_hash> hashes_;
  std::deque<weir_dist> dists_;
  std::deque<weir_filter> filters_;
};

}  // namespace weir::plugin
