#include "reply_parser.h"

#include <weir/inline.h>

#include <cstring>

#include "command_table.h"
#include "numbers.h"
#include "quick_reply.h"
#include "transaction.h"
#include "verdict.h"

namespace weir::redis {

namespace {

constexpr uint64_t kPartSize = 16 * 1024;  // an unfinished array is handed on from this size
constexpr uint64_t kLongLine = 16 * 1024;  // a longer line is not kept in view
constexpr int64_t kMaxBulk = INT64_C(1) << 40;
constexpr int64_t kMaxCount = INT32_MAX;
constexpr uint64_t kConfirmation = 3;  // elements: the word, the topic, the count
constexpr char kInBetween[] = "something else between the confirmations of one SUBSCRIBE";

bool starts_with(const uint8_t *ptr, uint64_t len, const char *word, uint64_t word_len) {
  return len >= word_len && std::memcmp(ptr, word, word_len) == 0;
}

// The EXEC of commands that changed the connection, so that nobody else may have it.
bool is_soiled_exec(const weir_expect &expect) {
  return expect.cmd < kCommandCount && (UserWord::unpack(expect.user).value & kTxSoiled) &&
         kCommands[expect.cmd].policy == Policy::kTransaction;
}

}  // namespace

weir_status parse_replies(const Settings &settings, ServerState &state, weir_parse *p) {
  const uint8_t *next = p->data;
  uint32_t before = p->msg_len;
  if (next != p->data + p->len) return ReplyParser(settings, state, p).run(next, p->msg_len - before);
  if (state.between()) next = take_plain_replies(p, next);
  state.scanned = 0;
  p->used = p->len;
  p->skip = p->need = 0;
  return WEIR_OK;
}

weir_status ReplyParser::run(const uint8_t *next, uint32_t taken) {
  finals_ = taken;
  if (next != cur_) shift_ = 0 - static_cast<uint64_t>(next - p_->data);
  go_on_at(next);
  while (cur_ < end_ && p_->msg_len < p_->msg_cap) {
    Step step = st_.long_line ? rest_of_line() : element();
    if (step == Step::kMore) return WEIR_OK;
    if (step == Step::kFailed) return failure_;
    if (!st_.long_line) take_plain();
  }
  // A full array or the window's end between two elements.
  more(cur_);
  return WEIR_OK;
}

inline void ReplyParser::go_on_at(const uint8_t *next) {
  if (next == cur_) return;
  cur_ = next;
  st_.scanned = 0;
}

// Whole replies of the common kinds, or the bulks of an array but for the last, which complete() counts.
inline void ReplyParser::take_plain() {
  const uint8_t *next = cur_;
  if (st_.depth == 0) {
    if (st_.subs.left > 0) return;
    uint32_t before = p_->msg_len;
    next = take_plain_replies(p_, cur_);
    finals_ += p_->msg_len - before;
    if (next != cur_) shift_ = 0 - static_cast<uint64_t>(next - p_->data);
  } else if (uint32_t &left = st_.remaining[st_.depth - 1]; left > 1) {
    left -= static_cast<uint32_t>(take_bulks(p_, next, left - 1, shift_, st_.depth == 1 && st_.want));
  }
  go_on_at(next);
}

inline ReplyParser::Step ReplyParser::element() {
  if (st_.depth == 0) {
    st_.kind = WEIR_RSP_FINAL;
    if (st_.subs.left > 0 && *cur_ != '*' && *cur_ != '>') [[unlikely]]
      return fail(kInBetween);
  }
  switch (*cur_) {
    case '$':
    case '=':
    case '!':
      return bulk();
    case '+':
    case '-':
    case ':':
    case '_':
    case '#':
    case ',':
    case '(':
      return line();
    case '*':
    case '~':
    case '%':
    case '>':
    case '|':
      return aggregate();
    default:
      return fail("a reply begins with a byte that is no RESP type");
  }
}

// Finds the "\r\n" that ends the token at cur_.
inline ReplyParser::Step ReplyParser::find_line_end(const uint8_t *&cr) {
  uint64_t have = static_cast<uint64_t>(end_ - cur_);
  cr = static_cast<const uint8_t *>(std::memchr(cur_ + st_.scanned, '\r', have - st_.scanned));
  if (!cr || cr + 1 == end_) {
    st_.scanned = static_cast<uint32_t>(cr ? cr - cur_ : end_ - cur_);
    return Step::kMore;
  }
  st_.scanned = 0;
  return cr[1] == '\n' ? Step::kDone : fail("a carriage return without a line feed in a reply");
}

uint32_t ReplyParser::line_flags(const uint8_t *cr) const {
  if (*cur_ != '-') return 0;
  uint64_t len = static_cast<uint64_t>(cr - cur_ - 1);
  auto says = [&](const char *word) { return starts_with(cur_ + 1, len, word, std::strlen(word)); };
  uint32_t flags = WEIR_RF_ERROR;
  bool orphaned = says("MASTERDOWN ");
  if (orphaned || says("LOADING ")) flags |= WEIR_RF_TRANSIENT;
  if (orphaned || says("READONLY ")) flags |= WEIR_RF_ELSEWHERE;  // a replica, where a primary was
  if (settings_.scripts && says("NOSCRIPT ") && script_is_known()) flags |= WEIR_RF_RESEND;
  return flags;
}

// Of the EVALSHA that is answered: the server can be given it.
bool ReplyParser::script_is_known() const {
  const weir_expect *expect = p_->expect(p_, finals_);
  if (!expect || !(expect->flags & WEIR_REQ_KEEP) || !kCommands[expect->cmd].holds_script()) return false;
  return settings_.scripts->may_know(UserWord::unpack(expect->user).arg);
}

// The error under way is the answer to a SELECT back to where the connection was: now it may be anywhere.
bool ReplyParser::leaves_database() const {
  const weir_expect *expect = p_->expect(p_, finals_);
  return expect && expect->cmd == kSelectRow && expect->replies == 1;
}

void ReplyParser::line_at_top(const uint8_t *cr) {
  st_.flags = line_flags(cr);
  if (st_.flags && leaves_database()) st_.flags |= WEIR_RF_CLOSE;
  // SUBSCRIBE refused: the lease that it took for it is of no use. One without arguments took none: the lease that it
  // came over may be a transaction's.
  if (!st_.flags || st_.subs.any()) return;
  const weir_expect *expect = p_->expect(p_, finals_);
  constexpr uint32_t kTakes = WEIR_REQ_LEASE_BEGIN | WEIR_REQ_TOPICS_ON;
  if (is_subscription(expect) && (expect->flags & kTakes)) st_.flags |= WEIR_RF_LEASE_END;
}

ReplyParser::Step ReplyParser::line() {
  const uint8_t *cr;
  Step step = find_line_end(cr);
  if (step == Step::kMore && static_cast<uint64_t>(end_ - cur_) > kLongLine) {
    if (st_.depth == 0) line_at_top(end_);
    if (st_.depth <= 1) st_.item_start = offset(cur_);
    st_.scanned = 0;
    st_.long_line = 1;
    return rest_of_line();
  }
  if (step == Step::kMore) return more(cur_);
  if (step == Step::kFailed) return step;
  if (st_.depth == 0) line_at_top(cr);
  int64_t number = 0;
  if (*cur_ == ':' && !parse_integer(cur_ + 1, static_cast<uint64_t>(cr - cur_ - 1), number))
    return fail("an integer reply that is no number");
  return complete(offset(cur_), offset(cr) + 2, static_cast<uint64_t>(number));
}

ReplyParser::Step ReplyParser::rest_of_line() {
  auto cr = static_cast<const uint8_t *>(std::memchr(cur_, '\r', static_cast<uint64_t>(end_ - cur_)));
  if (!cr || cr + 1 == end_) return more(cr ? cr : end_);
  if (cr[1] != '\n') return fail("a carriage return without a line feed in a reply");
  st_.long_line = 0;
  return complete(st_.item_start, offset(cr) + 2, 0);
}

// The number after the type byte. Small ones, which most are, without a search.
inline ReplyParser::Step ReplyParser::header(int64_t &value, const uint8_t *&next) {
  const uint8_t *c = cur_;
  if (end_ - c >= 5) {
    unsigned first = c[1] - '0', second = c[2] - '0';
    if (first <= 9 && c[2] == '\r' && c[3] == '\n') {
      st_.scanned = 0;
      value = first;
      next = c + 4;
      return Step::kDone;
    }
    if (first - 1 <= 8 && second <= 9 && c[3] == '\r' && c[4] == '\n') {
      st_.scanned = 0;
      value = first * 10 + second;
      next = c + 5;
      return Step::kDone;
    }
  }
  const uint8_t *cr;
  Step step = find_line_end(cr);
  if (step == Step::kMore) return end_ - cur_ > 64 ? fail("a length in a reply is too long") : more(cur_);
  if (step == Step::kFailed) return step;
  if (!parse_integer(cur_ + 1, static_cast<uint64_t>(cr - cur_ - 1), value) || value < -1)
    return fail("a length in a reply is no number");
  next = cr + 2;
  return Step::kDone;
}

ReplyParser::Step ReplyParser::bulk() {
  int64_t len = 0;
  const uint8_t *payload = nullptr;
  Step step = header(len, payload);
  if (step != Step::kDone) return step;
  if (len > kMaxBulk) return fail("a bulk reply is longer than a terabyte");
  if (st_.depth == 0) st_.flags = *cur_ == '!' ? WEIR_RF_ERROR : 0;
  uint64_t body = len < 0 ? 0 : static_cast<uint64_t>(len) + 2;
  return complete(offset(cur_), offset(payload) + body, 0);
}

ReplyParser::Step ReplyParser::aggregate() {
  int64_t count = 0;
  const uint8_t *next = nullptr;
  Step step = header(count, next);
  if (step != Step::kDone) return step;
  if (count > kMaxCount) return fail("an array in a reply has too many elements");
  uint8_t type = *cur_;
  uint64_t elements = count < 0 ? 0 : static_cast<uint64_t>(count);
  if (type == '%') elements *= 2;
  if (type == '|') elements = elements * 2 + 1;  // attributes, then the value they describe
  if (st_.depth == 0) {
    st_.flags = 0;
    st_.kind = type == '>' ? WEIR_RSP_PUSH : WEIR_RSP_FINAL;
    const weir_expect *expect = p_->expect(p_, finals_);
    st_.want = expect && expect->want_items && st_.kind == WEIR_RSP_FINAL;
    bool speaks = is_subscription(expect) || asked_by_core(expect) || st_.subs.any();
    if (elements > 0 && (type == '>' || (speaks && !st_.resp3))) [[unlikely]] {
      step = first_word(next, expect);
      if (step != Step::kDone) return step;
      if (st_.subs.under_way() && elements != kConfirmation) return fail("a confirmation that is no array of three");
    }
    if (st_.subs.left > 0 && !st_.subs.under_way()) [[unlikely]]
      return fail(kInBetween);
    if (expect && is_soiled_exec(*expect)) st_.flags = WEIR_RF_CLOSE;
  }
  if (elements == 0) return complete(offset(cur_), offset(next), 0);
  if (st_.depth > 1 && st_.remaining[st_.depth - 1] == 1) {  // the last of its array: both end at once, on one level
    st_.remaining[st_.depth - 1] = static_cast<uint32_t>(elements);
    cur_ = next;
    return Step::kDone;
  }
  if (st_.depth == kMaxDepth) return fail("arrays in a reply are nested too deep");
  if (st_.depth == 1) st_.item_start = offset(cur_);
  st_.remaining[st_.depth++] = static_cast<uint32_t>(elements);  // at most 2^32 - 1
  cur_ = next;
  return Step::kDone;
}

// What the core has to say about topics is answered by confirmations, too.
bool ReplyParser::asked_by_core(const weir_expect *expect) const {
  return settings_.shared_pubsub && expect && expect->cmd == WEIR_CMD_AHEAD;
}

// The topic of a message is its first item: what its second element says. From the extents of the first two alone,
// since the bytes may be gone: "$<digits>\r\n<payload>\r\n".
void ReplyParser::name_topic() {
  if (p_->sub_len - item_count_ < 3) return;
  weir_item *items = p_->items + item_count_;
  weir_item &topic = items[1];
  uint64_t digits = 1, most = 10;
  while (topic.len >= digits + 5 && topic.len - digits - 5 >= most) {
    ++digits;
    most *= 10;
  }
  if (topic.len < digits + 5) return;
  bool channel = items[0].len == sizeof("$7\r\nmessage\r\n") - 1;
  bool pattern = p_->sub_len - item_count_ > 3;
  uint64_t kind = channel ? kChannelTopic : pattern ? kPatternTopic : kShardTopic;
  items[0] = {topic.off + digits + 3, topic.len - digits - 5, kind};
}

// Whether the array at cur_, whose elements begin at next, is a message, or answers the SUBSCRIBE expected here.
ReplyParser::Step ReplyParser::first_word(const uint8_t *next, const weir_expect *expect) {
  PubsubWord word = pubsub_word(next, end_);
  if (word == PubsubWord::kShort) return more(cur_);
  if (word == PubsubWord::kMessage) {
    st_.kind = WEIR_RSP_PUSH;
    st_.want = settings_.shared_pubsub;
  }
  if (word <= PubsubWord::kMessage) return Step::kDone;
  st_.resp3 |= *cur_ == '>';
  st_.subs.word = word;
  st_.subs.start = offset(cur_);
  bool alone = asked_by_core(expect);
  if (!is_subscription(expect) && !alone) return Step::kDone;  // a push: the server took a subscription away
  if (st_.subs.left == 0) alone ? st_.subs.begin_one() : st_.subs.begin_reply(*expect);
  st_.kind = WEIR_RSP_FINAL;
  st_.want = 0;
  return Step::kDone;
}

// A confirmation that ends at stop.
ReplyParser::Step ReplyParser::confirmed(uint64_t stop) {
  if (*cur_ != ':') return fail("a confirmation that does not end with a count");
  uint64_t change = st_.subs.count();
  if (st_.kind == WEIR_RSP_PUSH) return emit(stop, WEIR_RSP_PUSH, 0);
  if (st_.subs.wanted && !push_item(st_.subs.start, stop, change)) {
    failure_ = WEIR_E_LIMIT;
    return Step::kFailed;
  }
  if (--st_.subs.left > 0) {
    cur_ = p_->data + (stop - shift_);
    return Step::kDone;
  }
  if (st_.subs.ends && !st_.subs.any()) st_.flags |= WEIR_RF_LEASE_END;
  return emit(stop, WEIR_RSP_FINAL, 0);
}

bool ReplyParser::push_item(uint64_t start, uint64_t stop, uint64_t user) {
  weir_item *item = weir_push_item(p_);
  if (!item) return false;
  *item = {start, stop - start, user};
  return true;
}

// An element that begins at start and ends at stop, both counted in the message; stop may lie past the window.
ReplyParser::Step ReplyParser::complete(uint64_t start, uint64_t stop, uint64_t user) {
  if (st_.depth == 0) return emit(stop, st_.kind, user);
  st_.subs.number = user;  // the last element of a confirmation is its count
  for (;;) {
    if (st_.depth == 1 && st_.want && !push_item(start, stop, user)) {
      failure_ = WEIR_E_LIMIT;
      return Step::kFailed;
    }
    if (--st_.remaining[st_.depth - 1] > 0) break;
    if (--st_.depth == 0) return st_.subs.under_way() ? confirmed(stop) : emit(stop, st_.kind, 0);
    start = st_.item_start;
    user = 0;
  }
  uint64_t at = stop - shift_;
  if (at > p_->len) return more(end_, at - p_->len);
  cur_ = p_->data + at;
  return Step::kDone;
}

ReplyParser::Step ReplyParser::emit(uint64_t size, uint8_t kind, uint64_t user) {
  weir_rsp &rsp = p_->rsps[p_->msg_len++];
  rsp = {};
  rsp.size = size;
  rsp.user = user;
  rsp.kind = kind;
  rsp.flags = kind == WEIR_RSP_PART ? st_.flags & ~uint32_t{WEIR_RF_CLOSE} : st_.flags;  // the rest must come, too
  if (st_.flags & WEIR_RF_RESEND) rsp.server = UINT32_MAX;
  if (kind == WEIR_RSP_PUSH && settings_.shared_pubsub) name_topic();
  rsp.item_count = p_->sub_len - item_count_;
  item_count_ = p_->sub_len;
  if (kind == WEIR_RSP_FINAL) ++finals_;
  uint64_t stop = size - shift_;
  shift_ = 0 - stop;
  cur_ = stop < p_->len ? p_->data + stop : end_;
  if (stop < p_->len) return Step::kDone;
  p_->used = p_->len;
  p_->skip = 0;
  return Step::kMore;
}

// Nothing more can be parsed. A large unfinished array goes on its way, unless its items are wanted.
ReplyParser::Step ReplyParser::more(const uint8_t *used, uint64_t skip) {
  uint64_t size = offset(used) + skip;
  if (st_.depth > 0 && st_.want && size >= kPartSize) {  // the core may have given up holding it whole
    const weir_expect *expect = p_->expect(p_, finals_);
    st_.want = expect && expect->want_items;
  }
  bool open = st_.depth > 0 && !st_.want && st_.kind == WEIR_RSP_FINAL && st_.subs.left == 0;
  if (open && size >= kPartSize && p_->msg_len < p_->msg_cap) {
    st_.item_start = 0;
    emit(size, WEIR_RSP_PART, 0);
    if (skip) return Step::kMore;
    skip = 0;
  }
  p_->used = static_cast<uint64_t>(used - p_->data);
  p_->skip = skip;
  p_->need = used < end_ ? 1 : 0;
  return Step::kMore;
}

ReplyParser::Step ReplyParser::fail(const char *text) {
  p_->error = text;
  return Step::kFailed;
}

}  // namespace weir::redis
