#include "core/upstream/reply_parser.h"

#include <algorithm>

#include "core/base/log.h"
#include "core/upstream/upstream.h"

namespace weir::upstream {
namespace {

// What a server replies is bounded by its bytes; this is for the worst of them.
constexpr uint32_t kMostItems = 16 << 20;
constexpr uint32_t kDefaultHead = 64 << 10;

bool items_lie_within(const weir_rsp &rsp, const weir_item *items) {
  for (uint32_t i = 0; i < rsp.item_count; ++i) {
    if (items[i].off > rsp.size || items[i].len > rsp.size - items[i].off) return false;
  }
  return true;
}

}  // namespace

weir_status ReplyParser::grow_items(weir_parse *parse, uint32_t want) {
  ReplyArrays &arrays = static_cast<ServerConnection *>(parse->core)->arrays();
  size_t total = static_cast<size_t>(parse->sub_len) + want;
  if (total > kMostItems) return WEIR_E_LIMIT;
  arrays.items.resize(std::max(total, std::min<size_t>(arrays.items.size() * 2, kMostItems)));
  parse->items = arrays.items.data();
  parse->sub_cap = static_cast<uint32_t>(arrays.items.size());
  return WEIR_OK;
}

// What one call of parse_rsp() found.
struct ReplyParser::Batch {
  const weir_parse &parse;
  Inbox::Span all;
  size_t start;      // of the first message; after deliver(): of what follows the last, or past everything
  size_t items = 0;  // after deliver(): how many the messages had
};

// Why the plugin broke its contract, or null. Stops early when the connection was closed.
const char *ReplyParser::deliver(ServerConnection &c, Batch &batch) {
  const weir_parse &parse = batch.parse;
  const uint8_t *data = batch.all.data;
  for (uint32_t i = 0; i < parse.msg_len; ++i) {
    const weir_rsp &rsp = parse.rsps[i];
    if (rsp.size == 0 || batch.start > batch.all.len) return "a reply of size 0, or one behind an unfinished one";
    if (rsp.item_count > 0) {
      if (rsp.item_count > parse.sub_len - batch.items) return "more items counted than appended";
      if (!items_lie_within(rsp, parse.items + batch.items)) return "an item outside its reply";
    }
    size_t start = batch.start, left = batch.all.len - start;
    bool whole = rsp.size <= left;
    if (!c.reply(rsp, parse.items + batch.items, data + start, whole ? rsp.size : left)) return nullptr;
    batch.start = whole ? start + rsp.size : SIZE_MAX;
    batch.items += rsp.item_count;
  }
  return nullptr;
}

bool ReplyParser::run(ServerConnection &c, Inbox::Span all, size_t at) {
  const weir_protocol &protocol = c.upstream_.with.protocol.protocol();
  const config::Pool &pool = c.upstream_.with.pool;
  size_t start = at;  // of the unfinished message
  size_t position = at + c.inbox_.resume();
  ReplyArrays &arrays = c.arrays();
  auto broken = [&c](const char *what) {
    c.close({what, WEIR_PART_PROTO, WEIR_ERR_UPSTREAM, true});
    return false;
  };
  while (position < all.len) {
    c.carried_.lend(arrays.items, ReplyArrays::kFirstItems);
    weir_parse parse{
        .struct_size = sizeof parse,
        .reserved = 0,
        .data = all.data + position,
        .len = all.len - position,
        .msg_off = position - start,
        .reqs = nullptr,
        .rsps = arrays.rsps,
        .msg_len = 0,
        .msg_cap = ReplyArrays::kMaxReplies,
        .keys = nullptr,
        .items = arrays.items.data(),
        .sub_len = static_cast<uint32_t>(c.carried_.count()),
        .sub_cap = static_cast<uint32_t>(arrays.items.size()),
        .used = 0,
        .skip = 0,
        .need = 0,
        .grow_sub = &ReplyParser::grow_items,
        .expect = [](weir_parse *p, uint32_t i) { return static_cast<ServerConnection *>(p->core)->expect(i); },
        .error = nullptr,
        .core = &c,
    };
    c.queue_.rewind();
    weir_scope scope = c.scope();
    weir_status status = protocol.parse_rsp(&scope, &parse);
    if (parse.used > parse.len || parse.msg_len > ReplyArrays::kMaxReplies || parse.sub_len > arrays.items.size()) {
      return broken("the protocol plugin broke its contract: it used more than it was given");
    }
    Batch batch{parse, all, start};
    if (const char *what = deliver(c, batch); what != nullptr) return broken(what);
    if (!c.open()) return false;
    start = batch.start;
    c.carried_.take_back(arrays.items, batch.items, parse.sub_len, ReplyArrays::kFirstItems);
    if (status != WEIR_OK) {
      return broken(status == WEIR_E_LIMIT ? "a reply of more elements than weir can hold"
                                           : (parse.error != nullptr ? parse.error : "malformed reply"));
    }
    if (start >= all.len) {
      c.inbox_.done(c.reactor_.chunks);
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
