#include "core/upstream/reply_parser.h"

#include <algorithm>

#include "core/base/log.h"
#include "core/upstream/upstream.h"

namespace weir::upstream {
namespace {

constexpr uint32_t kMaxReplies = 128;
constexpr uint32_t kFirstItems = 1024;
constexpr uint32_t kMostItems =
    16 << 20;  // what a server replies is bounded by its bytes; this is for the worst of them
constexpr uint32_t kDefaultHead = 64 << 10;

// One a thread: a worker parses one window at a time.
struct Arrays {
  weir_rsp rsps[kMaxReplies];
  std::vector<weir_item> items = std::vector<weir_item>(kFirstItems);
  uint32_t limit = 0;  // of items
};
thread_local Arrays arrays;

weir_status grow_items(weir_parse *parse, uint32_t want) {
  size_t total = static_cast<size_t>(parse->sub_len) + want;
  if (total > arrays.limit) return WEIR_E_LIMIT;
  arrays.items.resize(std::max(total, std::min<size_t>(arrays.items.size() * 2, arrays.limit)));
  parse->items = arrays.items.data();
  parse->sub_cap = static_cast<uint32_t>(arrays.items.size());
  return WEIR_OK;
}

bool items_lie_within(const weir_rsp &rsp, const weir_item *items) {
  for (uint32_t i = 0; i < rsp.item_count; ++i) {
    if (items[i].off > rsp.size || items[i].len > rsp.size - items[i].off) return false;
  }
  return true;
}

}  // namespace

struct ReplyParser::Batch {
  const weir_parse &parse;
  Inbox::Span all;
  size_t start;  // of the first message
  size_t end = 0, items_used = 0;
};

// Why the plugin broke its contract, or null. Stops early when the connection was closed.
const char *ReplyParser::deliver(ServerConnection &c, const Batch &batch) {
  const weir_parse &parse = batch.parse;
  size_t start = batch.start, item = 0;
  for (uint32_t i = 0; i < parse.msg_len; ++i) {
    const weir_rsp &rsp = parse.rsps[i];
    if (rsp.size == 0 || start > batch.all.len) return "a reply of size 0, or one behind an unfinished one";
    if (rsp.item_count > parse.sub_len - item) return "more items counted than appended";
    if (!items_lie_within(rsp, parse.items + item)) return "an item outside its reply";
    size_t have = std::min<size_t>(rsp.size, batch.all.len - start);
    if (!c.reply(rsp, parse.items + item, batch.all.data + start, have)) return nullptr;
    start += rsp.size;
    item += rsp.item_count;
  }
  return nullptr;
}

bool ReplyParser::run(ServerConnection &c, Inbox::Span all, size_t at) {
  const weir_protocol &protocol = c.upstream_.with.protocol.protocol();
  const config::Pool &pool = c.upstream_.with.pool;
  size_t start = at;  // of the unfinished message
  size_t position = at + c.inbox_.resume();
  arrays.limit = kMostItems;
  auto broken = [&c](const char *what) {
    c.close({what, WEIR_PART_PROTO, WEIR_ERR_UPSTREAM, true});
    return false;
  };
  while (position < all.len) {
    weir_parse parse{};
    parse.struct_size = sizeof parse;
    parse.data = all.data + position;
    parse.len = all.len - position;
    parse.msg_off = position - start;
    parse.rsps = arrays.rsps;
    parse.msg_cap = kMaxReplies;
    c.carried_.lend(arrays.items, kFirstItems);
    parse.sub_len = static_cast<uint32_t>(c.carried_.count());
    parse.items = arrays.items.data();
    parse.sub_cap = static_cast<uint32_t>(arrays.items.size());
    parse.grow_sub = &grow_items;
    parse.expect = [](weir_parse *p, uint32_t i) { return static_cast<ServerConnection *>(p->core)->expect(i); };
    parse.core = &c;
    c.queue_.rewind();
    weir_scope scope = c.scope();
    weir_status status = protocol.parse_rsp(&scope, &parse);
    if (parse.used > parse.len || parse.msg_len > kMaxReplies || parse.sub_len > arrays.items.size()) {
      return broken("the protocol plugin broke its contract: it used more than it was given");
    }
    uint64_t sizes = 0;
    uint64_t counted = 0;
    for (uint32_t i = 0; i < parse.msg_len; ++i) {
      if (__builtin_add_overflow(sizes, arrays.rsps[i].size, &sizes)) return broken("a reply without end");
      counted += arrays.rsps[i].item_count;
    }
    Batch batch{parse, all, start};
    if (const char *what = deliver(c, batch); what != nullptr) return broken(what);
    if (!c.open()) return false;
    start += sizes;
    c.carried_.take_back(arrays.items, std::min<uint64_t>(counted, parse.sub_len), parse.sub_len, kFirstItems);
    if (status != WEIR_OK) {
      return broken(status == WEIR_E_LIMIT ? "a reply of more elements than weir can hold"
                                           : (parse.error != nullptr ? parse.error : "malformed reply"));
    }
    if (start >= all.len) {
      c.inbox_.keep(c.reactor_.chunks, all, all.len, 0, 0);
      return true;
    }
    uint64_t next = 0;
    if (__builtin_add_overflow(position + parse.used, parse.skip, &next)) return broken("a reply without end");
    bool moved = next > position || parse.msg_len > 0;
    position = std::max<size_t>(next, start);
    if (!moved || (parse.msg_len < parse.msg_cap && parse.skip == 0)) break;
  }
  size_t head = protocol.max_head != 0 ? protocol.max_head : kDefaultHead;
  if (position < all.len && all.len - position > head) return broken("a token longer than the protocol allows");
  size_t held = std::max(all.len, position) - start;
  bool too_large = held > pool.client_output_limit;
  bool no_memory = all.len - start > head && c.reactor_.memory_in_use() > c.reactor_.memory_limit;
  if ((too_large || no_memory) && !c.give_up_head() && all.len - start > 2 * pool.client_output_limit) {
    return broken("a reply larger than client_output_limit has to be held whole");
  }
  c.inbox_.keep(c.reactor_.chunks, all, start, position - start, 0);
  return true;
}

}  // namespace weir::upstream
