#include "reply_parser.h"

#include <climits>
#include <cstring>

#include <weir/inline.h>

#include "line_tokens.h"
#include "opcode_table.h"
#include "packet.h"
#include "reply_line.h"
#include "request_word.h"
#include "usual_replies.h"

namespace weir::memcache {
namespace {

constexpr uint64_t kStreamFrom = 16 * 1024;  // replies from this size on are passed on before they are whole

class ReplyParser {
 public:
  ReplyParser(ServerState &state, weir_parse *p, uint64_t pos, uint32_t finals)
      : state_(state), p_(p), data_(p->data), pos_(pos), origin_(pos ? pos : 0 - p->msg_off), finals_(finals) {}
  weir_status run();

 private:
  weir_status next();
  weir_status packet();
  weir_status log_line();
  weir_status line();
  weir_status meta_value(const Words &words, uint64_t header);
  void usual_values();
  weir_status value(const uint8_t *begin, const uint8_t *end, uint64_t header);
  weir_status step_over(uint64_t data_at, uint64_t bytes);
  weir_status data_end();
  weir_status append(uint8_t kind, uint64_t end, uint64_t last_line, uint32_t flags);
  const weir_expect *asked();
  uint64_t offset(const uint8_t *at) const { return static_cast<uint64_t>(at - data_); }
  void wait(uint64_t need) {
    waiting_ = true;
    p_->need = need;
  }
  weir_status broken(const char *why) {
    p_->error = why;
    return WEIR_E_PROTO;
  }

  ServerState &state_;
  weir_parse *p_;
  const uint8_t *data_;
  uint64_t pos_;     // in the window: up to where everything is done with; past its end once a size is known
  uint64_t origin_;  // the first byte of the reply under way, relative to the window; wraps when before it
  uint32_t finals_;  // how many replies ended in this call
  const weir_expect *asked_ = nullptr;
  bool waiting_ = false;
};

// What the reply under way answers.
const weir_expect *ReplyParser::asked() {
  if (!asked_) asked_ = p_->expect(p_, finals_);
  return asked_;
}

weir_status ReplyParser::run() {
  weir_status st = WEIR_OK;
  while (st == WEIR_OK && !waiting_ && pos_ < p_->len && p_->msg_len < p_->msg_cap) st = next();
  bool long_front = st == WEIR_OK && pos_ - origin_ >= kStreamFrom && !state_.data_end && p_->msg_len < p_->msg_cap;
  if (long_front && asked() && !asked_->want_items) st = append(WEIR_RSP_PART, pos_, 0, 0);
  p_->used = pos_ < p_->len ? pos_ : p_->len;
  return st;
}

weir_status ReplyParser::next() {
  if (state_.data_end) return data_end();
  if (state_.watched) return log_line();
  if (!asked()) return broken("a reply to no request");
  return is_binary(asked_->user) && asked_->cmd != WEIR_CMD_PROBE ? packet() : line();
}

weir_status ReplyParser::log_line() {
  const uint8_t *begin = data_ + pos_;
  const uint64_t avail = p_->len - pos_;
  const auto *feed = static_cast<const uint8_t *>(std::memchr(begin + state_.scanned, '\n', avail - state_.scanned));
  if (feed ? feed - begin > kMaxLine : avail > kMaxLine) return broken("a line of a log longer than 2048 bytes");
  state_.scanned = feed ? 0 : static_cast<uint32_t>(avail);
  if (feed) return append(WEIR_RSP_PUSH, offset(feed + 1), 0, 0);
  wait(1);
  return WEIR_OK;
}

// A packet that does not repeat what it answers is somebody else's reply, or none at all.
weir_status ReplyParser::packet() {
  const uint64_t avail = p_->len - pos_;
  if (avail < kHeader) {
    wait(kHeader - avail);
    return WEIR_OK;
  }
  const Packet packet = read_packet(data_ + pos_);
  const PacketWord word = unpack_packet(asked_->user);
  if (packet.magic != kReplyMagic || packet.opcode != opcode_row(word.opcode).loud || packet.opaque != word.opaque ||
      uint32_t{packet.extras} + packet.key > packet.body)
    return broken("a packet that does not answer what was asked");
  const uint64_t size = uint64_t{kHeader} + packet.body;
  const bool more = packet.opcode == kOpStat && packet.status == kStatusOk && packet.body > 0;
  if (!more) return append(WEIR_RSP_FINAL, pos_ + size, pos_ - origin_, packet.status ? uint32_t{WEIR_RF_ERROR} : 0u);
  state_.blocks = 1;
  pos_ += size;
  if (pos_ <= p_->len) return WEIR_OK;
  p_->skip = pos_ - p_->len;
  pos_ = p_->len;
  waiting_ = true;
  return WEIR_OK;
}

weir_status ReplyParser::line() {
  if (state_.scanned == 0 && data_[pos_] == 'V') usual_values();
  const uint8_t *begin = data_ + pos_;
  uint64_t avail = p_->len - pos_;
  const auto *feed = static_cast<const uint8_t *>(std::memchr(begin + state_.scanned, '\n', avail - state_.scanned));
  if (feed ? feed - begin > kMaxLine : avail > kMaxLine) return broken("a reply line longer than 2048 bytes");
  if (!feed) {
    state_.scanned = static_cast<uint32_t>(avail);
    wait(1);
    return WEIR_OK;
  }
  state_.scanned = 0;
  const Command &cmd = command(asked_->cmd);
  const bool ends_well = feed != begin && feed[-1] == '\r';
  if (!ends_well && !administers(cmd.shape)) return broken("a reply line that does not end in CRLF");
  std::string_view text(reinterpret_cast<const char *>(begin), static_cast<size_t>(feed - begin) - ends_well);
  const bool is_meta_reply = is_meta(cmd.shape);
  Answer answer = is_meta_reply ? classify_meta(text) : administers(cmd.shape) ? classify_admin(text) : classify(text);
  if (!(answer & (cmd.answers | kAnswerError))) return broken("a reply that the command cannot get");
  if (answer == kAnswerValue) return value(begin, feed - 1, static_cast<uint64_t>(feed + 1 - begin));
  if (answer == kAnswerMetaValue) return meta_value(Words(begin, feed - 1), static_cast<uint64_t>(feed + 1 - begin));
  uint64_t end = offset(feed + 1);
  if (answer == kAnswerStat || answer == kAnswerKey) {
    state_.blocks = 1;
    pos_ = end;
    return WEIR_OK;
  }
  uint32_t flags = answer == kAnswerError ? error_flags(text, cmd.shape) : 0;
  const bool watches = cmd.shape == Shape::kWatch && text == "OK";
  if (!watches && (cmd.shape == Shape::kWatch || cmd.shape == Shape::kShutdown)) flags |= WEIR_RF_LEASE_END;
  weir_status st = append(WEIR_RSP_FINAL, end, pos_ - origin_, flags);
  state_.watched = watches;
  return st;
}

void ReplyParser::usual_values() {
  if (!asked() || !(command(asked_->cmd).answers & kAnswerValue)) return;
  pos_ = take_usual_values(p_, pos_, origin_, asked_->want_items, state_);
}

// "VALUE <key> <flags> <bytes>[ <unique>]": header bytes, then the data and CRLF.
weir_status ReplyParser::value(const uint8_t *begin, const uint8_t *end, uint64_t header) {
  Words words(begin, end);
  bool shaped = (words.count == 4 || words.count == 5) && !words.has_nul && words.at[1].len <= kMaxKey &&
                words.at[1].ptr == begin + kKeyInValue;
  Decimal bytes = shaped ? read_decimal(words.at[3]) : Decimal{};
  if (bytes.reading != Reading::kGood || bytes.negative || bytes.value > INT_MAX)
    return broken("a VALUE line that is not 'VALUE <key> <flags> <bytes>'");
  uint64_t block = header + bytes.value + 2, block_end = pos_ + block;
  bool first = !state_.blocks;
  state_.blocks = 1;
  if (asked_->want_items) {
    weir_item *item = weir_push_item(p_);
    if (!item) return WEIR_E_LIMIT;
    *item = {pos_ - origin_, block, key_place(kKeyInValue, words.at[1].len)};
    ++state_.items;
  } else if (block_end + kEndLine > p_->len && block_end - origin_ >= kStreamFrom) {
    // One key has one value, and END is all that may follow it: the whole reply's size is known.
    if (first && asked_->part_keys == 1) return append(WEIR_RSP_FINAL, block_end + kEndLine, block_end - origin_, 0);
    if (block_end > p_->len) return append(WEIR_RSP_PART, block_end, 0, 0);
  }
  return step_over(pos_ + header, bytes.value);
}

// "VA <bytes> <flags>*": header bytes, then the data and CRLF, and that is the whole reply.
weir_status ReplyParser::meta_value(const Words &words, uint64_t header) {
  Decimal bytes = words.count >= 2 ? read_decimal(words.at[1]) : Decimal{};
  if (bytes.reading != Reading::kGood || bytes.negative || bytes.value > INT_MAX || words.has_nul)
    return broken("a VA line that is not 'VA <bytes> <flags>*'");
  const uint64_t data_end = pos_ + header + bytes.value;
  const bool visible = data_end + 2 <= p_->len;
  if (!visible && header + bytes.value <= kMaxLine) {  // a small one is looked at to its end
    wait(data_end + 2 - p_->len);
    return WEIR_OK;
  }
  if (visible && (data_[data_end] != '\r' || data_[data_end + 1] != '\n'))
    return broken("a value that is not followed by CRLF");
  return append(WEIR_RSP_FINAL, data_end + 2, pos_ - origin_, 0);
}

weir_status ReplyParser::step_over(uint64_t data_at, uint64_t bytes) {
  state_.data_end = 1;
  pos_ = data_at + bytes;
  if (pos_ <= p_->len) return WEIR_OK;
  p_->skip = pos_ - p_->len;
  pos_ = p_->len;
  waiting_ = true;
  return WEIR_OK;
}

weir_status ReplyParser::data_end() {
  uint64_t avail = p_->len - pos_;
  if (avail < 2) {
    wait(2 - avail);
    return WEIR_OK;
  }
  if (data_[pos_] != '\r' || data_[pos_ + 1] != '\n') return broken("a value that is not followed by CRLF");
  pos_ += 2;
  state_.data_end = 0;
  return WEIR_OK;
}

weir_status ReplyParser::append(uint8_t kind, uint64_t end, uint64_t last_line, uint32_t flags) {
  weir_rsp rsp = {};
  rsp.size = end - origin_;
  rsp.user = last_line;
  rsp.item_count = state_.items;
  rsp.kind = kind;
  rsp.flags = flags;
  p_->rsps[p_->msg_len++] = rsp;
  pos_ = origin_ = end;
  state_.items = 0;
  if (kind == WEIR_RSP_FINAL) {
    state_ = ServerState{};
    asked_ = nullptr;
    ++finals_;
  }
  return WEIR_OK;
}

[[gnu::noinline]] weir_status parse_any(ServerState &state, weir_parse *p, uint64_t pos, uint32_t finals) {
  return ReplyParser(state, p, pos, finals).run();
}

// What follows a first reply of size pos.
[[gnu::noinline]] weir_status parse_more(ServerState &state, weir_parse *p, uint64_t pos) {
  uint32_t finals = 1;
  while (pos < p->len && p->msg_len < p->msg_cap) {
    const uint64_t size = take_usual_reply(p, pos, finals);
    if (size == 0) return parse_any(state, p, pos, finals);
    pos += size;
    ++finals;
  }
  p->used = pos;
  return WEIR_OK;
}

}  // namespace

weir_status parse_replies(const weir_scope *scope, weir_parse *p) {
  ServerState &state = *static_cast<ServerState *>(scope->state);
  p->skip = p->need = 0;
  if (state.scanned || state.blocks || p->msg_len == p->msg_cap) return parse_any(state, p, 0, 0);
  const uint64_t first = take_usual_reply(p, 0, 0);
  if (first == 0) return parse_any(state, p, 0, 0);
  if (first != p->len) return parse_more(state, p, first);
  p->used = first;  // it fills the window: nearly always so unless requests are pipelined
  return WEIR_OK;
}

}  // namespace weir::memcache
