#include "bench/micro_protocol.h"

#include <cstdio>
#include <cstdlib>

namespace weir::bench {
namespace {

constexpr size_t kScratch = 4 << 20;
constexpr uint32_t kSubs = 16 << 10;  // keys or items of one window
constexpr uint32_t kSegments = 64 << 10;

weir_status no_room(weir_parse *, uint32_t) {
  fail("the parser found more keys or items than the benchmark wrote");
}
weir_status no_segments(weir_out *, uint32_t) {
  fail("the plugin wanted more segments than there are keys");
}

// The window was parsed to its end, and into as many messages as were written.
void check(weir_status status, const weir_parse &p, size_t count) {
  if (status == WEIR_OK && p.used == p.len && p.skip == 0 && p.msg_len == count) return;
  fail("parsed " + std::to_string(p.msg_len) + " of " + std::to_string(count) + " messages and " +
       std::to_string(p.used) + " of " + std::to_string(p.len) + " bytes, status " + std::to_string(status) +
       (p.error == nullptr ? "" : std::string(": ") + p.error));
}

}  // namespace

void fail(const std::string &what) {
  std::fflush(stdout);
  std::fprintf(stderr, "%s\n", what.c_str());
  std::exit(1);
}

Scratch::Scratch() : memory_(new uint8_t[kScratch]) {
  arena_ = {{sizeof(weir_arena), 0, alloc}, memory_.get(), 0};
}

void *Scratch::alloc(weir_arena *arena, uint64_t size, uint32_t align) {
  auto *self = reinterpret_cast<Arena *>(arena);
  uint64_t at = (reinterpret_cast<uintptr_t>(self->memory) + self->used + align - 1) / align * align -
                reinterpret_cast<uintptr_t>(self->memory);
  if (at + size > kScratch) fail("the plugin took more scratch memory than any call should need");
  self->used = at + size;
  return self->memory + at;
}

Protocol::Protocol(const std::string &file, const std::string &name)
    : host_({}, 2), file_(test::plugin_path(file)), client_(new State), server_(new State) {
  const weir_component *component = file_.find(WEIR_K_PROTOCOL, name);
  if (component == nullptr) fail("no protocol " + name + " in " + test::plugin_path(file) + " " + file_.error());
  ops_ = static_cast<const weir_protocol *>(component->ops);
  char text[512];
  weir_errbuf why{text, sizeof text, 0};
  inst_ = ops_->create(host_.get(), &why);
  if (inst_ == nullptr) fail("create: " + std::string(text, why.len));
  if (ops_->worker_init != nullptr) worker_ = ops_->worker_init(inst_, 0);
}

Protocol::~Protocol() {
  if (ops_->worker_fini != nullptr) ops_->worker_fini(inst_, worker_);
  ops_->destroy(inst_);
}

weir_scope Protocol::scope(State *state) {
  return {sizeof(weir_scope), 0, inst_, worker_, state, scratch.get(), 1'000'000, 1, nullptr};
}

Requests::Requests(Protocol &protocol, std::string window, uint32_t count)
    : ops_(protocol.ops()), scope_(protocol.client()), window_(std::move(window)), reqs_(count), keys_(kSubs) {
  parse();
}

void Requests::parse() {
  weir_parse p{};
  p.struct_size = sizeof p;
  p.data = bytes(window_).ptr;
  p.len = window_.size();
  p.reqs = reqs_.data();
  p.msg_cap = static_cast<uint32_t>(reqs_.size());
  p.keys = keys_.data();
  p.sub_cap = kSubs;
  p.grow_sub = no_room;
  check(ops_.parse_req(&scope_, &p), p, reqs_.size());
}

Replies::Replies(Protocol &protocol, std::string window, const Requests &asked, uint32_t part_keys, bool want_items)
    : ops_(protocol.ops()),
      scope_(protocol.server()),
      window_(std::move(window)),
      rsps_(asked.list().size()),
      items_(kSubs) {
  for (const weir_req &req : asked.list()) {
    expects_.push_back(
        {req.tag, req.user, 1, req.flags, req.cmd, req.reply, want_items, part_keys == 0 ? req.key_count : part_keys});
  }
  parse();
}

const weir_expect *Replies::expect(weir_parse *parse, uint32_t i) {
  const auto &expects = static_cast<const Replies *>(parse->core)->expects_;
  return i < expects.size() ? &expects[i] : nullptr;
}

void Replies::parse() {
  weir_parse p{};
  p.struct_size = sizeof p;
  p.data = bytes(window_).ptr;
  p.len = window_.size();
  p.rsps = rsps_.data();
  p.msg_cap = static_cast<uint32_t>(rsps_.size());
  p.items = items_.data();
  p.sub_cap = kSubs;
  p.grow_sub = no_room;
  p.expect = expect;
  p.core = this;
  check(ops_.parse_rsp(&scope_, &p), p, rsps_.size());
  item_count_ = p.sub_len;
}

Output::Output(std::vector<weir_bytes> sources) : sources_(std::move(sources)), segs_(kSegments) {}

weir_out *Output::open() {
  out_ = {sizeof(weir_out), 0, segs_.data(), 0, kSegments, 0, 0, no_segments, peek, this};
  return &out_;
}

const uint8_t *Output::peek(weir_out *out, uint32_t src, uint64_t off, uint64_t len) {
  const auto &sources = static_cast<const Output *>(out->core)->sources_;
  if (src >= sources.size() || off > sources[src].len || len > sources[src].len - off) return nullptr;
  return sources[src].ptr + off;
}

uint64_t Output::size() const {
  uint64_t size = 0;
  for (uint32_t i = 0; i < out_.len; ++i) size += segs_[i].len;
  return size;
}

std::string key(uint32_t i) {
  char text[24];
  std::snprintf(text, sizeof text, "key:%012u", i);
  return text;
}

std::string resp(const std::vector<std::string> &words) {
  std::string out = "*" + std::to_string(words.size()) + "\r\n";
  for (const std::string &word : words) out += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
  return out;
}

}  // namespace weir::bench
