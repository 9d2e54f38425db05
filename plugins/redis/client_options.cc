#include "client_options.h"

#include <cstring>

#include "command_lookup.h"

namespace weir::redis {

namespace {

bool is(const weir_bytes &arg, std::string_view word) {
  return same_word(arg.ptr, arg.len, word);
}

Verdict set_replies(ClientState &state, const weir_bytes &mode) {
  bool off = (state.special & kRepliesOff) != 0;
  if (is(mode, "on")) {
    state.special &= static_cast<uint8_t>(~(kRepliesOff | kSkipThis | kSkipNext));
  } else if (is(mode, "off")) {
    state.special |= kRepliesOff;
  } else if (is(mode, "skip")) {
    if (!off) state.special |= kSkipThis | kSkipNext;
  } else {
    return Verdict::kSyntax;
  }
  return Verdict::kOk;
}

Verdict set_no_evict(ClientState &state, const weir_bytes &mode) {
  bool on = is(mode, "on");
  if (!on && !is(mode, "off")) return Verdict::kSyntax;
  state.no_evict = on;
  return Verdict::kOk;
}

}  // namespace

Verdict check_name(const weir_bytes &name) {
  for (uint64_t i = 0; i < name.len; ++i)
    if (name.ptr[i] < '!' || name.ptr[i] > '~') return Verdict::kBadName;
  return name.len > kMaxClientName ? Verdict::kLongName : Verdict::kOk;
}

void set_name(ClientState &state, const weir_bytes &name) {
  state.name_len = static_cast<uint8_t>(name.len);
  if (name.len) std::memcpy(state.name, name.ptr, name.len);
}

UserWord set_client_option(std::string_view command, ClientState &state, const weir_bytes *args, uint32_t n) {
  Verdict verdict = Verdict::kSyntax;
  if (n != 2) return {verdict, 0, 0};  // the arity of all of them
  if (command == "client|reply") verdict = set_replies(state, args[1]);
  if (command == "client|no-evict") verdict = set_no_evict(state, args[1]);
  if (command == "client|setname") {
    verdict = check_name(args[1]);
    if (verdict == Verdict::kOk) set_name(state, args[1]);
  }
  return {verdict, 0, 0};
}

}  // namespace weir::redis
