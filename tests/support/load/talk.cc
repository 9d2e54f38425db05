#include "tests/support/load/talk.h"

#include <algorithm>
#include <charconv>

#include "tests/support/servers/stream.h"

namespace weir::test {
namespace {

constexpr size_t kNonsense = std::string_view::npos;

// Up to and with the next CRLF; 0: there is none yet.
size_t line_size(std::string_view in) {
  size_t end = in.find("\r\n");
  return end == std::string_view::npos ? 0 : end + 2;
}

bool to_number(std::string_view text, long &n) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  return error == std::errc() && end == text.data() + text.size();
}

size_t resp_size(std::string_view in) {
  size_t at = 0;
  for (size_t open = 1; open > 0; --open) {
    size_t line = line_size(in.substr(at));
    if (line == 0) return in.size() - at > 1'000 ? kNonsense : 0;
    char kind = in[at];
    long n = 0;
    if (std::string_view("+-:$*").find(kind) == std::string_view::npos) return kNonsense;
    if (kind != '+' && kind != '-' && !to_number(in.substr(at + 1, line - 3), n)) return kNonsense;
    at += line;
    if (kind == '$' && n >= 0) at += static_cast<size_t>(n) + 2;
    if (kind == '*' && n > 0) open += static_cast<size_t>(n);
    if (at > in.size()) return 0;
  }
  return at;
}

// One VALUE line with its data, cut apart.
struct Item {
  std::string_view key, value;
  size_t size = 0;  // 0: not whole yet
};

Item memcached_item(std::string_view in) {
  size_t line = line_size(in);
  if (line == 0) return {};
  std::string_view rest = in.substr(6, line - 8);
  size_t key_end = rest.find(' '), flags_end = rest.find(' ', key_end + 1);
  long n = 0;
  if (flags_end == std::string_view::npos || !to_number(rest.substr(flags_end + 1), n) || n < 0) {
    return {{}, {}, kNonsense};
  }
  size_t size = line + static_cast<size_t>(n) + 2;
  if (in.size() < size) return {};
  return {rest.substr(0, key_end), in.substr(line, static_cast<size_t>(n)), size};
}

size_t memcached_size(bool values, std::string_view in) {
  size_t at = 0;
  while (values && in.substr(at).starts_with("VALUE ")) {
    Item item = memcached_item(in.substr(at));
    if (item.size == 0 || item.size == kNonsense) return item.size;
    at += item.size;
  }
  size_t line = line_size(in.substr(at));
  if (line == 0) return in.size() - at > 100'000 ? kNonsense : 0;
  return at + line;
}

std::string bytes(size_t n) {
  return std::to_string(n);
}

}  // namespace

Talk::Talk(Language language, std::string name, Judge judge, Tally &tally)
    : language_(language), name_(std::move(name)), judge_(judge), tally_(tally), keys_(kKeys) {}

// "c17:3=107:1000:" and letters up to 1000 bytes.
std::string Talk::value(uint8_t key, uint32_t number, size_t size) const {
  std::string text = key_name(key) + "=" + std::to_string(number) + ":" + std::to_string(size) + ":";
  size_t head = text.size();
  if (size > head) text.append(size - head, static_cast<char>('a' + number % 26));
  for (size_t at = head; at < text.size(); at += 97) text[at] = static_cast<char>('A' + (at + number) % 26);
  return text;
}

// ---- asking ----------------------------------------------------------------------------------------------

std::vector<Talk::Wanted> Talk::choose(Ask kind, size_t keys, std::mt19937 &random) {
  if (kind == Ask::count) return {};
  bool many = kind == Ask::get_many || kind == Ask::set_many || kind == Ask::remove;
  size_t n = many ? std::clamp<size_t>(keys, 1, kKeys) : 1;
  std::vector<Wanted> chosen;
  size_t first = random() % kKeys;
  for (size_t i = 0; i < n; ++i) chosen.push_back({static_cast<uint8_t>((first + i * 7) % kKeys), {}});
  return chosen;
}

void Talk::ask(Ask kind, size_t keys, size_t size, std::mt19937 &random, std::string &out) {
  if (language_ == Language::redis && kind == Ask::set_silently) kind = Ask::set;
  if (language_ == Language::memcached && kind == Ask::set_many) kind = Ask::set;
  if (language_ == Language::memcached && kind == Ask::remove) keys = 1;
  Question q{kind, choose(kind, keys, random), ++number_};
  bool writes = kind == Ask::set || kind == Ask::set_many || kind == Ask::set_silently || kind == Ask::remove;
  for (Wanted &w : q.keys) {
    if (writes) keys_[w.key].sent = {number_, kind == Ask::remove};
    w.write = keys_[w.key].sent;
  }
  out += language_ == Language::redis ? encode(q, size, random) : encode_memcached(q, size, random);
  if (kind == Ask::count && (language_ == Language::redis || counter_made_)) ++counts_sent_;
  ++tally_.asked;
  if (kind == Ask::set_silently) {
    ++tally_.silent;
    keys_[q.keys[0].key].sure = 0;
  } else {
    open_.push_back(std::move(q));
  }
}

std::string Talk::encode(const Question &q, size_t size, std::mt19937 &random) const {
  auto about = [&] { return size == 0 ? 0 : size / 2 + random() % size; };
  std::vector<std::string> args;
  switch (q.kind) {
    case Ask::set:
    case Ask::set_silently:
      return resp({"SET", key_name(q.keys[0].key), value(q.keys[0].key, q.number, about())});
    case Ask::get:
      return resp({"GET", key_name(q.keys[0].key)});
    case Ask::count:
      return resp({"INCR", name_ + ":n"});
    case Ask::set_many:
      args = {"MSET"};
      for (const Wanted &w : q.keys) {
        args.push_back(key_name(w.key));
        args.push_back(value(w.key, q.number, about()));
      }
      return resp(args);
    case Ask::get_many:
    case Ask::remove:
      args = {q.kind == Ask::remove ? "DEL" : "MGET"};
      for (const Wanted &w : q.keys) args.push_back(key_name(w.key));
      return resp(args);
  }
  return "";
}

std::string Talk::encode_memcached(const Question &q, size_t size, std::mt19937 &random) const {
  std::string line;
  switch (q.kind) {
    case Ask::set:
    case Ask::set_many:
    case Ask::set_silently: {
      std::string bytes_of = value(q.keys[0].key, q.number, size == 0 ? 0 : size / 2 + random() % size);
      line = "set " + key_name(q.keys[0].key) + " 0 0 " + bytes(bytes_of.size());
      return line + (q.kind == Ask::set_silently ? " noreply" : "") + "\r\n" + bytes_of + "\r\n";
    }
    case Ask::get:
    case Ask::get_many:
      line = "get";
      for (const Wanted &w : q.keys) line += " " + key_name(w.key);
      return line + "\r\n";
    case Ask::remove:
      return "delete " + key_name(q.keys[0].key) + "\r\n";
    case Ask::count:
      return counter_made_ ? "incr " + name_ + ":n 1\r\n" : "add " + name_ + ":n 0 0 1\r\n0\r\n";
  }
  return "";
}

std::string Talk::shown(const Question &q) const {
  static const char *const kNames[] = {"set", "get", "get of many", "set of many", "remove", "count", "silent set"};
  std::string text = kNames[static_cast<size_t>(q.kind)];
  for (const Wanted &w : q.keys) text += " " + key_name(w.key);
  return text + " (request " + std::to_string(q.number) + " of " + name_ + ")";
}

std::string Talk::oldest() const {
  return open_.empty() ? "nothing" : shown(open_.front());
}

void Talk::cut_off(bool by_weir, bool partial) {
  (by_weir ? tally_.closed_on : tally_.given_up) += open_.size();
  if (by_weir) {
    ++tally_.closes_by_weir;
    if (!partial) ++tally_.closes_between_replies;
  }
  open_.clear();
}

// ---- hearing ---------------------------------------------------------------------------------------------

size_t Talk::answer_size(const Question &q, std::string_view in) const {
  if (language_ == Language::redis) return resp_size(in);
  return memcached_size(q.kind == Ask::get || q.kind == Ask::get_many, in);
}

size_t Talk::hear(std::string_view in) {
  size_t at = 0;
  while (at < in.size()) {
    if (open_.empty()) {
      tally_.breach(name_ + " heard what it had not asked for: " + test::shown(in.substr(at)));
      return kNonsense;
    }
    const Question &q = open_.front();
    size_t n = answer_size(q, in.substr(at));
    if (n == 0) break;
    if (n == kNonsense) {
      tally_.breach(shown(q) + ": an answer that makes no sense: " + test::shown(in.substr(at)));
      return kNonsense;
    }
    std::string_view answer = in.substr(at, n);
    erred_ = false;
    if (std::string wrong = judge(q, answer); !wrong.empty()) {
      tally_.breach(shown(q) + ": " + wrong + ": " + test::shown(answer));
    }
    ++(erred_ ? tally_.failed : tally_.right);
    tally_.bytes_in += n;
    open_.pop_front();
    at += n;
  }
  return at;
}

std::string Talk::judge(const Question &q, std::string_view answer) {
  return language_ == Language::redis ? judge_redis(q, answer) : judge_memcached(q, answer);
}

std::string Talk::judge_redis(const Question &q, std::string_view answer) {
  if (answer[0] == '-') return judge_error(answer.substr(1, answer.size() - 3));
  std::string_view line = answer.substr(1, line_size(answer) - 3);
  long n = 0;
  switch (q.kind) {
    case Ask::set:
    case Ask::set_silently:
    case Ask::set_many:
      return answer == "+OK\r\n" ? acknowledged(q) : "not the answer to a SET";
    case Ask::remove:
      if (answer[0] != ':' || !to_number(line, n) || n < 0 || static_cast<size_t>(n) > q.keys.size()) {
        return "not the answer to a DEL of so many keys";
      }
      return acknowledged(q);
    case Ask::count:
      return answer[0] == ':' ? judge_count(line) : "not the answer to an INCR";
    case Ask::get:
      if (answer[0] != '$') return "not the answer to a GET";
      if (answer == "$-1\r\n") return judge_miss(q.keys[0]);
      return judge_value(q.keys[0], answer.substr(line.size() + 3, answer.size() - line.size() - 5));
    case Ask::get_many:
      break;
  }
  if (answer[0] != '*' || !to_number(line, n) || static_cast<size_t>(n) != q.keys.size()) {
    return "not an answer with so many values";
  }
  size_t at = line.size() + 3;
  for (const Wanted &w : q.keys) {
    std::string_view one = answer.substr(at, resp_size(answer.substr(at)));
    std::string wrong;
    if (one[0] == '-') {
      wrong = judge_error(one.substr(1, one.size() - 3));
    } else if (one == "$-1\r\n") {
      wrong = judge_miss(w);
    } else {
      size_t head = line_size(one);
      wrong = one[0] == '$' ? judge_value(w, one.substr(head, one.size() - head - 2)) : "not a value";
    }
    if (!wrong.empty()) return wrong;
    at += one.size();
  }
  return "";
}

std::string Talk::judge_memcached(const Question &q, std::string_view answer) {
  if (answer.starts_with("SERVER_ERROR ")) return judge_error(answer.substr(0, answer.size() - 2));
  switch (q.kind) {
    case Ask::set:
    case Ask::set_silently:
    case Ask::set_many:
      return answer == "STORED\r\n" ? acknowledged(q) : "not the answer to a set";
    case Ask::remove:
      return answer == "DELETED\r\n" || answer == "NOT_FOUND\r\n" ? acknowledged(q) : "not the answer to a delete";
    case Ask::count:
      if (answer == "STORED\r\n" || answer == "NOT_STORED\r\n") {
        counter_made_ = true;
        return "";
      }
      if (answer == "NOT_FOUND\r\n" && judge_ == Judge::lenient) {
        counter_made_ = false;
        return "";
      }
      return judge_count(answer.substr(0, answer.size() - 2));
    case Ask::get:
    case Ask::get_many:
      break;
  }
  return judge_values_memcached(q, answer);
}

// Values come in the order of the keys, those that are missing left out.
std::string Talk::judge_values_memcached(const Question &q, std::string_view answer) {
  size_t at = 0;
  auto next = q.keys.begin();
  while (answer.substr(at).starts_with("VALUE ")) {
    Item item = memcached_item(answer.substr(at));
    for (; next != q.keys.end() && key_name(next->key) != item.key; ++next) {
      if (std::string wrong = judge_miss(*next); !wrong.empty()) return wrong;
    }
    if (next == q.keys.end()) return "a key that was not asked for, or not in this order";
    if (std::string wrong = judge_value(*next++, item.value); !wrong.empty()) return wrong;
    at += item.size;
  }
  if (answer.substr(at) != "END\r\n") return "not the end of an answer to a get";
  for (; next != q.keys.end(); ++next) {
    if (std::string wrong = judge_miss(*next); !wrong.empty()) return wrong;
  }
  return "";
}

std::string Talk::judge_value(const Wanted &wanted, std::string_view got) {
  std::string head = key_name(wanted.key) + "=";
  if (!got.starts_with(head)) return "a value of another key";
  std::string_view rest = got.substr(head.size());
  size_t first = rest.find(':'), second = rest.find(':', first + 1);
  long number = 0, size = 0;
  if (second == std::string_view::npos || !to_number(rest.substr(0, first), number) ||
      !to_number(rest.substr(first + 1, second - first - 1), size) || size < 0) {
    return "not a value of this client";
  }
  if (got != value(wanted.key, static_cast<uint32_t>(number), static_cast<size_t>(size))) return "a damaged value";
  if (number < 1 || static_cast<uint32_t>(number) > keys_[wanted.key].sent.number) return "a value from the future";
  bool sure = judge_ == Judge::strict && keys_[wanted.key].sure == wanted.write.number;
  if (sure && (wanted.write.removed || static_cast<uint32_t>(number) != wanted.write.number)) {
    return "not what was written last (request " + std::to_string(wanted.write.number) + ")";
  }
  return "";
}

std::string Talk::judge_miss(const Wanted &wanted) {
  ++tally_.misses;
  const Key &key = keys_[wanted.key];
  bool lost =
      judge_ == Judge::strict && wanted.write.number != 0 && !wanted.write.removed && key.sure == wanted.write.number;
  tally_.denials += lost;
  return lost ? "nothing under " + key_name(wanted.key) + ", where request " + std::to_string(wanted.write.number) +
                    " had written"
              : "";
}

// However often a request was repeated on the way, it may be carried out only once.
std::string Talk::judge_count(std::string_view text) {
  long n = 0;
  if (!to_number(text, n) || n < 1) return "not a count";
  if (static_cast<uint32_t>(n) > counts_sent_) {
    return "counted " + std::to_string(n) + " of " + std::to_string(counts_sent_) + " requests";
  }
  return "";
}

std::string Talk::judge_error(std::string_view line) {
  erred_ = true;
  ++tally_.errors[std::string(line)];
  if (judge_ == Judge::strict) {
    ++tally_.denials;
    return "an error, though nothing was wrong";
  }
  for (const char *never : {"internal", "unknown command", "Protocol error", "wrong number", "syntax"}) {
    if (line.find(never) != std::string_view::npos) return "an error that no fault explains";
  }
  return "";
}

std::string Talk::acknowledged(const Question &q) {
  for (const Wanted &w : q.keys) keys_[w.key].sure = q.number;
  return "";
}

// ---- the tally -------------------------------------------------------------------------------------------

void Tally::add(const Tally &other) {
  asked += other.asked;
  right += other.right;
  misses += other.misses;
  failed += other.failed;
  silent += other.silent;
  closed_on += other.closed_on;
  given_up += other.given_up;
  connects += other.connects;
  closes_by_weir += other.closes_by_weir;
  closes_between_replies += other.closes_between_replies;
  refused += other.refused;
  bytes_in += other.bytes_in;
  for (const auto &[text, n] : other.errors) errors[text] += n;
  breaches += other.breaches;
  denials += other.denials;
  for (const std::string &b : other.first_breaches) {
    if (first_breaches.size() < 20) first_breaches.push_back(b);
  }
}

std::string Tally::text() const {
  auto n = [](uint64_t x) { return std::to_string(x); };
  std::string text = n(asked) + " requests: " + n(right) + " answered rightly (" + n(misses) + " misses), " +
                     n(failed) + " failed, " + n(silent) + " wanted no answer, " + n(closed_on) +
                     " on connections that weir closed, " + n(given_up) + " given up by clients that left; " +
                     n(connects) + " connects, " + n(closes_by_weir) + " closed by weir (" + n(closes_between_replies) +
                     " between replies), " + n(refused) + " refused\n";
  for (const auto &[error, count] : errors) text += "  " + n(count) + " x " + error + "\n";
  for (const std::string &b : first_breaches) text += "  BREACH: " + b + "\n";
  if (breaches > first_breaches.size()) text += "  ... " + n(breaches) + " breaches in all\n";
  return text;
}

}  // namespace weir::test
