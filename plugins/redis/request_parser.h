// Cuts a client's bytes into requests: RESP arrays and inline lines. One object a call of parse_req(), on the stack;
// what has to survive is in ClientState. Worker's thread.
#pragma once

#include "planner.h"
#include "session.h"

namespace weir::redis {

constexpr uint64_t kMaxToken = 64 * 1024;  // redis: PROTO_INLINE_MAX_SIZE
constexpr uint32_t kMaxTail = 16;          // more arguments than any command that is judged as a whole takes

// Whether the client has given the password, if there is one.
inline bool may_send(const Settings &settings, const ClientState &state) {
  return settings.auth.empty() || state.authed;
}

// Whether any of its requests that is plain may be taken by the short way.
inline bool is_ordinary(const Settings &settings, const ClientState &state) {
  bool translated = is_resp3(state.profile) && settings.may_say_resp2();
  return may_send(settings, state) && state.special == 0 && !translated;
}

// parse_req()
weir_status parse_requests(const Settings &settings, ClientState &state, weir_parse *p);

// Takes any request, and stops at any byte.
class RequestParser {
 public:
  RequestParser(const Settings &settings, ClientState &state, weir_parse *p)
      : settings_(settings),
        st_(state),
        p_(p),
        planner_(settings, state),
        cur_(p->data),
        end_(p->data + p->len),
        shift_(p->msg_off) {}
  // next: where to begin, once take_plain_requests() took what is in front of it.
  weir_status run(const uint8_t *next);

 private:
  enum class Step { kDone, kMore, kFailed };

  void go_on_at(const uint8_t *next);
  Step start();
  Step array();
  Step arguments();
  Step argument(const uint8_t *payload, uint64_t len);
  Step tail();
  Step inline_line();
  Step inline_arguments(const uint8_t *line, uint64_t len, uint64_t size);
  weir_status inline_plan(const uint8_t *line, uint64_t len);
  bool inline_tail(const uint8_t *line, uint64_t len);
  Step header(uint8_t mark, const uint8_t *&next, uint64_t &value);
  Step long_header(uint8_t mark, const uint8_t *&next, uint64_t &value);
  const char *header_error(uint8_t mark, const uint8_t *digits, uint64_t len, int64_t &value) const;
  Step emit(uint64_t size);
  void mute(weir_req &req);
  Step drop(uint64_t size);
  Step more(const uint8_t *used, uint64_t skip = 0, uint64_t need = 1);
  Step fail(const char *text);
  bool locked_out() const { return !may_send(settings_, st_); }
  // Where a byte of data lies in the message under way.
  uint64_t offset(const uint8_t *ptr) const { return static_cast<uint64_t>(ptr - p_->data) + shift_; }

  const Settings &settings_;
  ClientState &st_;
  weir_parse *p_;
  Planner planner_;
  const uint8_t *cur_;  // the token under way
  const uint8_t *end_;
  uint64_t shift_;  // offset of data[0] in the message under way, modulo 2^64
  weir_status failure_ = WEIR_E_PROTO;
};

}  // namespace weir::redis
