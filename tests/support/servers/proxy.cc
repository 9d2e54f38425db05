#include "tests/support/servers/proxy.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>
#include <stdexcept>

namespace weir::test {

std::string proxy_binary() {
  const char *other = getenv("WEIR_TEST_PROXY");
  return other && *other ? other : WEIR_TEST_PROXY_DEFAULT;
}

bool proxy_is_twemproxy() {
  return proxy_binary().find("nutcracker") != std::string::npos;
}

std::string twemproxy_binary() {
  static const std::string found = [] {
    const char *path = getenv("PATH");
    std::stringstream folders(std::string(path ? path : "") + ":/usr/sbin:/usr/local/sbin");
    for (std::string folder; std::getline(folders, folder, ':');) {
      if (access((folder + "/nutcracker").c_str(), X_OK) == 0) return folder + "/nutcracker";
    }
    return std::string();
  }();
  return found;
}

static std::string indented(const std::string &text) {
  std::string out;
  std::stringstream lines(text);
  for (std::string line; std::getline(lines, line);) out += "  " + line + "\n";
  return out;
}

PoolText &PoolText::set(const std::string &key, const std::string &value) {
  keys_.emplace_back(key, value);
  return *this;
}

PoolText &PoolText::listen(const std::string &address) {
  listen_ = address;
  return *this;
}

PoolText &PoolText::server(const std::string &address, const std::string &name, int weight) {
  servers_.push_back(address + ":" + std::to_string(weight) + (name.empty() ? "" : " " + name));
  return *this;
}

std::string PoolText::key(const std::string &name) const {
  for (const auto &[key, value] : keys_) {
    if (key == name) return value;
  }
  return "";
}

std::string PoolText::text() const {
  std::string text =
      name_ + ":\n  listen: " + (listen_.empty() ? "127.0.0.1:" + std::to_string(port_) : listen_) + "\n";
  for (const auto &[key, value] : keys_) text += "  " + key + ": " + value + "\n";
  text += "  servers:\n";
  for (const std::string &s : servers_) text += "   - " + s + "\n";
  return text;
}

Proxy::Proxy(const PoolText &pool) : Proxy(std::vector<PoolText>{pool}, Options{}) {}

Proxy::Proxy(const PoolText &pool, int workers) : Proxy(std::vector<PoolText>{pool}, Options{.workers = workers}) {}

Proxy::Proxy(std::vector<PoolText> pools, Options options)
    : pools_(std::move(pools)), options_(std::move(options)), stats_port_(free_port()) {
  std::string text;
  for (const PoolText &p : pools_) text += p.text();
  if (!options_.top.empty()) text = options_.top + "pools:\n" + indented(text);
  if (!options_.whole.empty()) text = options_.whole;
  dir_.write("conf.yml", text);
  if (options_.binary.empty()) options_.binary = proxy_binary();
  process_ = std::make_unique<Process>("proxy", argv(), dir_.path());
  bool up = eventually([&] { return ready() || !process_->running(); });
  if (!up || !process_->running()) {
    expect_end_ = true;
    throw std::runtime_error(options_.binary + " did not come up: " + process_->out() + process_->err() + text);
  }
}

std::vector<std::string> Proxy::argv() const {
  std::vector<std::string> args = {options_.binary, "-c", config_file(), "-s", std::to_string(stats_port_),        "-a",
                                   "127.0.0.1",     "-i", "20",          "-v", std::to_string(options_.log_level), "-p",
                                   pid_file()};
  if (options_.binary.find("nutcracker") == std::string::npos) {
    args.insert(args.end(), {"--workers", std::to_string(options_.workers)});
  }
  args.insert(args.end(), options_.more.begin(), options_.more.end());
  return args;
}

bool Proxy::ready() const {
  if (!is_listening(stats_port_)) return false;
  for (const PoolText &p : pools_) {
    const std::string &at = p.listen();
    if (at.starts_with("/") ? !is_listening(at.substr(0, at.find(' '))) : at.empty() && !is_listening(p.port())) {
      return false;
    }
  }
  auto admin = std::find(options_.more.begin(), options_.more.end(), "--admin");  // it is bound after the pools
  if (admin == options_.more.end()) return true;
  const std::string &at = *(admin + 1);
  return at.starts_with("/") ? is_listening(at)
                             : is_listening(static_cast<uint16_t>(atoi(at.substr(at.rfind(':') + 1).c_str())));
}

Stream Proxy::connect(size_t pool) const {
  const std::string &at = pools_[pool].listen();
  return at.starts_with("/") ? Stream::unix_socket(at.substr(0, at.find(' '))) : Stream::tcp(pools_[pool].port());
}

std::string Proxy::stats_text() const {
  return Stream::tcp(stats_port_).read_until_close();
}

Json Proxy::stats() const {
  return Json::parse(stats_text());
}

bool Proxy::stats_reach(const std::function<bool(const Json &)> &done) const {
  return eventually([&] { return done(stats()); });
}

Ended Proxy::stop() {
  expect_end_ = true;
  process_->signal(SIGTERM);
  std::optional<Ended> ended = process_->wait(patience() * 3);
  if (!ended) throw std::runtime_error("the proxy did not end after SIGTERM");
  return *ended;
}

Proxy::~Proxy() {
  if (!process_) return;
  if (!expect_end_) {
    if (!process_->running()) {
      ADD_FAILURE() << "the proxy died: " << process_->wait()->text();
    } else {
      process_->signal(SIGCONT);
      process_->signal(SIGTERM);
      if (!process_->wait(patience() * 3)) ADD_FAILURE() << "the proxy did not end after SIGTERM";
    }
  }
  std::string report = process_->sanitizer_report();
  if (!report.empty()) ADD_FAILURE() << "the proxy broke a sanitizer's rule:\n" << report;
}

}  // namespace weir::test
