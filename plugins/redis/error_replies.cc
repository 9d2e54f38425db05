#include "error_replies.h"

#include "reasons.h"

namespace weir::redis {

namespace {

constexpr size_t kMostQuoted = 128;  // redis quotes no more of a request

bool is_code_char(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// "MOVED 1 ..." has a code of its own, "Connection refused" has none.
bool has_code(std::string_view text) {
  size_t n = 0;
  while (n < text.size() && is_code_char(text[n])) ++n;
  return n >= 2 && text[0] >= 'A' && text[0] <= 'Z' && n < text.size() && text[n] == ' ';
}

// A line of bounded length; what does not fit is left out.
class Line {
 public:
  template <class... T>
  Line &add(const T &...pieces) {
    (append(std::string_view(pieces)), ...);
    return *this;
  }
  // As "%.128s" does: up to `most` bytes, or to a NUL.
  Line &quote(const weir_bytes &arg, size_t most = kMostQuoted) {
    std::string_view text(reinterpret_cast<const char *>(arg.ptr), arg.len < most ? arg.len : most);
    append(text.substr(0, text.find('\0')));
    return *this;
  }
  size_t size() const { return len_; }
  std::string_view view() const { return {text_, len_}; }

 private:
  void append(std::string_view piece) {
    size_t n = piece.size() < sizeof(text_) - len_ ? piece.size() : sizeof(text_) - len_;
    std::memcpy(text_ + len_, piece.data(), n);
    len_ += n;
  }
  char text_[768];
  size_t len_ = 0;
};

void unknown_command(const Arguments &args, Line &line) {
  line.add("unknown command '");
  if (args.count()) line.quote(args[0]);
  line.add("', with args beginning with: ");
  size_t start = line.size();
  for (uint32_t i = 1; i < args.count() && line.size() - start < kMostQuoted; ++i) {
    size_t room = kMostQuoted - (line.size() - start);
    line.add("'").quote(args[i], room).add("' ");
  }
}

void unknown_subcommand(const Arguments &args, Line &line) {
  char container[32];
  size_t n = 0;
  for (; args.count() && n < args[0].len && n < sizeof(container); ++n) {
    char c = static_cast<char>(args[0].ptr[n]);
    container[n] = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  }
  line.add("unknown subcommand '");
  if (args.count() > 1) line.quote(args[1]);
  line.add("'. Try ", std::string_view(container, n), " HELP.");
}

// The text of a verdict that says nothing about the request; empty for the others.
std::string_view fixed_text(Verdict verdict) {
  switch (verdict) {
    case Verdict::kNoAuth:
      return "NOAUTH Authentication required.";
    case Verdict::kNotInteger:
      return "value is not an integer or out of range";
    case Verdict::kNotInt:
      return "value is out of range, value must between -2147483648 and 2147483647";
    case Verdict::kTooManyKeys:
      return "Number of keys can't be greater than number of args";
    case Verdict::kNegativeKeys:
      return "Number of keys can't be negative";
    case Verdict::kNotPositive:
      return "numkeys should be greater than 0";
    case Verdict::kSyntax:
      return "syntax error";
    case Verdict::kUnbalancedStreams:
      return "Unbalanced XREAD list of streams: for each stream key an ID or '$' must be specified.";
    case Verdict::kEscapedKey:
      return "keys with quoted escapes are not supported in inline commands; use a RESP client such as redis-cli";
    case Verdict::kBadCursor:
      return "invalid cursor";
    case Verdict::kStrayCursor:
      return "invalid cursor: it names a server that the pool does not have; begin again with SCAN 0";
    case Verdict::kAuthWrong:
      return "WRONGPASS invalid username-password pair or user is disabled.";
    case Verdict::kAuthNotNeeded:
      // The words of twemproxy, then those of redis: clients look for either.
      return "ERR Client sent AUTH, but no password is set. AUTH <password> called without any password configured "
             "for the default user. Are you sure your configuration is correct?";
    case Verdict::kHelloProtocol:
      return "NOPROTO unsupported protocol version";
    case Verdict::kHelloVersion:
      return "Protocol version is not an integer or out of range";
    case Verdict::kHelloNoAuth:
      return "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> "
             "<pass> option can be used to authenticate the client and select the RESP protocol version at the same "
             "time";
    case Verdict::kNestedMulti:
      return "ERR MULTI calls can not be nested";
    case Verdict::kExecAlone:
      return "ERR EXEC without MULTI";
    case Verdict::kDiscardAlone:
      return "ERR DISCARD without MULTI";
    case Verdict::kWatchInside:
      return "ERR WATCH inside MULTI is not allowed";
    case Verdict::kQueueFull:
      return "too many commands without a key at the beginning of a transaction; weir keeps 1,024 of them, 64 KiB in "
             "all, until a key tells their server";
    case Verdict::kMixed:
      return "this connection has either subscriptions or a transaction; use another one";
    case Verdict::kBadName:
      return "Client names cannot contain spaces, newlines or special characters.";
    case Verdict::kLongName:
      return "weir keeps client names of up to 128 bytes; use a shorter one";
    default:
      return {};
  }
}

}  // namespace

weir_status write_error(const weir_scope *scope, std::string_view text, weir_out *out) {
  Writer w(scope, out);
  w.lit(has_code(text) ? "-" : "-ERR ");
  if (!text.empty()) {
    uint8_t *place = w.alloc(text.size());
    if (!place) return w.status();
    for (size_t i = 0; i < text.size(); ++i) {
      bool breaks = text[i] == '\r' || text[i] == '\n' || text[i] == '\0';
      place[i] = breaks ? ' ' : static_cast<uint8_t>(text[i]);
    }
    w.mem(place, text.size());
  }
  return w.lit("\r\n").status();
}

weir_status write_core_error(const weir_scope *scope, uint32_t err, std::string_view text, weir_out *out) {
  switch (err) {
    case WEIR_ERR_CROSS:
      return write_error(scope,
                         "CROSSSLOT Keys in request don't hash to the same server; give them a common hash tag "
                         "(set hash_tag in the pool)",
                         out);
    case WEIR_ERR_ABORTED:
      return write_error(scope, "EXECABORT Transaction discarded because of previous errors.", out);
    case WEIR_ERR_TIMEOUT:
      return write_error(scope, text.empty() ? "Connection timed out" : text, out);
    case WEIR_ERR_NO_SERVER:
      return write_error(scope, text.empty() ? "Connection refused" : text, out);
    case WEIR_ERR_UPSTREAM:
      return write_error(scope, text.empty() ? "Connection reset by peer" : text, out);
    case WEIR_ERR_OVERLOAD:
      return write_error(scope, text.empty() ? "max number of clients reached" : text, out);
    case WEIR_ERR_SHUTDOWN:
      return write_error(scope, text.empty() ? "weir is shutting down" : text, out);
    case WEIR_ERR_TOO_BIG:
      return write_error(
          scope, text.empty() ? "the request is larger than weir accepts (request_limit, max_keys)" : text, out);
    case WEIR_ERR_REJECTED:
      return write_error(scope, text.empty() ? "refused by a filter" : text, out);
    case WEIR_ERR_AUTH:
      return write_error(scope, text.empty() ? "the server refused weir's password (redis_auth)" : text, out);
    default:
      return write_error(scope, text.empty() ? "weir could not handle this request" : text, out);
  }
}

weir_status write_verdict(const weir_scope *scope, const Command &command, UserWord word, const Arguments &args,
                          weir_out *out) {
  std::string_view fixed = fixed_text(word.verdict);
  if (!fixed.empty()) return write_error(scope, fixed, out);
  Line line;
  std::string_view name = command.full_name();
  switch (word.verdict) {
    case Verdict::kUnknown:
      unknown_command(args, line);
      break;
    case Verdict::kUnknownSub:
      unknown_subcommand(args, line);
      break;
    case Verdict::kArity:
    case Verdict::kOddPairs:
      line.add("wrong number of arguments for '", name, "' command");
      break;
    case Verdict::kNoInputKey:
      line.add("at least 1 input key is needed for '", name, "' command");
      break;
    case Verdict::kAdmin:
      line.add("'", name, "' is an administrative command; the pool must say admin_commands: allow to forward it");
      break;
    case Verdict::kRefused:
      line.add("'", name, "' is not supported: ", reason(command.why()));
      break;
    case Verdict::kConcernsOne:
      line.add("'", name, "' is not supported: ");
      line.add(name == "scan" ? reason(Why::kCursor) : "it concerns one server, and this pool has several",
               "; ask a server itself");
      break;
    case Verdict::kNotInside:
      line.add("'", name, "' is not supported inside a transaction");
      break;
    case Verdict::kHoldsLease:
      line.add("'", name, "' is not supported between WATCH or MULTI and EXEC, nor while subscribed");
      break;
    case Verdict::kConcernsAll:
      line.add("'", name, "' is not supported inside a transaction: it concerns all servers, and a transaction one");
      break;
    case Verdict::kSubscribedOnly:
      line.add("Can't execute '", name,
               "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in ", "this context");
      break;
    case Verdict::kHelloOption:
      line.add("Syntax error in HELLO option '");
      if (word.arg < args.count()) line.quote(args[word.arg]);
      line.add("'");
      break;
    default:
      line.add("weir could not handle this request");
  }
  return write_error(scope, line.view(), out);
}

}  // namespace weir::redis
