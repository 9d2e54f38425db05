// The order of the checks is memcached 1.6.18's, since a line with two faults gets the text of the first.
//
// noreply. A reply that nobody waits for would be handed to whoever asked next on that server connection, so weir does
// not trust "noreply" to be silent. memcached 1.6.18 keeps silent about misses, bad data chunks and values over its
// item size, but not when it runs out of memory for the reply, and older servers answer "SERVER_ERROR object too large
// for cache" regardless. So the word is taken out on the way (WEIR_REQ_RENDER), the server answers like any other
// request, and the client sees nothing of it (WEIR_REQ_MUTE): a reply of some 8 bytes buys certainty about whose it is.
//
// Framing. Where memcached's opinion of a storage line may differ between versions, or from weir's, its data would be
// taken for commands. Such lines (numbers only strtol() understands, flags over 32 bits, a NUL) never reach a server:
// they are refused here and their data is skipped, as the server the client has in mind would read it.
#include "line_reader.h"

#include <cstring>
#include <string_view>

#include "command_table.h"
#include "line_tokens.h"
#include "meta_line.h"
#include "request_word.h"
#include "stats_kinds.h"

namespace weir::memcache {
namespace {

class LineReader {
 public:
  LineReader(const Settings &settings, uint16_t cmd, const uint8_t *begin, const uint8_t *end, uint64_t line_size,
             bool pipelined)
      : words_(begin, end), settings_(settings), begin_(begin), end_(end), size_(line_size), pipelined_(pipelined) {
    out_.req.cmd = cmd;
    noreply_ = words_.count > 1 && words_.last().is("noreply", kNoReplyLen);
  }
  LineRequest read(Shape shape);

 private:
  bool has(uint32_t least, uint32_t most) const { return words_.count >= least && words_.count <= most; }
  const Token &word(uint32_t i) const { return words_.at[i]; }
  uint64_t offset(const Token &token) const { return static_cast<uint64_t>(token.ptr - begin_); }

  void say(Local what) {
    out_.req.route = WEIR_ROUTE_LOCAL;
    out_.req.user = static_cast<uint64_t>(what);
  }
  void refuse(Local what) {  // as memcached does once it has looked for noreply
    if (noreply_)
      out_.req.route = WEIR_ROUTE_DROP;
    else
      say(what);
  }
  void forward(uint8_t route, const Token *key);
  void forward_key() { forward(WEIR_ROUTE_KEY, &word(1)); }
  bool key_too_long() {
    if (word(1).len <= kMaxKey) return false;
    refuse(Local::kBadFormat);
    return true;
  }

  void store(bool is_cas);
  void arith();
  void remove();
  void touch();
  void verbosity();
  void flush();
  void version();
  void quit();
  void stats();
  void meta();
  bool fits(const MetaLine &line);
  void administer(Shape shape);
  void unknown();

  Words words_;
  const Settings &settings_;
  const uint8_t *begin_, *end_;
  uint64_t size_;
  bool pipelined_, noreply_;
  LineRequest out_{};
};

void LineReader::forward(uint8_t route, const Token *key) {
  if (words_.has_nul) return refuse(Local::kBadFormat);  // the server would see a shorter line
  RequestWord user;
  out_.req.route = route;
  if (key) {
    user.key_off = static_cast<uint32_t>(offset(*key));
    user.key_len = key->len;
    out_.req.key_count = 1;
    out_.key = {user.key_off, key->len, static_cast<uint32_t>(offset(word(0))), user.key_off, key->len};
  }
  if (noreply_) {
    user.left_out = static_cast<uint32_t>(offset(words_.last()));
    out_.req.flags |= WEIR_REQ_MUTE | WEIR_REQ_RENDER;
  }
  out_.req.user = pack(user);
}

void LineReader::store(bool is_cas) {
  uint32_t least = is_cas ? 6 : 5;
  if (!has(least, least + 1)) return say(Local::kError);
  if (key_too_long()) return;
  Decimal flags = read_unsigned(word(2)), exptime = read_signed(word(3)), bytes = read_signed(word(4));
  Decimal unique = is_cas ? read_unsigned(word(5)) : Decimal{Reading::kGood, false, 0};
  bool bad = false, loose = flags.value > UINT32_MAX;
  const Reading readings[] = {flags.reading, exptime.reading, bytes.reading, unique.reading};
  for (Reading reading : readings) {
    bad |= reading == Reading::kBad;
    loose |= reading == Reading::kLoose;
  }
  if (bad || (bytes.negative && bytes.value) || bytes.value > kMaxData) return refuse(Local::kBadFormat);
  size_ += bytes.value + 2;
  if (loose) return refuse(Local::kBadFormat);
  forward_key();
}

void LineReader::arith() {
  if (!has(3, 4)) return say(Local::kError);
  if (key_too_long()) return;
  if (read_unsigned(word(2)).reading == Reading::kBad) return refuse(Local::kBadDelta);
  forward_key();
}

void LineReader::remove() {
  if (!has(2, 4)) return say(Local::kError);
  if (words_.count == 2) noreply_ = false;  // "delete noreply": that is the key
  if (words_.count > 2) {
    bool zero = word(2).is("0", 1);
    if (words_.count == 3 ? !zero && !noreply_ : !zero || !noreply_) return refuse(Local::kDeleteUsage);
  }
  if (key_too_long()) return;
  forward_key();
}

void LineReader::touch() {
  if (!has(3, 4)) return say(Local::kError);
  if (key_too_long()) return;
  if (read_signed(word(2)).reading == Reading::kBad) return refuse(Local::kBadExptime);
  forward_key();
}

void LineReader::verbosity() {
  if (!has(2, 3)) return say(Local::kError);
  if (read_unsigned(word(1)).reading == Reading::kBad) return refuse(Local::kBadFormat);
  forward(WEIR_ROUTE_ALL, nullptr);
}

void LineReader::flush() {
  if (!has(1, 3)) return say(Local::kError);
  bool delayed = words_.count != (noreply_ ? 2u : 1u);
  if (delayed && read_signed(word(1)).reading == Reading::kBad) return refuse(Local::kBadExptime);
  forward(WEIR_ROUTE_ALL, nullptr);
}

// Clients use it to see whether the other end lives: any live server may tell.
void LineReader::version() {
  noreply_ = false;
  forward(WEIR_ROUTE_ANY, nullptr);
  out_.req.flags |= WEIR_REQ_RETRY_SAFE;
}

void LineReader::quit() {
  out_.req.route = WEIR_ROUTE_DROP;
  out_.req.flags = WEIR_REQ_CLOSE;
}

// What the words behind "stats" ask for decides how the answers of several servers become one.
void LineReader::stats() {
  StatsKind kind = StatsKind::kNumbers;
  if (words_.count > 1) {
    kind = kind_of_stats({reinterpret_cast<const char *>(word(1).ptr), word(1).len});
    if (kind == StatsKind::kAction && words_.count > 2 && word(2).is("dump", 4)) kind = StatsKind::kLists;
  }
  noreply_ = false;  // the server does not look for it
  forward(settings_.one_server ? WEIR_ROUTE_ANY : WEIR_ROUTE_ALL, nullptr);
  if (out_.req.route != WEIR_ROUTE_LOCAL) out_.req.user = pack(kind);
}

// Whether the server would read as many bytes of data as weir does; if not, it is answered here.
bool LineReader::fits(const MetaLine &line) {
  if (out_.req.cmd != kMs) return true;
  const Decimal bytes = read_signed(line.size);
  const bool bad = bytes.reading == Reading::kBad || (bytes.negative && bytes.value) || bytes.value > kMaxData;
  if (line.words < 3 || bad) return say(Local::kBadFormat), false;
  if (line.words >= kTooManyMetaWords) return say(Local::kTooManyOptions), false;
  size_ += bytes.value + 2;
  if (bytes.reading == Reading::kLoose || line.bad_number) return say(Local::kBadFormat), false;
  return true;
}

// A quiet one goes to the server without its "q", so that there is a reply to wait for; merge() keeps from the client
// what the server would have kept.
void LineReader::meta() {
  const MetaLine line = read_meta_line(out_.req.cmd, begin_, end_);
  noreply_ = false;
  if (line.words < 2) return say(out_.req.cmd == kMe ? Local::kBadFormat : Local::kError);
  if (line.key.len > kMaxKey || line.has_nul) return say(Local::kBadFormat);
  if (!fits(line)) return;
  const bool sent_quiet = line.quiet == 1 && line.words < kTooManyMetaWords;  // else the server answers with an error
  if (sent_quiet && line.quiet_word.len != 1) return say(Local::kInvalidFlag);
  RequestWord user;
  user.key_off = static_cast<uint32_t>(offset(line.key));
  user.key_len = line.key.len;
  out_.key = {user.key_off, user.key_len, line.coded, user.key_off, user.key_len};
  out_.req.key_count = 1;
  out_.req.route = WEIR_ROUTE_KEY;
  if (line.coded) out_.req.flags |= WEIR_REQ_CODED_KEYS;
  if (sent_quiet) {
    user.left_out = static_cast<uint32_t>(offset(line.quiet_word));
    out_.req.flags |= WEIR_REQ_RENDER | WEIR_REQ_TRANSFORM | WEIR_REQ_MAY_BE_EMPTY;
  }
  out_.req.user = pack(user);
}

void LineReader::administer(Shape shape) {
  if (settings_.deny_admin) return say(Local::kDenied);
  if (!settings_.one_server) return say(Local::kOneServerOnly);
  if (shape == Shape::kWatch && pipelined_) return say(Local::kWatchBehindOthers);
  forward(WEIR_ROUTE_SERVER, nullptr);  // to the only one
  // A dump of keys is refused by the server behind other commands, so it has a connection where there are none.
  const bool dumps = words_.count > 1 && (word(1).is("metadump", 8) || word(1).is("mgdump", 6));
  if (dumps && pipelined_) return say(Local::kDumpBehindOthers);
  if (dumps) out_.req.profile = kDumpProfile;
  // The server turns the connection into a log, or closes it without a word: the client must have it for its own.
  if (shape != Shape::kAdmin && out_.req.route != WEIR_ROUTE_LOCAL)
    out_.req.flags |= WEIR_REQ_LEASE_BEGIN | WEIR_REQ_STREAM_RSP | WEIR_REQ_FENCE | WEIR_REQ_MAY_BE_EMPTY;
}

// A web browser that was lured here to do harm says so in its first line, and is hung up on; as in memcached, not when
// the line begins with a letter that commands begin with.
void LineReader::unknown() {
  constexpr std::string_view kHttp = "HTTP/", kFirstLetters = "gsacidt";
  if (words_.count == 0) return say(Local::kError);
  const Token &last = words_.last();
  const bool http =
      words_.count <= Words::kMax && last.len >= kHttp.size() && std::memcmp(last.ptr, kHttp.data(), kHttp.size()) == 0;
  if (!http || word(0).len < 2 || kFirstLetters.find(static_cast<char>(*word(0).ptr)) != std::string_view::npos)
    return say(Local::kError);
  quit();
}

LineRequest LineReader::read(Shape shape) {
  switch (shape) {
    case Shape::kStore:
      store(false);
      break;
    case Shape::kCas:
      store(true);
      break;
    case Shape::kArith:
      arith();
      break;
    case Shape::kDelete:
      remove();
      break;
    case Shape::kTouch:
      touch();
      break;
    case Shape::kVersion:
      version();
      break;
    case Shape::kVerbosity:
      verbosity();
      break;
    case Shape::kFlush:
      flush();
      break;
    case Shape::kQuit:
      quit();
      break;
    case Shape::kStats:
      stats();
      break;
    case Shape::kMeta:
    case Shape::kMetaStore:
      meta();
      break;
    case Shape::kMetaNoop:
      say(Local::kMetaNoop);
      break;
    case Shape::kAdmin:
    case Shape::kShutdown:
    case Shape::kWatch:
      administer(shape);
      break;
    case Shape::kBinary:
    case Shape::kUnknown:
      unknown();
      break;
    case Shape::kGet:
    case Shape::kGat:
      say(Local::kError);
      break;
  }
  out_.req.size = size_;
  return out_;
}

}  // namespace

LineRequest read_line(const Settings &settings, uint16_t cmd, const uint8_t *begin, const uint8_t *end,
                      uint64_t line_size, bool pipelined) {
  return LineReader(settings, cmd, begin, end, line_size, pipelined).read(command(cmd).shape);
}

LineRequest local_line(uint16_t cmd, uint64_t size, Local what) {
  LineRequest line = {};
  line.req.size = size;
  line.req.cmd = cmd;
  line.req.route = WEIR_ROUTE_LOCAL;
  line.req.user = static_cast<uint64_t>(what);
  return line;
}

}  // namespace weir::memcache
