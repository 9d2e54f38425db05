// A server's bytes: one window and many must give the same bytes, replies and items.
#include "tests/fuzz/redis_feed.h"

using namespace weir::test;

struct Whole {
  std::string bytes;  // all parts of a reply
  weir_rsp last;
  std::vector<std::string> items;
};

// Joins the parts of large replies, which do depend on the windows.
static std::vector<Whole> join(const Replies &replies) {
  std::vector<Whole> out;
  bool open = false;
  for (const ParsedReply &r : replies.list) {
    if (!open) out.emplace_back();
    out.back().bytes += r.bytes;
    out.back().last = r.rsp;
    out.back().items = r.items;
    open = r.rsp.kind == WEIR_RSP_PART;
  }
  if (open) out.pop_back();
  return out;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  using weir::fuzz::require;
  if (size < 3) return 0;
  weir::fuzz::Input input(data, size);
  ProtocolDriver driver(weir_plugin_v0(), "redis");
  bool want = input.options & 32;
  const char *words[] = {"get", "subscribe", "unsubscribe", "exec"};  // what the replies answer
  uint16_t cmd = driver.command(words[input.options >> 6]);
  Replies one = driver.replies(input.bytes, {}, 1000, want, cmd);
  Replies many = driver.replies(input.bytes, input.feed, 1000, want, cmd);
  require(one.status == many.status && one.too_big == many.too_big, "the verdict depends on the windows");
  std::vector<Whole> a = join(one), b = join(many);
  require(a.size() == b.size(), "the number of replies depends on the windows");
  for (size_t i = 0; i < a.size(); ++i) {
    require(a[i].bytes == b[i].bytes && a[i].items == b[i].items, "a reply depends on the windows");
    require(a[i].last.kind == b[i].last.kind && a[i].last.flags == b[i].last.flags && a[i].last.user == b[i].last.user,
            "what a reply means depends on the windows");
  }
  weir::fuzz::require_contract(driver);
  return 0;
}
