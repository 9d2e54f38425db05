// Random commands for redis, made from the command table and from templates of their forms: mostly right ones, some
// wrong in their arguments, types or number. What they answer depends on nothing but the commands before them, so that
// two servers in the same state can be compared.
#pragma once

#include <algorithm>
#include <array>
#include <map>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "plugins/redis/command_rows.h"
#include "plugins/redis/subcommand_rows.h"

namespace weir::test {

// How keys lie on servers.
enum class Keys {
  kAnywhere,   // on one server there is nothing to say about them
  kOneShard,   // several servers, all keys on one of them
  kScattered,  // several servers; only the keys of a command that must not be split lie together
};

// One form of a command each. Y are sorted sets whose scores are all the same: for others the order of names means
// nothing, and what is found by it depends on chance. A letter is an argument of that kind, see
// CommandStream::argument(); #S is a number and as many keys of sets; [ ] may be left out; { } comes one to three
// times; a|b is either; every other word is itself.
inline constexpr const char *kForms[] = {
    "append K V",
    "bitcount K [ n n [ BYTE|BIT ] ]",
    "bitpos K 0|1 [ n [ n [ BIT ] ] ]",
    "bitfield K { GET u8|i5|u70 i|#i } [ SET i8 i n ] [ OVERFLOW SAT|FAIL INCRBY u4 i n ]",
    "bitfield_ro K { GET u8|i16 i }",
    "bitop AND|OR|XOR|NOT K { K }",
    "copy A A [ REPLACE ]",
    "dbsize",
    "decr K",
    "decrby K n",
    "del { * }",
    "echo V",
    "eval B #A { v }",
    "eval_ro B #A",
    "evalsha N #A { v }",
    "exists { * }",
    "expire A t [ NX|XX|GT|LT ]",
    "expireat A t",
    "expiretime A",
    "fcall one|nosuch #A { v }",
    "fcall_ro one #A",
    "flushall [ SYNC|ASYNC ]",
    "flushdb",
    "function load [ REPLACE ] F",
    "function list [ WITHCODE ]",
    "function delete lib",
    "function flush",
    "geoadd G { f f m }",
    "geoadd G 13.361389 38.115556 m",
    "geodist G m m [ km|x ]",
    "geohash G { m }",
    "geopos G { m }",
    "georadius G 15 37 200 km [ WITHDIST ] [ COUNT i ] [ ASC ] [ STORE Z ]",
    "georadiusbymember G m 200 km",
    "geosearch G FROMMEMBER m BYRADIUS 300 km [ ASC ] [ WITHCOORD ]",
    "geosearch G FROMLONLAT 15 37 BYBOX 400 400 km DESC",
    "geosearchstore Z G FROMMEMBER m BYRADIUS 300 km [ STOREDIST ]",
    "get K",
    "getbit K n",
    "getdel K",
    "getex K [ PERSIST|x ]",
    "getex K EX|PX|EXAT t",
    "getrange K n n",
    "getset K V",
    "hdel H { m }",
    "hexists H m",
    "hget H m",
    "hgetall H",
    "hincrby H m n",
    "hincrbyfloat H m f",
    "hkeys H",
    "hlen H",
    "hmget H { m }",
    "hmset H { m v }",
    "hscan H 0 [ MATCH p ] COUNT 1000",
    "hset H { m v }",
    "hsetnx H m v",
    "hstrlen H m",
    "hvals H",
    "incr K",
    "incrby K n",
    "incrbyfloat K f",
    "keys p",
    "lcs K K [ LEN|IDX ]",
    "lindex L n",
    "linsert L BEFORE|AFTER v v",
    "llen L",
    "lmove L L LEFT|RIGHT LEFT|RIGHT",
    "lmpop #L LEFT|RIGHT [ COUNT i ]",
    "lpop L [ i ]",
    "lpos L v [ RANK n ] [ COUNT i ]",
    "lpush L { v }",
    "lpushx L v",
    "lrange L n n",
    "lrem L n v",
    "lset L n v",
    "ltrim L n n",
    "mget { * }",
    "mset { * V }",
    "msetnx { K v }",
    "object encoding A",
    "object refcount A",
    "object freq A",
    "object help",
    "persist A",
    "pexpire A t",
    "pexpireat A t [ GT ]",
    "pexpiretime A",
    "pfadd P { m }",
    "pfcount { P }",
    "pfmerge P { P }",
    "ping",
    "ping V",
    "psetex K t V",
    "pttl A",
    "publish m v",
    "spublish m v",
    "pubsub channels",
    "pubsub numsub m",
    "pubsub numpat",
    "rename A A",
    "renamenx A A",
    "restore A t V",
    "rpop L [ i ]",
    "rpoplpush L L",
    "rpush L { v }",
    "rpushx L { v }",
    "sadd S { m }",
    "sadd S { i }",
    "scard S",
    "script load B",
    "script exists N N",
    "script flush",
    "script help",
    "sdiff { S }",
    "sdiffstore S { S }",
    "set K V",
    "set K V NX|XX|GET|KEEPTTL [ GET ]",
    "set K V EX|PX t",
    "set K V PXAT 99999999999999",
    "setbit K i 0|1|2",
    "setex K t V",
    "setnx K V",
    "setrange K i V",
    "sinter { S }",
    "sintercard #S [ LIMIT n ]",
    "sinterstore S { S }",
    "sismember S m",
    "smembers S",
    "smismember S { m }",
    "smove S S m",
    "sort L|S [ LIMIT n n ] [ DESC ] ALPHA [ STORE L ]",
    "sort S [ ASC|DESC ]",
    "sort_ro Z ALPHA",
    "srem S { m }",
    "sscan S 0 COUNT 1000",
    "strlen K",
    "substr K n n",
    "sunion { S }",
    "sunionstore S { S }",
    "touch { * }",
    "ttl A",
    "type A",
    "unlink { * }",
    "xack X g { e }",
    "xadd X e m v",
    "xadd X [ NOMKSTREAM ] MAXLEN ~|= i e { m v }",
    "xautoclaim X g c 0|100000 e",
    "xclaim X g c 0|100000 { e } [ JUSTID ]",
    "xdel X { e }",
    "xgroup create X g e|$ [ MKSTREAM ]",
    "xgroup createconsumer X g c",
    "xgroup delconsumer X g c",
    "xgroup destroy X g",
    "xgroup setid X g e",
    "xinfo stream X",
    "xinfo groups X",
    "xlen X",
    "xpending X g",
    "xrange X e|- e|+ [ COUNT i ]",
    "xrevrange X + - [ COUNT i ]",
    "xread [ COUNT i ] STREAMS X e",
    "xread STREAMS X X e e",
    "xreadgroup GROUP g c [ COUNT i ] [ NOACK ] STREAMS X e|>",
    "xsetid X e",
    "xtrim X MAXLEN|MINID i",
    "zadd Z { f m }",
    "zadd Z NX|XX|GT|LT [ CH ] [ INCR ] f m",
    "zcard Z",
    "zcount Z f f",
    "zcount Z (1|-inf +inf|x",
    "zdiff #Z [ WITHSCORES ]",
    "zdiffstore Z #Z",
    "zincrby Z f m",
    "zinter #Z [ WEIGHTS f f ] [ AGGREGATE MIN|MAX|SUM ] [ WITHSCORES ]",
    "zintercard #Z [ LIMIT n ]",
    "zinterstore Z #Z [ AGGREGATE MAX ]",
    "zadd Y { 0 m }",
    "zlexcount Y -|[a +|(c",
    "zmpop #Z MIN|MAX [ COUNT i ]",
    "zmscore Z { m }",
    "zpopmax Z [ n ]",
    "zpopmin Z",
    "zrange Z n n [ REV ] [ WITHSCORES ]",
    "zrange Z f f BYSCORE [ LIMIT n n ]",
    "zrange Y - + BYLEX",
    "zrangebylex Y - [b|+",
    "zrangebyscore Z f f [ WITHSCORES ] [ LIMIT n n ]",
    "zrangestore Z Z n n",
    "zrank Z m",
    "zrem Z { m }",
    "zremrangebylex Y [a (b",
    "zremrangebyrank Z n n",
    "zremrangebyscore Z f f",
    "zrevrange Z n n WITHSCORES",
    "zrevrangebylex Y + -",
    "zrevrangebyscore Z f f",
    "zrevrank Z m",
    "zscan Z 0 [ MATCH p ] COUNT 1000",
    "zscore Z m",
    "zunion #Z [ WEIGHTS f f ] [ WITHSCORES ]",
    "zunionstore Z #Z [ WEIGHTS f ]",
    "blpop L 0.001|x",
    "blpop L L 0.001",
    "brpop L 0.001",
    "blmove L L LEFT RIGHT 0.001",
    "brpoplpush L L 0.001",
    "blmpop 0.001 #L LEFT [ COUNT i ]",
    "bzpopmin Z 0.001",
    "bzpopmax Z Z 0.001",
    "bzmpop 0.001 #Z MIN",
    "xread BLOCK 1 STREAMS X e|$",
    "xreadgroup GROUP g c BLOCK 1 STREAMS X >",
    "select 0|1|2|x|-1|99",
    "move A 0|1|2",
    "copy A A DB 1 [ REPLACE ]",
    "swapdb 0|1 1|2|x",
    "nosuch K v",
    "get",
    "object nosuch K",
    "xgroup nosuch"};

// Commands whose answers depend on chance, time, the process or the connection, unless their arguments are chosen.
inline const std::set<std::string> kOnlyAsForms = {"randomkey",
                                                   "spop",
                                                   "srandmember",
                                                   "hrandfield",
                                                   "zrandmember",
                                                   "time",
                                                   "lastsave",
                                                   "info",
                                                   "role",
                                                   "slowlog",
                                                   "latency",
                                                   "lolwut",
                                                   "dump",
                                                   "scan",
                                                   "client",
                                                   "config",
                                                   "command",
                                                   "cluster",
                                                   "memory",
                                                   "select",
                                                   "swapdb",
                                                   "move",
                                                   "readonly",
                                                   "readwrite",
                                                   "wait",
                                                   "function|stats",
                                                   "function|dump",
                                                   "function|kill",
                                                   "function|restore",
                                                   "function|help",
                                                   "script|kill",
                                                   "script|debug",
                                                   "object|idletime",
                                                   "xinfo|consumers",
                                                   "xinfo|stream",
                                                   "xpending",
                                                   "xautoclaim",
                                                   "xclaim",
                                                   "pubsub|help",
                                                   "sscan",
                                                   "hscan",
                                                   "zscan",
                                                   "sort",
                                                   "sort_ro",
                                                   "restore",
                                                   "xadd",
                                                   "setex",
                                                   "psetex",
                                                   "expire",
                                                   "pexpire",
                                                   "zlexcount",
                                                   "zrangebylex",
                                                   "zrevrangebylex",
                                                   "zremrangebylex"};

class CommandStream {
 public:
  using Args = std::vector<std::string>;

  // rekeyed: a filter gives keys other names, so that what would show those is not part of transactions.
  CommandStream(Keys keys, uint32_t seed, bool rekeyed = false) : keys_(keys), rekeyed_(rekeyed), random_(seed) {
    for (const redis::Command &row : redis::kRows) add(row);
    for (const redis::Command &row : redis::kSubRows) add(row);
  }

  Args next() {
    if (left_ == 0 && chance(3)) return begin();
    if (left_ == 0) tag_ = any_tag();
    if (left_ == 0) return any_command();
    if (--left_ > 0) return inside();
    return {chance(85) ? "EXEC" : "discard"};
  }
  // Whether the command is in a transaction, or ends it.
  static bool ends_transaction(const Args &args) { return lower(args[0]) == "exec"; }
  // As bytes; some as inline commands.
  std::string bytes(const Args &args) {
    bool simple = chance(10);
    for (const std::string &arg : args)
      simple &= !arg.empty() && arg.size() < 1'000 && arg.find_first_of(" \r\n\"'\\") == arg.npos &&
                arg.find('\0') == arg.npos;
    std::string out;
    if (simple && args[0] != "eval") {
      for (const std::string &arg : args) out += (out.empty() ? "" : " ") + arg;
      return out + "\r\n";
    }
    out = "*" + std::to_string(args.size()) + "\r\n";
    for (const std::string &arg : args) out += "$" + std::to_string(arg.size()) + "\r\n" + arg + "\r\n";
    return out;
  }
  // Whether the elements of its reply have no order.
  static bool unordered(const Args &args) {
    static const std::set<std::string> names = {"smembers", "sinter", "sunion",  "sdiff", "keys", "sscan",
                                                "hscan",    "zscan",  "hgetall", "hkeys", "hvals"};
    return names.count(lower(args[0])) > 0;
  }
  // Whether its reply is a time: only its sign can be compared.
  static bool timed(const Args &args) {
    static const std::set<std::string> names = {"ttl", "pttl", "expiretime", "pexpiretime"};
    return names.count(lower(args[0])) > 0;
  }
  // Whether its reply tells keys as the server has them, whatever name the client gave them.
  static bool names_servers_keys(const Args &args) {
    static const std::set<std::string> names = {"keys", "eval", "eval_ro", "evalsha", "fcall", "fcall_ro"};
    return names.count(lower(args[0])) > 0;
  }
  // Whether its reply may tell the client's own keys; within a transaction nobody could put them there.
  static bool names_keys(const Args &args) {
    return std::any_of(std::begin(redis::kRows), std::end(redis::kRows), [&](const redis::Command &row) {
      return (row.flags & redis::kEchoes) != 0 && row.full_name() == lower(args[0]);
    });
  }
  size_t pick(size_t n) { return std::uniform_int_distribution<size_t>(0, n - 1)(random_); }
  bool chance(int percent) { return static_cast<int>(pick(100)) < percent; }

 private:
  // A transaction; all its keys lie together.
  Args begin() {
    tag_ = any_tag();
    left_ = 1 + pick(8);
    if (chance(30)) {
      left_ += 1;
      begun_ = false;
      return {"WATCH", key('A')};
    }
    begun_ = true;
    return {"MULTI"};
  }
  Args inside() {
    if (!begun_) {
      begun_ = true;
      return {"multi"};
    }
    for (;;) {
      Args args = any_command();
      if (may_be_inside(args)) return args;
    }
  }
  // Over several servers only what has keys can be part of one. A time in its reply could not be compared, and a
  // database that is chosen there holds until EXEC only.
  bool may_be_inside(const Args &args) const {
    if (timed(args) || lower(args[0]) == "select") return false;
    if (rekeyed_ && (names_servers_keys(args) || names_keys(args))) return false;
    if (keys_ == Keys::kAnywhere) return true;
    for (const redis::Command *row : rows_)
      if (row->full_name() == lower(args[0]))
        return (row->policy == redis::Policy::kKeys || row->policy == redis::Policy::kSplit) && args.size() > 1 &&
               args[1][0] == '{' && args.size() >= static_cast<size_t>(row->arity < 0 ? -row->arity : row->arity);
    return false;
  }

  Args any_command() {
    if (chance(10)) return by_table(*rows_[pick(rows_.size())]);
    for (;;) {
      std::istringstream form(kForms[pick(std::size(kForms))]);
      std::vector<std::string> words;
      for (std::string word; form >> word;) words.push_back(word);
      // All keys go now and then only, and so does a server's time.
      bool rare = words[0].starts_with("flush") || words[0] == "swapdb" || words[0][0] == 'b' ||
                  (words.size() > 1 && words[1] == "BLOCK");
      if (rare && !chance(10) && !words[0].starts_with("bit")) continue;
      Args args;
      size_t at = 0;
      expand(words, at, words.size(), args);
      // Elsewhere one more might be a key, and behind these the time that they wait: ten seconds, as it happened.
      bool waits = words[0][0] == 'b' && !words[0].starts_with("bit");
      if (keys_ == Keys::kAnywhere && chance(2)) {
        std::string more = argument("v");
        if (!waits) args.push_back(more);
      }
      if (chance(2) && args.size() > 1) args.pop_back();
      return args;
    }
  }
  static std::string lower(std::string word) {
    for (char &c : word) c = static_cast<char>(tolower(c));
    return word;
  }
  void add(const redis::Command &row) {
    using redis::Policy;
    std::string name(row.full_name());
    bool ours = row.policy == Policy::kKeys || row.policy == Policy::kSplit || row.policy == Policy::kAll ||
                row.policy == Policy::kLocal;
    if (!ours || (row.flags & (redis::kAdmin | redis::kNoAuth | redis::kApart | redis::kBlocks))) return;
    bool counted = row.spec == redis::KeySpec::kNumkeys;  // then anything may become a key
    if (counted && (keys_ != Keys::kAnywhere || row.holds_script())) return;
    if (kOnlyAsForms.count(name) || kOnlyAsForms.count(name.substr(0, name.find('|')))) return;
    rows_.push_back(&row);
  }
  char any_tag() { return keys_ == Keys::kOneShard ? 't' : static_cast<char>('a' + pick(6)); }
  // kind: its letter as in the forms. Now and then of another type, or not there.
  std::string key(char kind) {
    if (kind != 'Y' && chance(8)) kind = "KLHSZXGP"[pick(8)];
    if (kind == 'A') kind = "KLHSZXGP"[pick(8)];
    std::string name = std::string(1, static_cast<char>(tolower(kind))) + std::to_string(pick(chance(5) ? 50 : 3));
    return keys_ == Keys::kAnywhere ? name : "{" + std::string(1, tag_) + "}" + name;
  }

  // Arguments at the places the table names, whatever they mean.
  Args by_table(const redis::Command &row) {
    Args args;
    std::string name(row.full_name());
    size_t bar = name.find('|');
    args.push_back(name.substr(0, bar));
    if (bar != name.npos) args.push_back(name.substr(bar + 1));
    size_t argc = static_cast<size_t>(row.arity < 0 ? -row.arity + static_cast<int>(pick(4)) : row.arity);
    if (chance(5)) argc += pick(2) ? 1 : static_cast<size_t>(-1);
    int last = row.last < 0 ? static_cast<int>(argc) + row.last : row.last;
    for (int i = static_cast<int>(args.size()); i < static_cast<int>(argc); ++i) {
      bool is_key = row.spec != redis::KeySpec::kNone && row.spec != redis::KeySpec::kNumkeys && i >= row.first &&
                    i <= last && (i - row.first) % row.step == 0;
      static const char *kinds[] = {"i", "n", "m", "v", "f", "t", "e"};
      args.push_back(is_key ? key('A') : argument(kinds[pick(std::size(kinds))]));
    }
    return args;
  }

  void expand(const std::vector<std::string> &words, size_t &at, size_t end, Args &args) {
    while (at < end) {
      const std::string &word = words[at++];
      if (word != "[" && word != "{") {
        if (word[0] == '#' && word.size() == 2) {
          size_t n = 1 + pick(3);
          args.push_back(chance(3) ? argument("wrong|0|-1") : std::to_string(n));
          while (n-- > 0) args.push_back(key(word[1]));
        } else {
          args.push_back(argument(word));
        }
        continue;
      }
      size_t close = at;
      for (int depth = 1; depth > 0; ++close) {
        if (words[close] == "[" || words[close] == "{") ++depth;
        if (words[close] == "]" || words[close] == "}") --depth;
      }
      size_t times = word == "[" ? pick(2) : 1 + pick(3);
      for (; times > 0; --times) {
        size_t from = at;
        expand(words, from, close - 1, args);
      }
      at = close;
    }
  }

  std::string argument(const std::string &word) {
    size_t bar = word.find('|');
    if (bar != word.npos && bar > 0) {
      std::vector<std::string> either;
      std::istringstream list(word);
      for (std::string one; std::getline(list, one, '|');) either.push_back(one);
      return argument(either[pick(either.size())]);
    }
    if (word.size() != 1) return chance(10) ? lower(word) : word;
    auto one_of = [&](std::initializer_list<const char *> all) {
      return std::string(*(all.begin() + pick(all.size())));
    };
    switch (word[0]) {
      case '*':  // a key of any server: the command is split
        if (keys_ == Keys::kScattered && left_ == 0) tag_ = any_tag();
        return key(chance(70) ? 'K' : 'A');
      case 'i':
        return std::to_string(pick(12));
      case 'n':
        return one_of({"0", "1", "-1", "2", "-2", "5", "100", "-100", "9223372036854775807", "x", "", "1.5", "007"});
      case 'f':
        return one_of({"0", "1", "-1.5", "3.25", "1e3", "inf", "-inf", "12.7", "nan", "x", "0.1", "1000000000000"});
      case 't':  // in the past, or after the test
        return one_of({"0", "-1", "100000", "99999999999999", "100000000", "x"});
      case 'm':
        return one_of({"a", "b", "c", "d", "12", "-7", "member", "A"}) + (chance(20) ? std::to_string(pick(4)) : "");
      case 'v':
        return one_of({"", "v", "10", "-3", "3.0", "two words", "\r\n", "hello"});
      case 'V':
        return chance(5) ? std::string(1 + pick(40'000), 'x') : argument("v");
      case 'p':
        return one_of({"*", "a*", "?", "*[ab]*", "nothing", "h*"});
      case 'e':
        return one_of({"0", "1-1", "2-1", "2-2", "3", "5-0", "7-7", "0-0", "x"});
      case 'g':
        return one_of({"group", "others"});
      case 'c':
        return one_of({"alice", "bob"});
      case 'B':
        return one_of({"return {KEYS[1] or 'none', ARGV[1] or 'none'}", "return redis.call('type', KEYS[1])",
                       "return redis.call('set', KEYS[1], 'by script')", "return redis.pcall('incr', KEYS[1])",
                       "return {1, 'two', {3, false}, {ok='fine'}}", "return redis.error_reply('MY error')", "return (",
                       "return nosuch()"});
      case 'N':
        return one_of(
            {"e0e1f9fabfc9d4800c877a703b823ac0578ff8db", "short", "a2ee2fdb3a0a3ab9c0e07ff1b8c5e6b4ab08fd0f"});
      case 'F':
        return one_of({"#!lua name=lib\nredis.register_function('one', function(keys) return keys[1] or 1 end)",
                       "#!lua name=lib\nredis.register_function{function_name='one', callback=function() return 2 end, "
                       "flags={'no-writes'}}",
                       "no shebang"});
      default:
        return isupper(word[0]) ? key(word[0]) : word;
    }
  }

  Keys keys_;
  bool rekeyed_;
  std::mt19937 random_;
  char tag_ = 't';
  size_t left_ = 0;     // commands of the transaction under way, with its end
  bool begun_ = false;  // after MULTI
  std::vector<const redis::Command *> rows_;
};

}  // namespace weir::test
