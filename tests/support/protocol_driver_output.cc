// The driver's other half: what a plugin writes.
#include <algorithm>

#include "tests/support/protocol_driver.h"

namespace weir::test {

static weir_bytes bytes_of(std::string_view text) {
  return {reinterpret_cast<const uint8_t *>(text.data()), text.size()};
}

Output ProtocolDriver::finish(weir_status status, FakeOut &out) {
  Output result;
  result.status = status;
  result.bytes = out.bytes(violations);
  result.flags = out.get()->flags;
  result.swallow = out.get()->swallow;
  return result;
}

Output ProtocolDriver::reply(Connection &c, const ParsedRequest *request, uint32_t err, std::string_view text) {
  FakeArena arena;
  std::string_view source;
  bool answer = err >= WEIR_ERR_ANSWER && err <= WEIR_ERR_ANSWER_INT;
  if (request && (answer || request->req.route == WEIR_ROUTE_LOCAL)) source = request->message;
  FakeOut out(arena, {source});
  weir_scope sc = scope(&c, arena);
  weir_status status = ops_->reply(&sc, request ? &request->req : nullptr, err, bytes_of(text), out.get());
  Output result = finish(status, out);
  if (result.bytes.empty() && !(request && (request->req.flags & WEIR_REQ_MAY_BE_EMPTY)) && status == WEIR_OK)
    violation("reply wrote nothing");
  return result;
}

Output ProtocolDriver::render(Connection &c, const ParsedRequest &request, uint32_t purpose,
                              const std::vector<uint32_t> &pick, uint32_t slice,
                              const std::vector<const char *> &new_keys) {
  std::vector<weir_bytes> key_bytes;
  std::vector<uint8_t> rekeyed(request.keys.size(), 0);
  for (size_t i = 0; i < request.keys.size(); ++i) {
    rekeyed[i] = i < new_keys.size() && new_keys[i];
    key_bytes.push_back(bytes_of(rekeyed[i] ? std::string_view(new_keys[i]) : std::string_view(request.keys[i])));
  }
  weir_render r = {};
  r.struct_size = sizeof(r);
  r.purpose = purpose;
  r.req = &request.req;
  r.keys = request.raw_keys.data();
  r.key_bytes = key_bytes.data();
  r.rekeyed = new_keys.empty() ? nullptr : rekeyed.data();
  r.pick = pick.data();
  r.pick_count = static_cast<uint32_t>(pick.size());
  uint32_t step = slice ? slice : std::max(1u, r.pick_count);
  Output all;
  do {
    FakeArena arena;
    FakeOut out(arena, {request.message});
    weir_scope sc = scope(&c, arena);
    r.count = std::min(step, r.pick_count - r.first);
    weir_status status = ops_->render(&sc, &r, out.get());
    Output one = finish(status, out);
    all.bytes += one.bytes;
    all.status = one.status;
    all.flags |= one.flags;
    all.swallow += one.swallow;
    r.first += r.count;
  } while (r.first < r.pick_count && all.status == WEIR_OK);
  if (all.bytes.empty() && all.status == WEIR_OK) violation("render wrote nothing");
  return all;
}

// What the core says beside a status.
static uint32_t usual_error(uint32_t status) {
  switch (status) {
    case WEIR_PART_OK:
      return 0;
    case WEIR_PART_TIMEOUT:
      return WEIR_ERR_TIMEOUT;
    case WEIR_PART_NO_SERVER:
      return WEIR_ERR_NO_SERVER;
    default:
      return WEIR_ERR_UPSTREAM;
  }
}

Output ProtocolDriver::merge(Connection &c, const ParsedRequest &request, const std::vector<PartReply> &parts,
                             uint32_t slice, const std::vector<const char *> &new_keys) {
  std::vector<Replies> parsed(parts.size());
  std::vector<std::vector<weir_rsp>> rsps(parts.size());
  std::vector<std::vector<weir_item>> items(parts.size());
  std::vector<weir_part> described(parts.size());
  std::vector<uint32_t> part_of(request.keys.size(), 0), pos_in(request.keys.size(), 0);
  std::vector<std::string_view> sources = {request.message};
  for (size_t i = 0; i < parts.size(); ++i) {
    Connection &from = parts[i].from ? *parts[i].from : server();
    weir_expect expect = {};
    expect.user = request.req.user;
    expect.replies = std::max(1u, request.req.replies);
    expect.flags = request.req.flags;
    expect.cmd = request.req.cmd;
    expect.want_items = 1;
    expect.part_keys = static_cast<uint32_t>(parts[i].pick.size());
    from.expects.assign(1, expect);
    if (parts[i].status == WEIR_PART_OK) parsed[i] = replies(from, parts[i].reply);
    uint64_t base = 0;
    for (const ParsedReply &reply : parsed[i].list) {
      if (reply.rsp.kind == WEIR_RSP_FINAL) rsps[i].push_back(reply.rsp);
      for (weir_item item : reply.raw_items) {
        item.off += base;
        items[i].push_back(item);
      }
      base += reply.rsp.size;
    }
    described[i] = {rsps[i].data(),
                    items[i].data(),
                    static_cast<uint32_t>(rsps[i].size()),
                    static_cast<uint32_t>(items[i].size()),
                    parts[i].pick.data(),
                    static_cast<uint32_t>(parts[i].pick.size()),
                    parts[i].server,
                    parts[i].status,
                    parts[i].error != 0 ? parts[i].error : usual_error(parts[i].status)};
    for (uint32_t k = 0; k < parts[i].pick.size(); ++k) {
      part_of[parts[i].pick[k]] = static_cast<uint32_t>(i);
      pos_in[parts[i].pick[k]] = k;
    }
    sources.push_back(parts[i].reply);
  }
  std::vector<weir_bytes> key_bytes;
  std::vector<weir_bytes> client_keys;
  for (const std::string &key : request.keys) client_keys.push_back(bytes_of(key));
  key_bytes = client_keys;
  for (size_t i = 0; i < new_keys.size(); ++i)
    if (new_keys[i]) key_bytes[i] = bytes_of(new_keys[i]);
  bool keyed = !request.keys.empty();
  weir_merge m = {};
  m.struct_size = sizeof(m);
  m.part_count = static_cast<uint32_t>(parts.size());
  m.req = &request.req;
  m.parts = described.data();
  m.key_bytes = keyed ? key_bytes.data() : nullptr;
  m.part_of = keyed ? part_of.data() : nullptr;
  m.pos_in = keyed ? pos_in.data() : nullptr;
  m.key_count = static_cast<uint32_t>(request.keys.size());
  m.client_keys = new_keys.empty() ? nullptr : client_keys.data();
  uint32_t step = slice ? slice : std::max(1u, m.key_count);
  Output all;
  do {
    FakeArena arena;
    FakeOut out(arena, sources);
    weir_scope sc = scope(&c, arena);
    m.count = std::min(step, m.key_count - m.first);
    Output one = finish(ops_->merge(&sc, &m, out.get()), out);
    all.bytes += one.bytes;
    all.status = one.status;
    all.flags |= one.flags;
    m.first += m.count;
  } while (m.first < m.key_count && all.status == WEIR_OK);
  if (all.bytes.empty() && all.status == WEIR_OK && !(request.req.flags & WEIR_REQ_MAY_BE_EMPTY))
    violation("merge wrote nothing");
  return all;
}

void ProtocolDriver::lease(Connection &c, const ParsedRequest &begin, uint32_t server, bool on) {
  FakeArena arena;
  weir_scope sc = scope(&c, arena);
  if (ops_->lease) ops_->lease(&sc, &begin.req, server, on);
}

Output ProtocolDriver::handshake(Connection &c, uint32_t step, std::string_view prev, uint64_t profile) {
  Replies parsed;
  if (step > 0) {
    weir_expect expect = {};
    expect.replies = 1;
    c.expects.push_back(expect);
    parsed = replies(c, prev);
  }
  FakeArena arena;
  FakeOut out(arena, {prev});
  weir_scope sc = scope(&c, arena);
  char text[512];
  weir_errbuf errbuf = {text, sizeof(text), 0};
  const weir_rsp *rsp = parsed.list.empty() ? nullptr : &parsed.list.back().rsp;
  weir_status status = ops_->handshake(&sc, profile, step, rsp, out.get(), &errbuf);
  Output result = finish(status, out);
  result.error.assign(text, std::min(errbuf.len, errbuf.cap));
  return result;
}

std::vector<std::string> ProtocolDriver::args(const ParsedRequest &request) {
  FakeArena arena;
  weir_scope sc = scope(nullptr, arena);
  uint32_t n = ops_->args(&sc, &request.req, bytes_of(request.message), nullptr, 0);
  std::vector<weir_bytes> found(n);
  ops_->args(&sc, &request.req, bytes_of(request.message), found.data(), n);
  std::vector<std::string> out;
  for (const weir_bytes &arg : found) out.emplace_back(reinterpret_cast<const char *>(arg.ptr), arg.len);
  return out;
}

}  // namespace weir::test
