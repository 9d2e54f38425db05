#include "tests/soak/scene.h"

#include <signal.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <thread>

namespace weir::soak {

using test::Crowd;
using test::Habit;
using test::Json;
using test::Judge;
using test::Language;
using test::PoolText;

namespace {

constexpr size_t kVictimsOfEach = 4, kSafeOfEach = 2;

// What a script does for most requests: rewrites, counts, observes, hears of the end, keeps something.
const char kScript[] = R"(
local asked = weir.counter("asked", "requests that the script saw")
local latency = weir.histogram("latency_us", "of replies")
local last = {}
weir.every(0.1, function() weir.shared.ticks = (weir.shared.ticks or 0) + 1 end)
weir.on_request(weir.READ, weir.WRITE, function(req)
  asked:add()
  if not req.key then return end
  req.tag = req.command
  req.note = #req.keys
  last[#req.key % 64] = req.key
  req:prefix("tenant:")
end)
weir.on_response(weir.READ, weir.WRITE, function(req, rsp) latency:observe(rsp.latency_us) end)
)";

// Of a pool's statistics.
bool is_server(const std::string &name, const Json &member) {
  return member.kind == Json::Kind::object && name != "plugins" && name != "tags";
}

std::unique_ptr<test::Backend> new_server(Language language) {
  if (language == Language::memcached) return std::make_unique<test::Memcached>(std::vector<std::string>{"-m", "512"});
  test::RedisServer::Options options;
  options.more = {"--maxclients", "1000"};
  return std::make_unique<test::RedisServer>(options);
}

// Clients of every kind; with `strict` those only that leave nothing behind.
std::vector<Habit> habits(const std::string &prefix, size_t clients, milliseconds pause, bool strict) {
  using Leaves = Habit::Leaves;
  using Pace = Habit::Pace;
  auto share = [&](size_t percent, size_t most) { return std::clamp<size_t>(clients * percent / 100, 1, most); };
  std::vector<Habit> all = {
      {.name = "b", .clients = share(8, 1'000), .burst = 30, .pause = pause},
      {.name = "m", .clients = share(8, 1'000), .burst = 5, .keys = 16, .pause = pause},
      {.name = "l", .clients = share(1, 8), .burst = 3, .keys = 3, .value = 200'000, .pause = pause},
      {.name = "g",
       .clients = share(8, 1'000),
       .burst = 3,
       .keys = 4,
       .pause = pause,
       .leaves = Leaves::politely,
       .rounds = 3},
      {.name = "h",
       .clients = share(2, 200),
       .burst = 8,
       .keys = 4,
       .pause = pause,
       .leaves = Leaves::halfway,
       .rounds = 3},
      {.name = "t",
       .clients = share(1, 20),
       .burst = 2,
       .keys = 4,
       .value = 20,
       .pause = pause,
       .pace = Pace::trickles}};
  if (!strict) {
    all.insert(all.end(), {{.name = "o",
                            .clients = share(2, 200),
                            .burst = 8,
                            .keys = 4,
                            .value = 2'000,
                            .pause = pause,
                            .leaves = Leaves::at_once,
                            .rounds = 2},
                           {.name = "v",
                            .clients = share(2, 200),
                            .burst = 8,
                            .keys = 4,
                            .pause = pause,
                            .leaves = Leaves::vanishes,
                            .rounds = 2},
                           {.name = "n",
                            .clients = share(1, 4),
                            .burst = 60,
                            .keys = 4,
                            .value = 50'000,
                            .pause = pause * 4,
                            .pace = Pace::reads_never}});
  }
  size_t others = 0;
  for (Habit &h : all) others += h.clients;
  all.push_back({.name = "p", .clients = clients > others ? clients - others : 1, .keys = 4, .pause = pause});
  for (Habit &h : all) h.name = prefix + h.name;
  return all;
}

}  // namespace

Scene::Scene(const Settings &settings) : settings_(settings) {
  for (Language language : {Language::redis, Language::memcached}) {
    const std::string name = language == Language::redis ? "redis" : "memcached";
    for (size_t i = 0; i < kVictimsOfEach; ++i) {
      auto server = new_server(language);
      auto relay = std::make_unique<test::Relay>(server->port());
      victims.push_back({std::move(server), std::move(relay), name + std::to_string(i)});
    }
    for (size_t i = 0; i < kSafeOfEach; ++i) safe_.push_back(new_server(language));
    plans_.push_back({name, language, true, false});
    plans_.push_back({name + "_ejecting", language, true, true});
    plans_.push_back({name + "_safe", language, false, false});
    plans_.push_back(
        {.name = name + "_scripted", .language = language, .faulty = false, .ejects = false, .scripted = true});
    plans_.push_back(
        {.name = name + "_routed", .language = language, .faulty = false, .ejects = false, .routed = true});
  }
  write_script(0);
  for (const PoolPlan &plan : plans_) pools_.push_back(pool(plan, 0, nullptr));
  proxy_ = std::make_unique<test::Proxy>(pools_, test::Proxy::Options{.workers = settings.workers, .log_level = 5});
}

// A reload makes the filter anew when its file says something else.
void Scene::write_script(uint32_t version) {
  scripts_.write("script.lua.new", kScript + ("-- " + std::to_string(version) + "\n"));
  std::filesystem::rename(scripts_.file("script.lua.new"), scripts_.file("script.lua"));
}

// With random, the form of a moment: what may change while clients are served.
PoolText Scene::pool(const PoolPlan &plan, uint16_t port, std::mt19937 *random) {
  PoolText text(plan.name);
  if (port != 0) text.listen("127.0.0.1:" + std::to_string(port));
  bool redis = plan.language == Language::redis;
  auto pick = [&](size_t usual, size_t spread) { return random == nullptr ? usual : usual + (*random)() % spread; };
  text.set("redis", redis ? "true" : "false").set("hash", "murmur").set("backlog", "4096");
  text.set("timeout",
           std::to_string(test::scaled(milliseconds(plan.faulty ? pick(500, 500) : pick(60'000, 60'000))).count()));
  text.set("client_inflight", std::to_string(pick(1'000, 1'000)));
  text.set("connect_timeout", std::to_string(test::scaled(milliseconds(pick(1'000, 1'000))).count()));
  if (plan.ejects) text.set("auto_eject_hosts", "true").set("server_retry_timeout", std::to_string(pick(1'000, 2'000)));
  if (plan.scripted) text.set("lua", "{file: " + scripts_.file("script.lua") + "}");
  if (plan.routed) {  // by the letter of the client's habit, behind the crowd's name and the number of its pool
    const std::string base = redis ? "redis" : "memcached", number = std::to_string(&plan - plans_.data());
    auto names = [&](const std::string &letters) {
      std::string all;
      for (const char *crowd : {"w", "s", "last"}) {
        for (char letter : letters) all += std::string(all.empty() ? "" : ", ") + crowd + number + letter;
      }
      return all;
    };
    text.set("routes", "[{prefix: [" + names("bt") + "], pool: " + base + "_safe}, {prefix: [" + names("mg") +
                           "], pool: " + base + "_scripted}]");
  }
  if (!plan.faulty) {
    for (size_t i = 0; i < kSafeOfEach; ++i) {
      text.server(safe_[(redis ? 0 : kSafeOfEach) + i]->address(), "safe" + std::to_string(i));
    }
    return text;
  }
  for (size_t i = 0; i < kVictimsOfEach; ++i) {
    const Victim &v = victims[(redis ? 0 : kVictimsOfEach) + i];
    if (random != nullptr && i > 0 && (*random)() % 5 == 0) continue;  // not this time
    text.server(v.relay->address(), v.name, static_cast<int>(pick(1, 2)));
  }
  return text;
}

void Scene::reload(std::mt19937 &random) {
  if (random() % 2 == 0) write_script(static_cast<uint32_t>(random()));
  std::string text;
  for (size_t i = 0; i < plans_.size(); ++i) text += pool(plans_[i], pools_[i].port(), &random).text();
  std::string path = proxy_->config_file(), beside = path + ".new";
  std::ofstream(beside) << text;
  std::filesystem::rename(beside, path);
  proxy_->process().signal(SIGUSR1);
}

std::vector<std::unique_ptr<Crowd>> Scene::crowds(const std::string &prefix, size_t connections, bool strict) {
  std::vector<std::unique_ptr<Crowd>> all;
  size_t each = std::max<size_t>(connections / plans_.size(), 10);
  milliseconds pause(std::max<size_t>(connections * 1'000 / settings_.rate, 5));
  for (size_t i = 0; i < plans_.size(); ++i) {
    bool strictly = strict || !plans_[i].faulty;
    Crowd::Options options{.language = plans_[i].language, .judge = strictly ? Judge::strict : Judge::lenient};
    options.port = pools_[i].port();
    options.seed = settings_.seed + ++crowds_;
    options.ramp = milliseconds(connections / 2 + 100);
    all.push_back(std::make_unique<Crowd>(options, habits(prefix + std::to_string(i), each, pause, strictly)));
  }
  return all;
}

Usage Scene::usage() const {
  std::string proc = "/proc/" + std::to_string(proxy_->process().pid());
  std::string status = test::read_whole(proc + "/status");
  Usage u;
  size_t at = status.find("VmRSS:");
  if (at != std::string::npos) u.rss_kib = atol(status.c_str() + at + 6);
  std::error_code gone;
  for (const auto &entry : std::filesystem::directory_iterator(proc + "/fd", gone)) {
    static_cast<void>(entry);
    ++u.descriptors;
  }
  return u;
}

Usage Scene::usage_at_rest() const {
  Usage least = usage();
  for (int i = 0; i < 24; ++i) {
    std::this_thread::sleep_for(milliseconds(500));
    Usage now = usage();
    least.rss_kib = std::min(least.rss_kib, now.rss_kib);
    least.descriptors = now.descriptors;
  }
  return least;
}

std::string Scene::unsettled() const {
  std::string what;
  test::eventually([&] {
    what.clear();
    Json stats = proxy_->stats();
    for (const PoolPlan &plan : plans_) {
      const Json &pool = stats.at(plan.name);
      auto zero = [&](const std::string &where, const std::string &name, long long n) {
        if (n != 0) what += "  " + where + ": " + name + " is " + std::to_string(n) + ", not 0\n";
      };
      zero(plan.name, "client_connections", pool.number("client_connections"));
      for (const auto &[server, n] : pool.members) {
        if (!is_server(server, n)) continue;
        for (const char *name : {"in_queue", "in_queue_bytes", "out_queue", "out_queue_bytes"}) {
          zero(plan.name + "." + server, name, n.number(name));
        }
        if (n.number("responses") > n.number("requests")) what += "  " + server + ": more responses than requests\n";
      }
    }
    return what.empty();
  });
  return what;
}

long long Scene::counted(const std::string &name) const {
  long long sum = 0;
  Json stats = proxy_->stats();
  for (const PoolPlan &plan : plans_) {
    for (const auto &[server, n] : stats.at(plan.name).members) {
      if (is_server(server, n)) sum += n.number(name);
    }
  }
  return sum;
}

}  // namespace weir::soak
