#include "local_replies.h"

#include <cstdio>

#include "client_replies.h"
#include "error_replies.h"
#include "numbers.h"
#include "session.h"
#include "writer.h"

namespace weir::redis {

namespace {

// More arguments than any local answer looks at; CLIENT LIST ID alone takes a list.
constexpr uint32_t kMostArguments = 4096;
// HELLO says what clients want to know: of which redis the commands are.
constexpr std::string_view kSpoken = "7.0.15";

struct Answer {
  const Settings &settings;
  const weir_scope *scope;
  const weir_req *req;
  const Command &command;
  Verdict verdict;
  const Arguments &args;
  weir_out *out;

  weir_status ok() const { return Writer(scope, out).lit("+OK\r\n").status(); }
  weir_status arity() const { return write_verdict(scope, command, {Verdict::kArity, 0, 0}, args, out); }

  weir_status echo(uint32_t i) const {
    Writer w(scope, out);
    w.head('$', args[i].len);
    if (args.in_message(i))
      w.ref(0, args.offset(i), args[i].len);
    else
      w.mem(args[i].ptr, args[i].len);
    return w.lit("\r\n").status();
  }

  weir_status ping() const {
    if (args.count() > 2) return arity();
    if (args.count() == 2) return echo(1);
    return Writer(scope, out).lit("+PONG\r\n").status();
  }

  weir_status refuse_select() const {
    char line[160];
    std::snprintf(line, sizeof(line),
                  "ERR SELECT is not allowed: this pool uses database %lld; it must say select: allow",
                  static_cast<long long>(settings.db));
    return write_error(scope, line, out);
  }

  weir_status hello() const {
    Writer w(scope, out);
    bool resp3 = is_resp3(req->profile);
    w.lit(resp3 ? "%7\r\n" : "*14\r\n").lit("$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n").bulk(kSpoken);
    w.lit(resp3 ? "$5\r\nproto\r\n:3\r\n" : "$5\r\nproto\r\n:2\r\n").lit("$2\r\nid\r\n").head(':', scope->conn_id);
    w.lit("$4\r\nmode\r\n$10\r\nstandalone\r\n$4\r\nrole\r\n$6\r\nmaster\r\n$7\r\nmodules\r\n*0\r\n");
    return w.status();
  }

  weir_status run() const {
    std::string_view name = command.full_name();
    if (name == "ping") return ping();
    if (name == "echo") return echo(1);
    if (name == "select" && verdict == Verdict::kRun) return refuse_select();
    if (name == "hello") return hello();
    if (name == "reset") return Writer(scope, out).lit("+RESET\r\n").status();
    if (name == "role") return Writer(scope, out).lit("*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n").status();
    if (name.starts_with("cluster|")) return write_error(scope, "This instance has cluster support disabled", out);
    if (name == "acl|whoami") return Writer(scope, out).lit("$7\r\ndefault\r\n").status();
    if (name.starts_with("client|")) return answer_client(settings, scope, req, command, args, out);
    return ok();  // quit, auth, readonly, readwrite
  }
};

}  // namespace

weir_status answer_locally(const Settings &settings, const weir_scope *scope, const weir_req *req, weir_out *out) {
  UserWord word = UserWord::unpack(req->user);
  if (is_transaction_answer(word.verdict)) return answer_transaction(scope, req, out);
  if (word.verdict == Verdict::kPong || word.verdict == Verdict::kNotSubscribed)
    return answer_subscription(scope, req, out);
  if (req->flags & WEIR_REQ_MAY_BE_EMPTY) return WEIR_OK;  // CLIENT REPLY OFF
  const Command &command = command_of(req->cmd, word.sub);
  Arguments args;
  if (!args.read(scope, out->peek(out, 0, 0, req->size), req->size, kMostArguments)) return WEIR_E_FAIL;
  bool runs = word.verdict == Verdict::kRun || word.verdict == Verdict::kOk || word.verdict == Verdict::kHello;
  if (!runs) return write_verdict(scope, command, word, args, out);
  return Answer{settings, scope, req, command, word.verdict, args, out}.run();
}

}  // namespace weir::redis
