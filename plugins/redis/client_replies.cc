#include "client_replies.h"

#include <cstdio>

#include "client_state.h"
#include "command_lookup.h"
#include "error_replies.h"
#include "session.h"

namespace weir::redis {

namespace {

constexpr size_t kMostLine = 768;
enum class Type : uint8_t { kNormal, kOther, kUnknown };

bool is(const weir_bytes &arg, std::string_view word) {
  return same_word(arg.ptr, arg.len, word);
}
Type type_of(const weir_bytes &arg) {
  if (is(arg, "normal")) return Type::kNormal;
  for (std::string_view other : {"slave", "replica", "pubsub", "master"})
    if (is(arg, other)) return Type::kOther;
  return Type::kUnknown;
}

class ClientAnswer {
 public:
  ClientAnswer(const Settings &settings, const weir_scope *scope, const weir_req *req, const Arguments &args,
               weir_out *out)
      : settings_(settings), scope_(scope), req_(req), args_(args), out_(out), w_(scope, out) {}

  weir_status run(std::string_view form) {
    if (form == "id") return w_.head(':', scope_->conn_id).status();
    if (form == "getname") return name();
    if (form == "info") return text(true);
    if (form == "list") return list();
    if (form == "kill") return args_.count() == 3 ? kill_address() : kill_by_filters();
    if (form == "getredir") return w_.lit(":-1\r\n").status();
    if (form == "trackinginfo") return tracking_info();
    if (form == "tracking") return tracking();
    if (form == "unblock") return unblock();
    if (form == "caching")
      return error(
          "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode "
          "enabled");
    return w_.lit("+OK\r\n").status();
  }

 private:
  bool resp3() const { return is_resp3(req_->profile); }
  const ClientState &state() const { return *static_cast<const ClientState *>(scope_->state); }
  weir_status error(std::string_view text) { return write_error(scope_, text, out_); }
  weir_status error(const char *before, const weir_bytes &quoted) {
    char line[200];
    int n =
        std::snprintf(line, sizeof(line), "%s '%.*s'", before, static_cast<int>(quoted.len < 128 ? quoted.len : 128),
                      reinterpret_cast<const char *>(quoted.ptr));
    return error({line, static_cast<size_t>(n)});
  }

  weir_status name() {
    if (state().name_len == 0) return w_.lit(resp3() ? "_\r\n" : "$-1\r\n").status();
    return w_.bulk({state().name, state().name_len}).status();
  }

  bool about(weir_client_about &out) const {
    out = {};
    out.struct_size = sizeof(out);
    return settings_.client && settings_.client->about(scope_, &out) == WEIR_OK;
  }

  // In the words and the order of redis 7.0. What only its own buffers would tell is 0.
  weir_status text(bool self) {
    char line[kMostLine];
    int n = 0;
    weir_client_about me;
    if (self && about(me))
      n = std::snprintf(
          line, sizeof(line),
          "id=%llu addr=%.*s laddr=%.*s fd=%d name=%.*s age=%llu idle=0 flags=%s db=%lld sub=0 psub=0 ssub=0 multi=-1 "
          "qbuf=%llu qbuf-free=0 argv-mem=0 multi-mem=0 rbs=0 rbp=0 obl=0 oll=0 omem=0 tot-mem=0 events=r "
          "cmd=client|%s "
          "user=default redir=-1 resp=%d\n",
          static_cast<unsigned long long>(scope_->conn_id), static_cast<int>(me.peer.len),
          reinterpret_cast<const char *>(me.peer.ptr), static_cast<int>(me.local.len),
          reinterpret_cast<const char *>(me.local.ptr), me.descriptor, int{state().name_len}, state().name,
          static_cast<unsigned long long>(me.age_us / 1000000), state().no_evict ? "e" : "N",
          static_cast<long long>(database_of(settings_, req_->profile)), static_cast<unsigned long long>(req_->size),
          is(args_[1], "info") ? "info" : "list", resp3() ? 3 : 2);
    size_t len = n < 0 ? 0 : static_cast<size_t>(n) < sizeof(line) ? static_cast<size_t>(n) : sizeof(line) - 1;
    if (!resp3()) return w_.bulk({line, len}).status();
    return w_.head('=', len + 4).lit("txt:").copy(line, len).lit("\r\n").status();
  }

  weir_status list() {
    bool self = args_.count() == 2;
    if (args_.count() == 4 && is(args_[2], "type")) {
      Type type = type_of(args_[3]);
      if (type == Type::kUnknown) return error("Unknown client type", args_[3]);
      self = type == Type::kNormal;
    } else if (args_.count() > 3 && is(args_[2], "id")) {
      for (uint32_t i = 3; i < args_.count(); ++i) {
        int64_t id = 0;
        if (!parse_integer(args_[i].ptr, args_[i].len, id)) return error("Invalid client ID");
        self |= static_cast<uint64_t>(id) == scope_->conn_id;
      }
    } else if (!self) {
      return error("syntax error");
    }
    return text(self);
  }

  bool mine(const weir_bytes &address, const weir_bytes &given) const {
    return address.len == given.len && std::memcmp(address.ptr, given.ptr, given.len) == 0;
  }

  weir_status kill_address() {
    weir_client_about me;
    if (!about(me) || !mine(me.peer, args_[2])) return error("No such client");
    out_->flags |= WEIR_OUT_CLOSE;
    return w_.lit("+OK\r\n").status();
  }

  weir_status kill_by_filters() {
    weir_client_about me;
    bool self = about(me), skip_me = true;
    for (uint32_t i = 2; i < args_.count(); i += 2) {
      if (i + 1 >= args_.count()) return error("syntax error");
      const weir_bytes &value = args_[i + 1];
      int64_t id = 0;
      if (is(args_[i], "id")) {
        if (!parse_integer(value.ptr, value.len, id) || id < 1) return error("client-id should be greater than 0");
        self &= static_cast<uint64_t>(id) == scope_->conn_id;
      } else if (is(args_[i], "type")) {
        Type type = type_of(value);
        if (type == Type::kUnknown) return error("Unknown client type", value);
        self &= type == Type::kNormal;
      } else if (is(args_[i], "addr")) {
        self = self && mine(me.peer, value);
      } else if (is(args_[i], "laddr")) {
        self = self && mine(me.local, value);
      } else if (is(args_[i], "user")) {
        if (value.len != 7 || std::memcmp(value.ptr, "default", 7) != 0) return error("No such user", value);
      } else if (is(args_[i], "skipme") && (is(value, "yes") || is(value, "no"))) {
        skip_me = is(value, "yes");
      } else {
        return error("syntax error");
      }
    }
    if (!self || skip_me) return w_.lit(":0\r\n").status();
    out_->flags |= WEIR_OUT_CLOSE;
    return w_.lit(":1\r\n").status();
  }

  // The client itself is not blocked.
  weir_status unblock() {
    int64_t id = 0;
    if (args_.count() == 4 && !is(args_[3], "timeout") && !is(args_[3], "error"))
      return error("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
    if (args_.count() > 4)
      return error("unknown subcommand or wrong number of arguments for 'UNBLOCK'. Try CLIENT HELP.");
    if (!parse_integer(args_[2].ptr, args_[2].len, id)) return error("value is not an integer or out of range");
    return w_.lit(":0\r\n").status();
  }

  weir_status tracking_info() {
    w_.lit(resp3() ? "%3\r\n$5\r\nflags\r\n~1\r\n" : "*6\r\n$5\r\nflags\r\n*1\r\n");
    return w_.lit("$3\r\noff\r\n$8\r\nredirect\r\n:-1\r\n$8\r\nprefixes\r\n*0\r\n").status();
  }
  weir_status tracking() {
    if (is(args_[2], "off") && args_.count() == 3) return w_.lit("+OK\r\n").status();
    if (!is(args_[2], "on") && !is(args_[2], "off")) return error("syntax error");
    return error(
        "'client|tracking' is not supported: server connections are shared, so a server cannot tell weir's clients "
        "apart");
  }

  const Settings &settings_;
  const weir_scope *scope_;
  const weir_req *req_;
  const Arguments &args_;
  weir_out *out_;
  Writer w_;
};

}  // namespace

weir_status answer_client(const Settings &settings, const weir_scope *scope, const weir_req *req,
                          const Command &command, const Arguments &args, weir_out *out) {
  std::string_view name = command.full_name();
  return ClientAnswer(settings, scope, req, args, out).run(name.substr(name.find('|') + 1));
}

}  // namespace weir::redis
