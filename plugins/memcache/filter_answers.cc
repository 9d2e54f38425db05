#include "filter_answers.h"

#include <weir/inline.h>

#include <cstring>
#include <string_view>

#include "command_table.h"
#include "line_tokens.h"
#include "local_replies.h"
#include "meta_line.h"
#include "packet_answers.h"
#include "reply_line.h"
#include "request_word.h"

namespace weir::memcache {
namespace {

constexpr uint64_t kMostBytes = 16 * 1024 * 1024;  // of a value that is said for each key
constexpr std::string_view kNoNumber = "a filter answered with a number that is none";

std::string_view view(weir_bytes text) {
  return {reinterpret_cast<const char *>(text.ptr), text.len};
}
weir_bytes bytes_of(std::string_view text) {
  return {reinterpret_cast<const uint8_t *>(text.data()), text.size()};
}

// Text that grows in the arena, to a length known before.
class Block {
 public:
  Block(const weir_scope *scope, uint64_t room)
      : begin_(static_cast<uint8_t *>(scope->arena->alloc(scope->arena, room, 1))), end_(begin_) {}
  bool ok() const { return begin_ != nullptr; }
  Block &add(const void *from, uint64_t len) {
    if (len) std::memcpy(end_, from, len);
    end_ += len;
    return *this;
  }
  Block &add(std::string_view text) { return add(text.data(), text.size()); }
  Block &number(uint64_t value) {
    char digits[20];
    uint32_t n = 0;
    for (; n == 0 || value != 0; value /= 10) digits[19 - n++] = static_cast<char>('0' + value % 10);
    return add(digits + 20 - n, n);
  }
  weir_status push(weir_out *out) const { return weir_push_mem(out, begin_, static_cast<uint64_t>(end_ - begin_)); }

 private:
  uint8_t *begin_, *end_;
};

class FilterAnswer {
 public:
  FilterAnswer(const weir_scope *scope, const weir_req *req, uint32_t answer, weir_bytes text, weir_out *out)
      : scope_(scope), req_(req), answer_(answer), text_(text), out_(out), command_(command(req->cmd)) {}

  weir_status run() {
    const bool has_value = answer_ == WEIR_ERR_ANSWER || answer_ == WEIR_ERR_ANSWER_INT;
    if (answer_ == WEIR_ERR_ANSWER_INT && !is_number(view(text_))) return fail(kNoNumber);
    if (is_meta(command_.shape)) return meta(has_value);
    switch (command_.shape) {
      case Shape::kGet:
      case Shape::kGat:
        return has_value ? values() : line("END");
      case Shape::kStore:
        return chosen(command_.answers, "STORED", "NOT_STORED");
      case Shape::kCas:
        return chosen(command_.answers, "STORED", "NOT_FOUND");
      case Shape::kDelete:
        return chosen(command_.answers, "DELETED", "NOT_FOUND");
      case Shape::kTouch:
        return chosen(command_.answers, "TOUCHED", "NOT_FOUND");
      case Shape::kArith:
        if (answer_ == WEIR_ERR_ANSWER && classify(view(text_)) == kAnswerNone) return fail(kNoNumber);
        return chosen(command_.answers, "0", "NOT_FOUND");
      case Shape::kStats:
        return line("END");
      case Shape::kVersion:
        return has_value ? answer_line("VERSION ", text_) : line("VERSION 0");
      case Shape::kMetaNoop:
        return line("MN");
      default:
        return answer_ == WEIR_ERR_ANSWER && text_.len > 0 ? answer_line({}, text_) : line("OK");
    }
  }

 private:
  weir_status fail(std::string_view why) { return answer_error(scope_, WEIR_ERR_INTERNAL, bytes_of(why), out_); }
  weir_status answer_line(std::string_view before, weir_bytes text) { return push_line(scope_, before, text, out_); }
  weir_status line(std::string_view text) { return answer_line({}, bytes_of(text)); }

  // A filter may name one of the answers that the command knows; any other value is a success.
  weir_status chosen(uint16_t known, std::string_view done, std::string_view none) {
    if (answer_ == WEIR_ERR_ANSWER_NONE) return line(none);
    const bool is_word = answer_ == WEIR_ERR_ANSWER && (classify(view(text_)) & known);
    const bool number = answer_ == WEIR_ERR_ANSWER_INT && (known & kAnswerNumber);
    return is_word || number ? answer_line({}, text_) : line(done);
  }

  // The line of the request, without its end.
  bool read_line(const uint8_t *&begin, const uint8_t *&end) {
    begin = out_->peek(out_, 0, 0, req_->size);
    const auto *feed = begin ? static_cast<const uint8_t *>(std::memchr(begin, '\n', req_->size)) : nullptr;
    if (!feed) return false;
    end = feed > begin && feed[-1] == '\r' ? feed - 1 : feed;
    return true;
  }

  // "VALUE <key> 0 <len>[ 0]\r\n<text>\r\n" for each key, and END.
  weir_status values() {
    const bool with_cas = command_.name[command_.name_len - 1] == 's';
    const uint8_t *p, *end;
    if (!read_line(p, end)) return WEIR_E_FAIL;
    if (text_.len > kMostBytes || req_->key_count * text_.len > kMostBytes)
      return fail("a filter's answer is too large for so many keys");
    Block tail(scope_, text_.len + 40);
    if (!tail.ok()) return WEIR_E_NOMEM;
    tail.add(" 0 ").number(text_.len).add(with_cas ? " 0\r\n" : "\r\n").add(text_.ptr, text_.len).add("\r\n");
    const uint8_t *const begin = p;
    for (p += unpack(req_->user).key_off; p < end;) {
      const uint8_t *stop = word_end(p, end);
      if (stop == p) {
        ++p;
        continue;
      }
      weir_status st = weir_push_lit(out_, "VALUE ", 6);
      if (st == WEIR_OK) st = weir_push_ref(out_, 0, static_cast<uint64_t>(p - begin), static_cast<uint64_t>(stop - p));
      if (st == WEIR_OK) st = tail.push(out_);
      if (st != WEIR_OK) return st;
      p = stop;
    }
    return weir_push_lit(out_, "END\r\n", 5);
  }

  weir_status meta(bool has_value) {
    const uint8_t *begin, *end;
    if (!read_line(begin, end)) return WEIR_E_FAIL;
    const MetaLine asked = read_meta_line(req_->cmd, begin, end);
    const bool shows = has_value && (req_->cmd == kMg || req_->cmd == kMa) && has_flag(begin, end, 'v');
    std::string_view code = shows ? "VA" : "HD";
    if (answer_ == WEIR_ERR_ANSWER_NONE) {
      const bool reads = req_->cmd == kMg || req_->cmd == kMe;
      code = reads ? "EN" : req_->cmd == kMs ? "NS" : "NF";
    } else if (req_->cmd == kMa && answer_ == WEIR_ERR_ANSWER && !is_number(view(text_))) {
      return fail(kNoNumber);
    } else if (req_->cmd == kMe) {
      return has_value ? answer_line("ME ", text_) : line("EN");
    }
    if (unpack(req_->user).left_out && is_kept_quiet(req_->cmd, code)) return WEIR_OK;
    const auto line_len = static_cast<uint64_t>(end - begin);
    if (text_.len > kMostBytes) return fail("a filter's answer is too large");
    Block block(scope_, 2 * line_len + 20 * kTooManyMetaWords + 64 + text_.len);
    if (!block.ok()) return WEIR_E_NOMEM;
    block.add(code);
    if (shows) block.add(" ").number(text_.len);
    add_flags(asked, begin, end, answer_ != WEIR_ERR_ANSWER_NONE && req_->cmd != kMd, block);
    block.add("\r\n");
    if (shows) block.add(text_.ptr, text_.len).add("\r\n");
    return block.push(out_);
  }

  template <class F>
  void each_flag(const uint8_t *p, const uint8_t *end, F take) const {
    const uint32_t first = req_->cmd == kMs ? 3 : 2;
    for (uint32_t at = 0; p < end;) {
      const uint8_t *stop = word_end(p, end);
      if (stop == p) {
        ++p;
        continue;
      }
      if (at++ >= first) take(p, stop);
      p = stop;
    }
  }
  bool has_flag(const uint8_t *begin, const uint8_t *end, uint8_t flag) const {
    bool found = false;
    each_flag(begin, end, [&](const uint8_t *p, const uint8_t *) { found |= *p == flag; });
    return found;
  }
  // What the client asked to be told: its key, its opaque, and what is known of an item that is in no server.
  void add_flags(const MetaLine &asked, const uint8_t *begin, const uint8_t *end, bool item, Block &block) {
    each_flag(begin, end, [&](const uint8_t *p, const uint8_t *stop) {
      if (*p == 'O') block.add(" ").add(p, static_cast<uint64_t>(stop - p));
      if (*p == 'k') block.add(" k").add(asked.key.ptr, asked.key.len).add(asked.coded ? " b" : "");
      if (!item || stop - p > 1) return;
      if (*p == 'f' || *p == 'c' || *p == 'h' || *p == 'l') block.add(" ").add(p, 1).add("0");
      if (*p == 't') block.add(" t-1");
      if (*p == 's') block.add(" s").number(text_.len);
    });
  }

  const weir_scope *scope_;
  const weir_req *req_;
  const uint32_t answer_;
  const weir_bytes text_;
  weir_out *out_;
  const Command &command_;
};

}  // namespace

weir_status answer_for_filter(const weir_scope *scope, const weir_req *req, uint32_t answer, weir_bytes text,
                              weir_out *out) {
  if (is_binary(req->user)) return answer_packet_for_filter(scope, req, answer, text, out);
  return FilterAnswer(scope, req, answer, text, out).run();
}

}  // namespace weir::memcache
