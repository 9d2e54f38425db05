#include "arguments.h"

#include <cstring>

#include "base64.h"
#include "command_table.h"
#include "line_tokens.h"
#include "packet.h"
#include "request_word.h"

namespace weir::memcache {
namespace {

class Arguments {
 public:
  Arguments(weir_bytes *out, uint32_t cap) : out_(out), cap_(cap) {}
  void add(const uint8_t *from, uint64_t len) {
    if (count_ < cap_) out_[count_] = {from, len};
    ++count_;
  }
  uint32_t count() const { return count_; }

 private:
  weir_bytes *out_;
  uint32_t cap_, count_ = 0;
};

void of_packet(uint16_t cmd, weir_bytes message, Arguments &out) {
  const Command &named = command(cmd);
  out.add(reinterpret_cast<const uint8_t *>(named.name), named.name_len);
  const Packet packet = read_packet(message.ptr);
  const uint64_t key_at = uint64_t{kHeader} + packet.extras, value_at = key_at + packet.key;
  if (packet.key > 0 && value_at <= message.len) out.add(message.ptr + key_at, packet.key);
  if (value_at < message.len) out.add(message.ptr + value_at, message.len - value_at);
}

void of_line(weir_bytes message, Arguments &out) {
  const uint8_t *p = message.ptr, *end = p + message.len;
  const auto *feed = static_cast<const uint8_t *>(std::memchr(p, '\n', message.len));
  const uint8_t *line_end = feed ? feed : end;
  if (line_end - p > 1 && line_end[-1] == '\r') --line_end;
  while (p < line_end) {
    const uint8_t *stop = word_end(p, line_end);
    if (stop > p) out.add(p, static_cast<uint64_t>(stop - p));
    p = stop < line_end ? stop + 1 : stop;
  }
  if (feed && end - feed >= 3) out.add(feed + 1, static_cast<uint64_t>(end - feed) - 3);  // without its CRLF
}

}  // namespace

uint32_t args(const weir_scope *, const weir_req *req, weir_bytes message, weir_bytes *out, uint32_t cap) {
  if (message.len == 0) return 0;
  Arguments all(out, cap);
  if (is_binary(req->user) && message.len >= kHeader)
    of_packet(req->cmd, message, all);
  else
    of_line(message, all);
  return all.count();
}

uint32_t decode_key(const weir_scope *, const weir_req *, weir_bytes wire, uint8_t *out) {
  const uint32_t len = decode_base64(wire.ptr, static_cast<uint32_t>(wire.len), out);
  return len > 0 ? len : UINT32_MAX;
}

}  // namespace weir::memcache
