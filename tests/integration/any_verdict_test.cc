// Filters that decide anything, and half of the time what they may not: each request gets one reply all the same, its
// own or an error, in the order of the requests, and weir lives. Every command is recognised in its reply: values begin
// with their key, and words are used once. WEIR_TEST_SEED=n tries another stream, for longer.
#include <signal.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <random>
#include <sstream>

#include "tests/integration/story.h"

namespace weir::test {
namespace {

struct Command {
  std::string bytes;
  std::vector<std::string> own;  // what a text in its reply begins with, in more than one letter
};

class Chance {
 public:
  explicit Chance(uint32_t seed) : random_(seed) {}
  size_t pick(size_t n) { return std::uniform_int_distribution<size_t>(0, n - 1)(random_); }
  bool chance(int percent) { return static_cast<int>(pick(100)) < percent; }

 private:
  std::mt19937 random_;
};

// What one client asks.
class Asker : public Chance {
 public:
  Asker(uint32_t seed, int client)
      : Chance(seed * 100 + static_cast<uint32_t>(client)), name_(std::to_string(client)) {}

  std::vector<Command> redis() {
    std::vector<Command> all;
    for (size_t n = 1 + pick(chance(50) ? 3 : 40); all.size() < n;) {
      if (chance(5)) {
        transaction(all);
      } else if (chance(5)) {
        const std::string topic = unique();
        all.push_back({resp({"SUBSCRIBE", topic}), {"subscribe", topic}});
        all.push_back({resp({"UNSUBSCRIBE", topic}), {"unsubscribe", topic}});
      } else {
        all.push_back(one());
      }
    }
    return all;
  }
  std::vector<Command> memcached() {
    std::vector<Command> all;
    for (size_t n = 1 + pick(chance(50) ? 3 : 40); all.size() < n;) {
      const std::string k = key(), opaque = unique(), v = value(k);
      const std::string data = std::to_string(v.size()), flags = " k O" + opaque;
      switch (pick(5)) {
        case 0:
          all.push_back({"ms " + k + " " + data + flags + "\r\n" + v + "\r\n", {opaque, v}});
          break;
        case 1:
          all.push_back({"mg " + k + " v" + flags + "\r\n", {opaque}});
          break;
        case 2:
          all.push_back({"md " + k + flags + "\r\n", {opaque}});
          break;
        case 3:
          all.push_back({"set " + k + " 0 0 " + data + "\r\n" + v + "\r\n", {"STORED", "NOT_STORED"}});
          break;
        default:
          all.push_back({"get " + k + " " + key() + "\r\n", {"VALUE " + name_, "END"}});
      }
    }
    return all;
  }
  void send(Stream &to, std::string_view bytes) {
    while (!bytes.empty()) {
      size_t n = std::min(bytes.size(), chance(50) ? bytes.size() : 1 + pick(2'000));
      to.send(bytes.substr(0, n));
      bytes.remove_prefix(n);
    }
  }

 private:
  std::string key(const std::string &tag = "") { return name_ + tag + ":" + std::to_string(pick(10)); }
  std::string unique() { return "u" + name_ + "-" + std::to_string(++words_); }
  std::string value(const std::string &of) {
    return of + "=" + std::to_string(++words_) + std::string(chance(3) ? 70'000 : 0, 'x');
  }
  Command one(const std::string &tag = "") {
    const std::string k = key(tag), word = unique();
    switch (pick(10)) {
      case 0:
      case 1: {
        std::string v = value(k);
        return {resp({"SET", k, v}), {v}};
      }
      case 2:
        return {resp({"GET", k}), {k}};
      case 3: {
        const std::string other = key(tag), third = key(tag);
        return {resp({"MGET", k, other, third}), {k, other, third}};
      }
      case 4: {
        const std::string other = key(tag), a = value(k), b = value(other);
        return {resp({"MSET", k, a, other, b}), {b}};
      }
      case 5:
        return {resp({"DEL", k, key(tag), name_ + tag + ":"}), {name_}};
      case 6:
      case 7:
        return {resp({"EVAL", "return {ARGV[1]}", "1", k, word}), {word}};
      case 8:
        return tag.empty() && chance(20) ? Command{resp({"BLPOP", "none" + name_, "0.01"}), {"0.01"}}
                                         : Command{resp({"APPEND", k, value(k)}), {k}};
      default:
        return {resp({"ECHO", word}), {word}};
    }
  }
  void transaction(std::vector<Command> &all) {
    const std::string tag = "{t}";
    if (chance(30)) all.push_back({resp({"WATCH", key(tag)}), {name_ + tag}});
    all.push_back({resp({"MULTI"}), {"MULTI"}});
    Command exec{resp({"EXEC"}), {"EXEC"}};
    for (size_t n = pick(5); n > 0; --n) {
      all.push_back(one(tag));
      exec.own.insert(exec.own.end(), all.back().own.begin(), all.back().own.end());
    }
    all.push_back(chance(80) ? exec : Command{resp({"DISCARD"}), {"DISCARD"}});
  }

  const std::string name_;
  uint64_t words_ = 0;
};

// Whether a text may be in the reply: it begins with something of the command's own, unless all kinds of commands may
// be answered like that.
bool is_of(const Command &command, std::string_view text) {
  for (const char *any : {"OK", "QUEUED", "7", "-12"}) {
    if (text == any) return true;
  }
  return std::any_of(command.own.begin(), command.own.end(),
                     [&](const std::string &own) { return text.starts_with(own); });
}

// Reads one RESP2 value at `at`.
bool fits(const Command &command, const std::string &reply, size_t &at) {
  size_t line = reply.find('\n', at) + 1;
  const std::string head = reply.substr(at, line - 2 - at);
  at = line;
  if (head[0] == '-' || head[0] == ':') return true;
  if (head[0] == '+') return is_of(command, head.substr(1));
  long n = std::atol(head.c_str() + 1);
  if (head[0] == '*') {
    bool all = true;
    while (n-- > 0) all = fits(command, reply, at) && all;
    return all;
  }
  if (n < 0) return true;
  at += static_cast<size_t>(n) + 2;
  return is_of(command, std::string_view(reply).substr(line, static_cast<size_t>(n)));
}

class AnyVerdict : public testing::Test {
 protected:
  static constexpr int kClients = 4;

  static std::string filters(uint32_t seed) {
    const auto one = [&](const char *more) {
      return "{target: beta, seed: " + std::to_string(seed) + ", " + more + "}";
    };
    return "[" + one("on_error: continue") + ", " + one("on_error: reject") + ", " + one("honest: true") + "]";
  }
  // Each client in a thread of its own; the first one has the filters replaced again and again.
  template <class Talk>
  void play(PoolText alpha, const PoolText &beta, Talk talk) {
    const char *chosen = std::getenv("WEIR_TEST_SEED");
    const uint32_t seed = chosen != nullptr ? static_cast<uint32_t>(std::strtoul(chosen, nullptr, 10)) : 1;
    const int rounds = chosen != nullptr ? 1'000 : slow_build() ? 20 : 60;
    SCOPED_TRACE("WEIR_TEST_SEED=" + std::to_string(seed));
    PoolText again = alpha;
    alpha.set("fickle", filters(seed));
    again.set("fickle", filters(seed + 1));
    Proxy proxy({alpha, beta}, {.workers = 2, .log_level = 2, .more = {"--plugin-path", FICKLE_DIR}});
    std::atomic<long long> closed = 0;
    side_by_side(kClients, [&](int i) {
      Asker asker(seed, i);
      std::optional<Stream> client;
      for (int round = 0; round < rounds; ++round) {
        if (i == 0 && round % 10 == 9) reload(proxy, (round / 10 % 2 == 0 ? again : alpha).text() + beta.text());
        if (!client) client = proxy.connect();
        if (talk(asker, *client)) continue;
        client.reset();
        ++closed;
      }
    });
    const Json pool = proxy.stats().at("alpha");
    for (const char *name : {"filter_errors", "filter_rejected", "filter_answered", "filter_rekeyed", "mirrored"})
      EXPECT_GT(pool.number(name), 0) << name;
    EXPECT_EQ(closed, pool.number("filter_dropped")) << "clients: nobody else closes any";
    for (const char *fault : {"broke its contract", "gave no legal"})
      EXPECT_EQ(std::string::npos, proxy.log().find(fault)) << fault;
  }
  static void reload(Proxy &proxy, const std::string &text) {
    const std::string file = proxy.config_file();
    std::ofstream(file + ".new") << text;
    std::filesystem::rename(file + ".new", file);
    proxy.process().signal(SIGUSR1);
  }
  void SetUp() override { SKIP_ON_TWEMPROXY("has no filters"); }
};

// Sends the commands, and reads what each is answered with. False: a filter has dropped the client meanwhile.
template <class Read>
bool talk(Asker &asker, Stream &client, const std::vector<Command> &commands, Read read) {
  std::string bytes;
  for (const Command &command : commands) bytes += command.bytes;
  try {
    asker.send(client, bytes);
    for (const Command &command : commands) read(client, command);
  } catch (const StreamError &error) {
    const std::string_view why = error.what();
    if (why.starts_with("closed ") || why.starts_with("send: ")) return false;
    throw;
  }
  return true;
}

TEST_F(AnyVerdict, LeavesEachCommandOfRedisItsReply) {
  RedisServers servers = redis_servers(3), others = redis_servers(2);
  play(redis_pool(servers).set("hash_tag", "\"{}\""), redis_pool(others, "beta").set("hash_tag", "\"{}\""),
       [](Asker &asker, Stream &client) {
         return talk(asker, client, asker.redis(), [](Stream &from, const Command &command) {
           const std::string reply = from.read_reply();
           size_t at = 0;
           EXPECT_TRUE(fits(command, reply, at)) << shown(command.bytes) << " -> " << shown(reply);
         });
       });
}

// Lines, up to one that ends what a command is answered with.
void read_memcached(Stream &from, const Command &command) {
  for (bool more = true; more;) {
    const std::string line = from.read_line();
    const bool failed = line.find("ERROR") != std::string::npos;
    const bool value = line.starts_with("VALUE ") || line.starts_with("VA ");
    std::string data;
    if (value) {
      std::istringstream words(line);
      std::string word;
      for (int i = line.starts_with("VA ") ? 2 : 4; i > 0; --i) words >> word;
      data = from.read_exactly(std::strtoul(word.c_str(), nullptr, 10) + 2);
    }
    more = line.starts_with("VALUE ");
    const bool own = std::any_of(command.own.begin(), command.own.end(),
                                 [&](const std::string &one) { return line.find(one) != std::string::npos; });
    EXPECT_TRUE(failed || own) << shown(command.bytes) << " -> " << line << " " << shown(data);
  }
}

TEST_F(AnyVerdict, LeavesEachCommandOfMemcachedItsReply) {
  Memcacheds servers = memcacheds(3), others = memcacheds(2);
  play(memcached_pool(servers), memcached_pool(others, "beta"),
       [](Asker &asker, Stream &client) { return talk(asker, client, asker.memcached(), read_memcached); });
}

}  // namespace
}  // namespace weir::test
