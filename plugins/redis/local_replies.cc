#include "local_replies.h"

#include <cstdio>

#include "error_replies.h"
#include "numbers.h"
#include "writer.h"

namespace weir::redis {

namespace {

// More arguments than any local answer looks at; COMMAND INFO alone takes a list.
constexpr uint32_t kFewArguments = 64;
constexpr uint32_t kManyArguments = 4096;

struct Answer {
  const Settings &settings;
  const weir_scope *scope;
  const ClientState *state;
  const Command &command;
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

  weir_status select() const {
    int64_t db = 0;
    if (!parse_integer(args[1].ptr, args[1].len, db))
      return write_verdict(scope, command, {Verdict::kNotInteger, 0, 0}, args, out);
    if (db == settings.db) return ok();
    char line[160];
    std::snprintf(line, sizeof(line),
                  "ERR SELECT is not supported: this pool uses database %lld; set redis_db to use another",
                  static_cast<long long>(settings.db));
    return write_error(scope, line, out);
  }

  weir_status hello() const {
    Writer w(scope, out);
    w.lit("*14\r\n$6\r\nserver\r\n$4\r\nweir\r\n$7\r\nversion\r\n").bulk(settings.version);
    w.lit("$5\r\nproto\r\n:2\r\n$2\r\nid\r\n").head(':', scope->conn_id);
    w.lit("$4\r\nmode\r\n$10\r\nstandalone\r\n$4\r\nrole\r\n$6\r\nmaster\r\n$7\r\nmodules\r\n*0\r\n");
    return w.status();
  }

  weir_status info() const {
    char text[256];
    int n = std::snprintf(text, sizeof(text),
                          "# Server\r\nweir_version:%s\r\nredis_mode:proxy\r\n\r\n"
                          "# Note\r\nnote:this pool has several servers; ask each for its own INFO\r\n",
                          settings.version.c_str());
    return Writer(scope, out).bulk({text, static_cast<size_t>(n)}).status();
  }

  weir_status client(std::string_view name) const {
    Writer w(scope, out);
    if (name == "client|id") return w.head(':', scope->conn_id).status();
    if (name != "client|getname") return ok();
    if (!state || state->name_len == 0) return w.lit("$-1\r\n").status();
    return w.bulk({state->name, state->name_len}).status();
  }

  weir_status run() const {
    std::string_view name = command.full_name();
    if (name == "ping") return ping();
    if (name == "echo") return echo(1);
    if (name == "select") return select();
    if (name == "hello") return hello();
    if (name == "info") return info();
    if (name == "reset") return Writer(scope, out).lit("+RESET\r\n").status();
    if (name.starts_with("client|")) return client(name);
    if (name == "command" || name.starts_with("command|")) return answer_command(scope, name, args, out);
    return ok();  // quit, auth, readonly, readwrite
  }
};

}  // namespace

weir_status answer_locally(const Settings &settings, const weir_scope *scope, const weir_req *req, weir_out *out) {
  UserWord word = UserWord::unpack(req->user);
  const Command &command = command_of(req->cmd, word.sub);
  Arguments args;
  uint32_t most = command.full_name().starts_with("command|") ? kManyArguments : kFewArguments;
  if (!args.read(scope, out->peek(out, 0, 0, req->size), req->size, most)) return WEIR_E_FAIL;
  bool runs = word.verdict == Verdict::kRun || word.verdict == Verdict::kOk || word.verdict == Verdict::kHello;
  if (!runs) return write_verdict(scope, command, word, args, out);
  return Answer{settings, scope, static_cast<const ClientState *>(scope->state), command, args, out}.run();
}

}  // namespace weir::redis
