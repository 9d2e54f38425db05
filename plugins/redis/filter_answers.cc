#include "filter_answers.h"

#include <array>

#include "arguments.h"
#include "command_rows.h"
#include "error_replies.h"
#include "session.h"

namespace weir::redis {

namespace {

// What a command answers, as far as a filter's answer depends on it. The rest is a bulk string, or a null.
enum class Kind : uint8_t {
  kBulk,
  kNumber,    // 0 when nothing is there
  kTtl,       // -2
  kList,      // empty
  kSet,       // likewise, in RESP3 a set
  kMap,       // likewise, in RESP3 a map
  kMaybe,     // an array, or a null in its place
  kEachKey,   // an array with a value for each key,
  kEachWord,  // or for each argument behind the key
  kScan,      // a cursor and an array
  kType,      // +none
  kText,      // an empty one
  // With a count behind the key what follows, else a bulk string:
  kPopped,  // kMaybe
  kTaken,   // kSet
  kPicked,  // kList
};

struct Row {
  Kind kind;
  std::string_view names;
};
constexpr Row kKinds[] = {
    {Kind::kNumber,
     "append bitcount bitop bitpos copy dbsize decr decrby del exists expire expireat geoadd geosearchstore getbit "
     "hdel "
     "hexists hincrby hlen hset hsetnx hstrlen incr incrby linsert llen lpush lpushx lrem move msetnx persist pexpire "
     "pexpireat pfadd pfcount publish renamenx rpush rpushx sadd scard sdiffstore setbit setnx setrange sintercard "
     "sinterstore sismember smove spublish srem strlen sunionstore touch unlink xack xdel xlen xtrim zadd zcard zcount "
     "zdiffstore zintercard zinterstore zlexcount zrangestore zrem zremrangebylex zremrangebyrank zremrangebyscore "
     "zunionstore"},
    {Kind::kTtl, "expiretime pexpiretime pttl ttl"},
    {Kind::kList,
     "georadius georadius_ro georadiusbymember georadiusbymember_ro geosearch hkeys hvals keys lrange sort sort_ro "
     "xclaim xrange xrevrange zdiff zinter zpopmax zpopmin zrange zrangebylex zrangebyscore zrevrange zrevrangebylex "
     "zrevrangebyscore zunion"},
    {Kind::kSet, "sdiff sinter smembers sunion"},
    {Kind::kMap, "hgetall"},
    {Kind::kMaybe, "blmpop blpop brpop bzmpop bzpopmax bzpopmin lmpop xread xreadgroup zmpop"},
    {Kind::kEachKey, "mget"},
    {Kind::kEachWord, "geohash geopos hmget smismember zmscore"},
    {Kind::kScan, "hscan scan sscan zscan"},
    {Kind::kType, "type"},
    {Kind::kText, "getrange substr"},
    {Kind::kPopped, "lpop rpop"},
    {Kind::kTaken, "spop"},
    {Kind::kPicked, "hrandfield srandmember zrandmember"},
};

constexpr uint32_t kRowCount = sizeof(kRows) / sizeof(kRows[0]);

constexpr bool has_word(std::string_view list, std::string_view word) {
  for (size_t at = list.find(word); at != std::string_view::npos; at = list.find(word, at + 1)) {
    bool begins = at == 0 || list[at - 1] == ' ';
    size_t end = at + word.size();
    if (begins && (end == list.size() || list[end] == ' ')) return true;
  }
  return false;
}
std::array<Kind, kRowCount> make_kinds() {
  std::array<Kind, kRowCount> kinds{};
  for (uint32_t i = 1; i < kRowCount; ++i)
    for (const Row &row : kKinds)
      if (has_word(row.names, kRows[i].full_name())) kinds[i] = row.kind;
  return kinds;
}

constexpr uint64_t kMostBytes = 16 * 1024 * 1024;  // of a value that is said for each key

bool is_integer(std::string_view text) {
  int64_t value = 0;
  return parse_integer(reinterpret_cast<const uint8_t *>(text.data()), text.size(), value);
}

class FilterAnswer {
 public:
  FilterAnswer(const weir_scope *scope, const weir_req *req, weir_out *out)
      : scope_(scope), req_(req), out_(out), w_(scope, out) {
    static const std::array<Kind, kRowCount> kinds = make_kinds();
    kind_ = kinds[req->cmd];
    if (kind_ >= Kind::kPopped) kind_ = words() > 2 ? with_count(kind_) : Kind::kBulk;
  }

  weir_status none() {
    switch (kind_) {
      case Kind::kNumber:
        return w_.lit(":0\r\n").status();
      case Kind::kTtl:
        return w_.lit(":-2\r\n").status();
      case Kind::kList:
        return w_.lit("*0\r\n").status();
      case Kind::kSet:
        return w_.lit(resp3() ? "~0\r\n" : "*0\r\n").status();
      case Kind::kMap:
        return w_.lit(resp3() ? "%0\r\n" : "*0\r\n").status();
      case Kind::kMaybe:
        return w_.lit(resp3() ? "_\r\n" : "*-1\r\n").status();
      case Kind::kScan:
        return w_.lit("*2\r\n$1\r\n0\r\n*0\r\n").status();
      case Kind::kType:
        return w_.lit("+none\r\n").status();
      case Kind::kText:
        return w_.lit("$0\r\n\r\n").status();
      case Kind::kEachKey:
      case Kind::kEachWord:
        return each_null();
      default:
        return w_.lit(resp3() ? "_\r\n" : "$-1\r\n").status();
    }
  }

  // DEL and the like say how many keys they found.
  weir_status done() {
    if (kind_ != Kind::kNumber) return w_.lit("+OK\r\n").status();
    bool counts = kCommands[req_->cmd].merge() == Merge::kSum;
    return w_.head(':', counts ? req_->key_count : 1).status();
  }

  weir_status integer(std::string_view text) {
    if (!is_integer(text)) return write_error(scope_, "a filter answered with an integer that is none", out_);
    return value(":", text);
  }

  weir_status text(std::string_view text) {
    bool number = (kind_ == Kind::kNumber || kind_ == Kind::kTtl) && is_integer(text);
    return value(number ? ":" : "", text);
  }

 private:
  static Kind with_count(Kind kind) {
    if (kind == Kind::kPopped) return Kind::kMaybe;
    return kind == Kind::kTaken ? Kind::kSet : Kind::kList;
  }

  // The command's own counted.
  uint32_t words() const {
    const weir_bytes message = {out_->peek(out_, 0, 0, req_->size), req_->size};
    return message.ptr ? list_arguments(scope_, message, nullptr, 0) : 0;
  }

  bool resp3() const { return is_resp3(req_->profile); }

  // mark: ":" for an integer, nothing for a bulk string.
  weir_status value(std::string_view mark, std::string_view text) {
    uint64_t len = 0;
    uint8_t *bytes = encoded(mark, text, len);
    if (!bytes) return w_.status();
    switch (kind_) {
      case Kind::kEachKey:
      case Kind::kEachWord:
        return each({reinterpret_cast<const char *>(bytes), len});
      case Kind::kScan:
        return w_.lit("*2\r\n$1\r\n0\r\n*1\r\n").mem(bytes, len).status();
      case Kind::kSet:
        return w_.lit(resp3() ? "~1\r\n" : "*1\r\n").mem(bytes, len).status();
      case Kind::kList:
      case Kind::kMaybe:
        return w_.lit("*1\r\n").mem(bytes, len).status();
      default:
        return w_.mem(bytes, len).status();
    }
  }

  uint8_t *encoded(std::string_view mark, std::string_view text, uint64_t &len) {
    constexpr uint64_t kRoom = 32;
    uint8_t *place = w_.alloc(text.size() + kRoom), *end = place;
    if (!place) return nullptr;
    auto put = [&end](const void *from, uint64_t n) {
      if (n) std::memcpy(end, from, n);
      end += n;
    };
    if (mark.empty()) {
      uint8_t digits[24];
      const uint8_t *begin = write_decimal(digits + sizeof(digits), text.size());
      put("$", 1);
      put(begin, static_cast<uint64_t>(digits + sizeof(digits) - begin));
      put("\r\n", 2);
    }
    put(mark.data(), mark.size());
    put(text.data(), text.size());
    put("\r\n", 2);
    len = static_cast<uint64_t>(end - place);
    return place;
  }

  weir_status each_null() {
    std::string_view null = resp3() ? "_\r\n" : "$-1\r\n";
    uint8_t *copy = w_.alloc(null.size());
    if (!copy) return w_.status();
    std::memcpy(copy, null.data(), null.size());
    return each({reinterpret_cast<const char *>(copy), null.size()});
  }

  // element: in the arena.
  weir_status each(std::string_view element) {
    uint64_t n = req_->key_count;
    if (kind_ == Kind::kEachWord) {
      const uint32_t argc = words();
      n = argc > 2 ? argc - 2 : 0;
    }
    if (n * element.size() > kMostBytes)
      return write_error(scope_, "a filter's answer is too large for so many keys", out_);
    w_.head('*', n);
    for (uint64_t i = 0; i < n && w_.status() == WEIR_OK; ++i) w_.mem(element.data(), element.size());
    return w_.status();
  }

  const weir_scope *scope_;
  const weir_req *req_;
  weir_out *out_;
  Writer w_;
  Kind kind_ = Kind::kBulk;
};

}  // namespace

weir_status answer_for_filter(const weir_scope *scope, const weir_req *req, uint32_t answer, std::string_view text,
                              weir_out *out) {
  FilterAnswer all(scope, req, out);
  switch (answer) {
    case WEIR_ERR_ANSWER_NONE:
      return all.none();
    case WEIR_ERR_ANSWER_DONE:
      return all.done();
    case WEIR_ERR_ANSWER_INT:
      return all.integer(text);
    default:
      return all.text(text);
  }
}

}  // namespace weir::redis
