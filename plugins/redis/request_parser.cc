#include "request_parser.h"

#include <array>
#include <cstring>

#include "numbers.h"
#include "quick_request.h"
#include "resp2_servers.h"
#include "session.h"

namespace weir::redis {

namespace {

constexpr int64_t kMaxBulk = 512 * 1024 * 1024;  // redis: proto-max-bulk-len
constexpr int64_t kMaxUnknownArgs = 10;          // redis: before AUTH
constexpr int64_t kMaxUnknownBulk = 16384;

// "expected '$', got 'x'" for every x, since an error text must live for ever.
struct ExpectedTexts {
  char text[256][40] = {};
  constexpr ExpectedTexts() {
    constexpr char kStart[] = "Protocol error: expected '$', got '";
    for (int c = 0; c < 256; ++c) {
      int n = 0;
      for (; kStart[n]; ++n) text[c][n] = kStart[n];
      text[c][n++] = c < ' ' || c == 127 ? ' ' : static_cast<char>(c);
      text[c][n++] = '\'';
    }
  }
};
constexpr ExpectedTexts kExpected;

}  // namespace

weir_status parse_requests(const Settings &settings, ClientState &state, weir_parse *p) {
  const uint8_t *next = p->data;
  if (state.phase == Phase::kStart && is_ordinary(settings, state)) next = take_plain_requests(p, next, state.profile);
  if (next != p->data + p->len) return RequestParser(settings, state, p).run(next);
  state.scanned = 0;
  p->used = p->len;
  p->skip = p->need = 0;
  return WEIR_OK;
}

weir_status RequestParser::run(const uint8_t *next) {
  for (go_on_at(next); cur_ < end_ && p_->msg_len < p_->msg_cap;) {
    Step step = st_.phase == Phase::kArguments ? arguments() : start();
    if (step == Step::kMore) return WEIR_OK;
    if (step == Step::kFailed) return failure_;
    if (st_.phase == Phase::kStart && is_ordinary(settings_, st_)) {
      go_on_at(take_plain_requests(p_, cur_, st_.profile));
    }
  }
  more(cur_);
  return WEIR_OK;
}

// next: the first byte of a request, or where the one under way goes on.
inline void RequestParser::go_on_at(const uint8_t *next) {
  if (next == cur_) return;
  cur_ = next;
  shift_ = 0 - static_cast<uint64_t>(cur_ - p_->data);
  st_.scanned = 0;
}

RequestParser::Step RequestParser::start() {
  if (st_.phase == Phase::kClosing) return more(end_);  // after QUIT
  return *cur_ == '*' ? array() : inline_line();
}

RequestParser::Step RequestParser::array() {
  const uint8_t *next;
  uint64_t count;
  Step step = header('*', next, count);
  if (step != Step::kDone) return step;
  cur_ = next;
  if (count == 0) return drop(offset(next));
  st_.argc = static_cast<uint32_t>(count);
  st_.argi = 0;
  st_.look = 0;
  st_.phase = Phase::kArguments;
  return arguments();
}

// "*3\r\n" or "$12\r\n" at cur_. The first lines cover what clients send; the rest is in long_header().
inline RequestParser::Step RequestParser::header(uint8_t mark, const uint8_t *&next, uint64_t &value) {
  const uint8_t *c = cur_;
  if (end_ - c >= 5 && c[0] == mark) [[likely]] {
    unsigned first = c[1] - '0';
    unsigned second = c[2] - '0';
    if (first <= 9 && c[2] == '\r' && c[3] == '\n') {
      value = first;
      next = c + 4;
      st_.scanned = 0;
      return Step::kDone;
    }
    if (first - 1 <= 8 && second <= 9 && c[3] == '\r' && c[4] == '\n') {
      value = first * 10 + second;
      if (mark == '$' || value <= static_cast<uint64_t>(kMaxUnknownArgs)) {
        next = c + 5;
        st_.scanned = 0;
        return Step::kDone;
      }
    }
  }
  return long_header(mark, next, value);
}

const char *RequestParser::header_error(uint8_t mark, const uint8_t *digits, uint64_t len, int64_t &value) const {
  bool number = parse_integer(digits, len, value);
  if (mark == '*') {
    if (!number || value > INT32_MAX) return "Protocol error: invalid multibulk length";
    if (value > kMaxUnknownArgs && locked_out()) return "Protocol error: unauthenticated multibulk length";
    return nullptr;
  }
  if (!number || value < 0 || value > kMaxBulk) return "Protocol error: invalid bulk length";
  if (value > kMaxUnknownBulk && locked_out()) return "Protocol error: unauthenticated bulk length";
  return nullptr;
}

RequestParser::Step RequestParser::long_header(uint8_t mark, const uint8_t *&next, uint64_t &value) {
  uint64_t have = static_cast<uint64_t>(end_ - cur_);
  auto cr = static_cast<const uint8_t *>(std::memchr(cur_ + st_.scanned, '\r', have - st_.scanned));
  if (!cr) {
    if (have > kMaxToken)
      return fail(mark == '*' ? "Protocol error: too big mbulk count string"
                              : "Protocol error: too big bulk count string");
    st_.scanned = static_cast<uint32_t>(have);
    return more(cur_);
  }
  if (cr + 1 == end_) {
    st_.scanned = static_cast<uint32_t>(cr - cur_);
    return more(cur_);
  }
  st_.scanned = 0;
  if (*cur_ != mark) return fail(kExpected.text[*cur_]);
  int64_t number = 0;
  const char *error = header_error(mark, cur_ + 1, static_cast<uint64_t>(cr - cur_ - 1), number);
  if (!error && cr[1] != '\n') error = "Protocol error: expected a line feed after the carriage return of a length";
  if (error) return fail(error);
  value = number < 0 ? 0 : static_cast<uint64_t>(number);
  next = cr + 2;
  return Step::kDone;
}

RequestParser::Step RequestParser::arguments() {
  for (;;) {
    const uint8_t *payload;
    uint64_t len;
    Step step = header('$', payload, len);
    if (step != Step::kDone) return step;
    uint64_t have = static_cast<uint64_t>(end_ - payload);
    if (st_.argi >= st_.look) {
      step = argument(payload, len);
      if (step != Step::kDone) return step;
      if (st_.watch == Watch::kTail && st_.argi > 0) return tail();
    }
    if (st_.route == WEIR_ROUTE_SPLIT && st_.step == 2 && st_.key_count && st_.argi % 2 == 0) {  // the value
      weir_key &key = p_->keys[p_->sub_len - 1];
      key.unit_len = offset(payload) + len + 2 - key.unit_off;
    }
    if (++st_.argi == st_.argc) return emit(offset(payload) + len + 2);
    if (have < len + 2) return more(end_, len + 2 - have);
    cur_ = payload + len + 2;
    if (cur_ == end_) return more(end_);
  }
}

// An argument whose bytes matter: name, key, option.
inline RequestParser::Step RequestParser::argument(const uint8_t *payload, uint64_t len) {
  uint64_t have = static_cast<uint64_t>(end_ - payload);
  bool show = len <= kLongestWord || (st_.argi > 0 && planner_.must_see(st_.argi, len));  // no plan yet for argument 0
  if (st_.argi > 0 && st_.watch == Watch::kTail) return Step::kDone;
  if (show && have < len) return more(cur_, 0, len - have);
  uint64_t unit = offset(cur_);
  uint64_t at = offset(payload);
  SeenArg arg = {show ? payload : nullptr, len, at, unit, at + len + 2 - unit, true};
  if (st_.argi == 0) {
    planner_.begin(arg);
    return Step::kDone;
  }
  weir_status status = planner_.see(st_.argi, arg, p_);
  if (status == WEIR_OK) return Step::kDone;
  failure_ = status;
  return Step::kFailed;
}

// All arguments from the one at cur_ on, in one piece.
RequestParser::Step RequestParser::tail() {
  uint32_t left = st_.argc - st_.argi;
  if (left > kMaxTail) {
    planner_.reject(Verdict::kSyntax);
    return Step::kDone;  // the arguments are passed over like any
  }
  weir_bytes args[kMaxTail];
  const uint8_t *begin = cur_;
  for (uint32_t i = 0; i < left; ++i) {
    const uint8_t *payload;
    uint64_t len;
    Step step = header('$', payload, len);
    uint64_t have = step == Step::kDone ? static_cast<uint64_t>(end_ - payload) : 0;
    if (step == Step::kFailed) return step;
    bool last = i + 1 == left;
    if (step == Step::kMore || have < len + (last ? 0 : 2)) {
      st_.scanned = 0;
      return more(begin);
    }
    args[i] = {payload, len};
    if (!last) cur_ = payload + len + 2;
    if (!last && cur_ == end_) return more(begin);
    if (last) {
      planner_.tail(args, left);
      return emit(offset(payload) + len + 2);
    }
  }
  return Step::kDone;
}

RequestParser::Step RequestParser::emit(uint64_t size) {
  planner_.end(p_, size);
  weir_req &req = p_->reqs[p_->msg_len++];
  req = {};
  req.size = size;
  req.user = UserWord{st_.verdict, st_.sub, st_.arg, st_.value}.pack();
  req.profile = st_.profile;
  // Who listens together need not look into the same database.
  if (st_.req_flags & (WEIR_REQ_TOPICS_ON | WEIR_REQ_TOPICS_OFF)) req.profile &= kProfileResp3;
  req.key_count = st_.key_count;
  req.cmd = st_.cmd;
  req.route = st_.route;
  req.flags = st_.req_flags;
  req.route_arg = st_.route_arg;
  req.timeout_ms = st_.timeout_ms;
  req.replies = st_.replies;
  if (is_resp3(req.profile) && settings_.may_say_resp2()) [[unlikely]]
    expect_resp2(req);
  if (st_.special & (kRepliesOff | kSkipThis | kSkipNext)) mute(req);
  st_.key_count = 0;
  st_.phase = Phase::kStart;
  if (kCommands[st_.cmd].flags & kCloses) {
    req.flags |= WEIR_REQ_CLOSE;
    st_.phase = Phase::kClosing;
  }
  uint64_t stop = size - shift_;  // where the message ends, counted from data[0]
  shift_ = 0 - stop;
  if (stop >= p_->len) return more(end_);
  cur_ = p_->data + stop;
  return req.flags & WEIR_REQ_FENCE ? more(cur_) : Step::kDone;
}

// CLIENT REPLY OFF or SKIP. What a SELECT answers matters all the same, and so does answering what a transaction
// queues, or what may be refused though it has changed something. Confirmations of subscriptions are no replies.
void RequestParser::mute(weir_req &req) {
  bool confirmed = st_.verdict == Verdict::kRun || st_.verdict == Verdict::kNotSubscribed;
  bool spoken = st_.family == Family::kSubscription && confirmed;
  if ((st_.special & (kRepliesOff | kSkipThis)) && !spoken) {
    bool select = req.cmd == kSelectRow && req.route == WEIR_ROUTE_ALL;
    bool undone = req.route == WEIR_ROUTE_LOCAL && (req.flags & WEIR_REQ_FENCE);
    bool matters = select || undone || is_transaction_answer(st_.verdict);
    req.flags |= matters ? WEIR_REQ_MAY_BE_EMPTY : WEIR_REQ_MUTE;
  }
  bool skips = (st_.special & kSkipNext) != 0;
  st_.special = static_cast<uint8_t>(st_.special & ~(kSkipThis | kSkipNext));
  if (skips) st_.special |= kSkipThis;
}

RequestParser::Step RequestParser::drop(uint64_t size) {
  st_.cmd = st_.arg = 0;
  st_.sub = 0;
  st_.verdict = Verdict::kRun;
  st_.watch = Watch::kNone;
  st_.route = WEIR_ROUTE_DROP;
  st_.req_flags = st_.route_arg = st_.timeout_ms = st_.replies = st_.value = 0;
  st_.family = Family::kOrdinary;
  st_.key_count = 0;
  return emit(size);
}

RequestParser::Step RequestParser::more(const uint8_t *used, uint64_t skip, uint64_t need) {
  p_->used = static_cast<uint64_t>(used - p_->data);
  p_->skip = skip;
  p_->need = used < end_ ? need : 0;
  return Step::kMore;
}

RequestParser::Step RequestParser::fail(const char *text) {
  p_->error = text;
  return Step::kFailed;
}

}  // namespace weir::redis
