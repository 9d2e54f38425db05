// What is refused, and whether the connection lives on, is as in memcached 1.6.18.
//
// Quiet ones. A server says nothing to a quiet request that went as it should, so nobody could tell when it is
// answered. Hence it goes to the server as its loud form (WEIR_REQ_RENDER), and merge() keeps from the client what the
// server would have kept (WEIR_REQ_MAY_BE_EMPTY).
#include "packet_requests.h"

#include <weir/inline.h>

#include <string_view>

#include "command_table.h"
#include "line_tokens.h"
#include "opcode_table.h"
#include "packet_answers.h"
#include "request_word.h"
#include "stats_kinds.h"

namespace weir::memcache {
namespace {

// Whether memcached 1.6.18 would go on after such a packet. It does not look at what follows the key where there should
// be nothing, and takes it for the next packet; weir closes there, too.
bool is_laid_out(Layout layout, const Packet &packet) {
  const uint32_t head = uint32_t{packet.extras} + packet.key;
  switch (layout) {
    case Layout::kUnknown:
      return true;
    case Layout::kBare:
      return packet.body == 0;
    case Layout::kFlush:
      return packet.key == 0 && packet.body == packet.extras && (packet.extras == 0 || packet.extras == 4);
    case Layout::kKey:
      return packet.key > 0 && packet.extras == 0 && packet.body == head;
    case Layout::kKeyExpiry:
      return packet.key > 0 && packet.extras == 4 && packet.body == head;
    case Layout::kStore:
      return packet.key > 0 && packet.extras == 8;
    case Layout::kJoin:
      return packet.key > 0 && packet.extras == 0;
    case Layout::kCount:
      return packet.key > 0 && packet.extras == 20 && packet.body == head;
    case Layout::kStat:
      return packet.extras == 0 && packet.body == head;
    case Layout::kSasl:
      return packet.key > 0 && packet.extras == 0;
  }
  return false;
}

class PacketReader {
 public:
  PacketReader(const Settings &settings, weir_parse *p, bool *lost) : settings_(settings), p_(p), lost_(*lost) {}
  weir_status run();

 private:
  weir_status next(const uint8_t *at, uint64_t avail);
  weir_status emit();
  void say(LocalPacket what) {
    req_.route = WEIR_ROUTE_LOCAL;
    word_.local = static_cast<uint8_t>(what);
  }
  weir_status refuse(LocalPacket what) {  // and close
    say(what);
    lost_ = true;
    req_.size = kHeader;
    req_.flags = WEIR_REQ_CLOSE;
    return emit();
  }
  void route(const OpcodeRow &row, const uint8_t *at);
  void stat(const uint8_t *at);

  const Settings &settings_;
  weir_parse *p_;
  bool &lost_;
  uint64_t pos_ = 0;
  uint64_t need_ = 0;
  Packet packet_;
  weir_req req_ = {};
  PacketWord word_;
  StatsKind stats_ = StatsKind::kNumbers;
};

weir_status PacketReader::run() {
  weir_status st = WEIR_OK;
  while (st == WEIR_OK && need_ == 0 && !lost_ && pos_ < p_->len && p_->msg_len < p_->msg_cap)
    st = next(p_->data + pos_, p_->len - pos_);
  p_->used = pos_ < p_->len && !lost_ ? pos_ : p_->len;
  p_->skip = 0;
  p_->need = need_;
  return st;
}

weir_status PacketReader::next(const uint8_t *at, uint64_t avail) {
  req_ = {};
  word_ = {};
  if (*at != kRequestMagic) {  // memcached hangs up without a word
    lost_ = true;
    req_.size = 1;
    req_.route = WEIR_ROUTE_DROP;
    req_.flags = WEIR_REQ_CLOSE;
    return emit();
  }
  if (avail < kHeader) {
    need_ = kHeader - avail;
    return WEIR_OK;
  }
  packet_ = read_packet(at);
  const OpcodeRow &row = opcode_row(packet_.opcode);
  word_.opaque = packet_.opaque;
  word_.opcode = packet_.opcode;
  req_.cmd = row.cmd;
  const uint32_t head = uint32_t{packet_.extras} + packet_.key;
  if (head > packet_.body) return refuse(LocalPacket::kUnknown);
  if (packet_.key > kMaxKey || !is_laid_out(row.layout, packet_)) return refuse(LocalPacket::kInvalid);
  if (avail < kHeader + head) {
    need_ = kHeader + head - avail;
    return WEIR_OK;
  }
  req_.size = uint64_t{kHeader} + packet_.body;
  req_.profile = kBinaryProfile;
  route(row, at);
  if (row.hides != Hides::kNothing && req_.route != WEIR_ROUTE_LOCAL && req_.route != WEIR_ROUTE_DROP)
    req_.flags |= WEIR_REQ_RENDER | WEIR_REQ_TRANSFORM | WEIR_REQ_MAY_BE_EMPTY;
  return emit();
}

void PacketReader::route(const OpcodeRow &row, const uint8_t *at) {
  switch (row.cmd) {
    case kNoop:
      return say(LocalPacket::kOk);
    case kQuit:
      say(LocalPacket::kOk);
      req_.flags = WEIR_REQ_CLOSE;
      if (row.hides == Hides::kSuccess) req_.route = WEIR_ROUTE_DROP;
      return;
    case kVersion:
      req_.route = WEIR_ROUTE_ANY;
      req_.flags = WEIR_REQ_RETRY_SAFE;
      return;
    case kFlushAll:
      req_.route = WEIR_ROUTE_ALL;
      return;
    case kStats:
      return stat(at);
    case kOther:
    case kSasl:  // as a server without SASL says
      return say(LocalPacket::kUnknown);
    default:
      req_.route = WEIR_ROUTE_KEY;
      req_.key_count = 1;
      if (row.cmd == kGet) req_.flags = WEIR_REQ_RETRY_SAFE;
  }
}

void PacketReader::stat(const uint8_t *at) {
  stats_ = kind_of_stats({reinterpret_cast<const char *>(at + kHeader), packet_.key});
  req_.route = settings_.one_server ? WEIR_ROUTE_ANY : WEIR_ROUTE_ALL;
}

weir_status PacketReader::emit() {
  if (req_.key_count > 0) {
    weir_key *key = weir_push_key(p_);
    if (!key) return WEIR_E_LIMIT;
    const uint64_t off = uint64_t{kHeader} + packet_.extras;
    *key = {off, packet_.key, 0, off, packet_.key};
  }
  req_.user = pack(word_);
  if (req_.cmd == kStats) req_.user = with_stats_kind(req_.user, stats_);
  p_->reqs[p_->msg_len++] = req_;
  pos_ += req_.size;
  return WEIR_OK;
}

}  // namespace

weir_status parse_packets(const Settings &settings, weir_parse *p, bool *lost) {
  return PacketReader(settings, p, lost).run();
}

}  // namespace weir::memcache
