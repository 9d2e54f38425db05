#include "auth.h"

#include <cstring>

#include "client_options.h"
#include "command_lookup.h"
#include "numbers.h"
#include "select.h"
#include "session.h"

namespace weir::redis {

namespace {

// Takes the same time wherever the difference lies. The length is no secret worth more.
bool same_secret(const std::string &secret, const weir_bytes &given) {
  volatile uint8_t difference = secret.size() == given.len ? 0 : 1;
  for (uint64_t i = 0; i < given.len && !secret.empty(); ++i)
    difference = difference | (static_cast<uint8_t>(secret[i % secret.size()]) ^ given.ptr[i]);
  return difference == 0;
}

bool is_default_user(const weir_bytes &user) {
  return user.len == 7 && std::memcmp(user.ptr, "default", 7) == 0;
}

// As redis does for its default user, with or without a password.
bool login(const Settings &settings, ClientState &state, const weir_bytes *user, const weir_bytes &password) {
  if (user && !is_default_user(*user)) return false;
  if (!settings.auth.empty() && !same_secret(settings.auth, password)) return false;
  state.authed = true;
  return true;
}

UserWord auth(const Settings &settings, ClientState &state, const weir_bytes *args, uint32_t n) {
  if (n == 0 || n > 2) return {Verdict::kSyntax, 0, 0};
  if (n == 1 && settings.auth.empty()) return {Verdict::kAuthNotNeeded, 0, 0};
  bool good = login(settings, state, n == 2 ? &args[0] : nullptr, args[n - 1]);
  return {good ? Verdict::kOk : Verdict::kAuthWrong, 0, 0};
}

UserWord hello(const Settings &settings, ClientState &state, const weir_bytes *args, uint32_t n) {
  int64_t version = 2;
  const weir_bytes *name = nullptr;
  if (n > 0) {
    if (!parse_integer(args[0].ptr, args[0].len, version)) return {Verdict::kHelloVersion, 0, 0};
    if (version < 2 || version > 3) return {Verdict::kHelloProtocol, 0, 0};
  }
  uint32_t user = 0;
  for (uint32_t i = 1; i < n; ++i) {
    uint32_t more = n - 1 - i;
    if (same_word(args[i].ptr, args[i].len, "auth") && more >= 2) {
      user = i + 1;
      i += 2;
    } else if (same_word(args[i].ptr, args[i].len, "setname") && more >= 1) {
      name = &args[++i];
      Verdict verdict = check_name(*name);
      if (verdict != Verdict::kOk) return {verdict, 0, 0};
    } else {
      return {Verdict::kHelloOption, 0, static_cast<uint16_t>(i + 1)};
    }
  }
  if (user && !login(settings, state, &args[user], args[user + 1])) return {Verdict::kAuthWrong, 0, 0};
  if (!settings.auth.empty() && !state.authed) return {Verdict::kHelloNoAuth, 0, 0};
  if (n > 0) state.profile = with_resp(state.profile, version);
  if (name) set_name(state, *name);
  return {Verdict::kHello, 0, 0};
}

// Redis forgets that replies are off, but not that this one was to be skipped.
UserWord reset(ClientState &state) {
  state.authed = state.no_evict = false;
  state.name_len = 0;
  state.profile = 0;
  state.special &= kSkipThis;
  return {Verdict::kRun, 0, 0};
}

}  // namespace

UserWord evaluate_tail(const Settings &settings, ClientState &state, const weir_bytes *args, uint32_t n) {
  std::string_view command = kCommands[state.cmd].full_name();
  if (command == "auth") return auth(settings, state, args, n);
  if (command == "hello") return hello(settings, state, args, n);
  if (command == "reset") return reset(state);
  if (command == "select") return n == 1 ? evaluate_select(settings, state, args[0]) : UserWord{Verdict::kSyntax, 0, 0};
  return set_client_option(kSubcommands[state.sub].full_name(), state, args, n);
}

}  // namespace weir::redis
