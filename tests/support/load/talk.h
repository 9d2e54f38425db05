// What one client says and what it must hear. Every key carries the client's name, and every value its key and the
// number of the request that wrote it ("c17:3=107:..."), so that a reply that belongs to someone else, or to another
// request, is recognised as such. Used by one thread.
#pragma once

#include <deque>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/load/tally.h"

namespace weir::test {

enum class Language : uint8_t { redis, memcached };
enum class Ask : uint8_t { set, get, get_many, set_many, remove, count, set_silently };

// How strictly answers are judged. strict: no error, no miss, and exactly what was written last, as it must be when
// nothing fails. Else errors and misses are fair, and a value may be any that this client wrote under this key.
enum class Judge : uint8_t { strict, lenient };

class Talk {
 public:
  Talk(Language language, std::string name, Judge judge, Tally &tally);

  // Appends a request to out. `keys` counts for the kinds with many; values have about `size` bytes.
  void ask(Ask kind, size_t keys, size_t size, std::mt19937 &random, std::string &out);
  // Takes whole answers from the front and judges them; how many bytes that were. npos: the stream makes no sense.
  size_t hear(std::string_view in);
  size_t open() const { return open_.size(); }  // unanswered
  std::string oldest() const;                   // what was asked first and is unanswered
  // The connection is no more: by weir, or by the client's own will. partial: within an answer.
  void cut_off(bool by_weir, bool partial);

  static constexpr size_t kKeys = 24;  // that a client has

 private:
  struct Write {
    uint32_t number = 0;  // 0: never
    bool removed = false;
  };
  struct Key {
    Write sent;
    uint32_t sure = 0;  // the write that was acknowledged last
  };
  struct Wanted {
    uint8_t key;
    Write write;  // the last one sent before
  };
  struct Question {
    Ask kind;
    std::vector<Wanted> keys;
    uint32_t number;
  };

  std::string key_name(uint8_t key) const { return name_ + ":" + std::to_string(key); }
  std::string value(uint8_t key, uint32_t number, size_t size) const;
  std::vector<Wanted> choose(Ask kind, size_t keys, std::mt19937 &random);
  std::string encode(const Question &q, size_t size, std::mt19937 &random) const;
  std::string encode_memcached(const Question &q, size_t size, std::mt19937 &random) const;
  std::string shown(const Question &q) const;

  size_t answer_size(const Question &q, std::string_view in) const;  // 0: not whole yet; npos: nonsense
  std::string judge(const Question &q, std::string_view answer);     // "": right
  std::string judge_redis(const Question &q, std::string_view answer);
  std::string judge_memcached(const Question &q, std::string_view answer);
  std::string judge_values_memcached(const Question &q, std::string_view answer);
  std::string judge_value(const Wanted &wanted, std::string_view value);
  std::string judge_miss(const Wanted &wanted);
  std::string judge_count(std::string_view number);
  std::string judge_error(std::string_view line);
  std::string acknowledged(const Question &q);

  const Language language_;
  const std::string name_;
  const Judge judge_;
  Tally &tally_;
  uint32_t number_ = 0;
  std::vector<Key> keys_;
  std::deque<Question> open_;
  uint32_t counts_sent_ = 0;
  bool counter_made_ = false;  // memcached counts only what is there
  bool erred_ = false;         // what is being judged is an error
};

}  // namespace weir::test
