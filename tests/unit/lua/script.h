// A script in lua.so with a stand-in for the core around it, and requests to ask it about.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/plugin_host.h"

namespace weir::test {

const PluginFile &lua_file();
const weir_filter &lua_filter();

// What a script decided.
struct Decision {
  weir_status status = WEIR_OK;
  weir_verdict verdict = {};
  std::vector<std::string> keys;  // as they are now
  std::string text, tag;
  bool failed() const { return status < 0; }
};

struct Asked {
  std::vector<std::string> words;
  std::vector<std::string> keys = {};
  std::string client = "10.0.0.1:4711";
  std::string tag = {};
};

class Script {
 public:
  // Checks it and asks for its interests, as when a configuration is read; then one worker begins.
  explicit Script(const std::string &source, FakeHost::Config config = {});
  Script(const Script &) = delete;
  Script &operator=(const Script &) = delete;
  ~Script();

  const std::string &refused() const { return refused_; }  // why it was; "" = it was not
  uint32_t wants(std::string_view command) const;          // WEIR_WANT_*
  Decision ask(const Asked &request);
  Decision get(const std::string &key) { return ask({{"GET", key}, {key}}); }
  void respond(const Asked &request, const weir_outcome &outcome);
  void end_worker();
  bool logged(std::string_view part) const;

  FakeHost &host() { return host_; }

 private:
  struct Request;
  void fill(const Asked &asked, Request &out);

  const std::string path_;
  FakeHost host_;
  std::string refused_;
  void *inst_ = nullptr, *worker_ = nullptr;
  std::vector<uint8_t> want_;
};

}  // namespace weir::test
