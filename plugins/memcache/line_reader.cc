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

#include "command_table.h"
#include "line_tokens.h"
#include "request_word.h"

namespace weir::memcache {
namespace {

class LineReader {
 public:
  LineReader(uint16_t cmd, const uint8_t *begin, const uint8_t *end, uint64_t line_size)
      : words_(begin, end), begin_(begin), size_(line_size) {
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
  void meta();
  void meta_store();

  Words words_;
  const uint8_t *begin_;
  uint64_t size_;
  bool noreply_;
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
    user.noreply_off = static_cast<uint32_t>(offset(words_.last()));
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

void LineReader::meta() {
  bool needs_key = !word(0).is("mn", 2);
  say(needs_key && words_.count < 2 ? Local::kError : Local::kMeta);
}

void LineReader::meta_store() {
  if (words_.count < 2) return say(Local::kError);
  Decimal bytes = words_.count > 2 ? read_signed(word(2)) : Decimal{};
  bool bad = bytes.reading == Reading::kBad || (bytes.negative && bytes.value) || bytes.value > kMaxData;
  if (bad || word(1).len > kMaxKey) return say(Local::kBadFormat);
  size_ += bytes.value + 2;
  say(Local::kMeta);
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
      say(Local::kStats);
      break;
    case Shape::kMeta:
      meta();
      break;
    case Shape::kMetaStore:
      meta_store();
      break;
    case Shape::kRefused:
      say(Local::kRefused);
      break;
    case Shape::kUnknown:
    case Shape::kGet:
    case Shape::kGat:
      say(Local::kError);
      break;
  }
  out_.req.size = size_;
  return out_;
}

}  // namespace

LineRequest read_line(uint16_t cmd, const uint8_t *begin, const uint8_t *end, uint64_t line_size) {
  return LineReader(cmd, begin, end, line_size).read(command(cmd).shape);
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
