// Where parse_rsp() puts what it finds. One for a worker, which parses one window at a time.
#pragma once

#include <weir/protocol.h>

#include "core/base/plain_array.h"

namespace weir::upstream {

struct ReplyArrays {
  static constexpr uint32_t kMaxReplies = 128;  // a call
  static constexpr uint32_t kFirstItems = 1024;

  weir_rsp rsps[kMaxReplies];
  PlainArray<weir_item> items = PlainArray<weir_item>(kFirstItems);

  // Between two windows: the room of a large one is not kept.
  void trim() {
    if (items.size() > kFirstItems) PlainArray<weir_item>(kFirstItems).swap(items);
  }

  static ReplyArrays &of_this_thread() {
    thread_local ReplyArrays arrays;
    return arrays;
  }
};

}  // namespace weir::upstream
