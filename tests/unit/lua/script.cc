#include "script.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cctype>
#include <fstream>
#include <stdexcept>

namespace weir::test {
namespace {

constexpr weir_cmd kCommands[] = {{"(other)", 0, 0},
                                  {"get", WEIR_CMD_READ, 0},
                                  {"mget", WEIR_CMD_READ | WEIR_CMD_MULTIKEY, 0},
                                  {"set", WEIR_CMD_WRITE, 0},
                                  {"del", WEIR_CMD_WRITE | WEIR_CMD_MULTIKEY, 0},
                                  {"config", WEIR_CMD_ADMIN, 0}};
constexpr uint32_t kCount = sizeof(kCommands) / sizeof(kCommands[0]);

weir_bytes bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t *>(text.data()), text.size()};
}

uint16_t row_of(std::string_view word) {
  std::string name(word);
  for (char &c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  for (uint16_t i = 1; i < kCount; ++i) {
    if (name == kCommands[i].name) return i;
  }
  return 0;
}

std::string temporary_file(const std::string &text) {
  std::string path = testing::TempDir() + "script-XXXXXX.lua";
  const int file = mkstemps(path.data(), 4);
  if (file < 0) throw std::runtime_error("no temporary file");
  close(file);
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

FakeHost::Config with_file(FakeHost::Config config, const std::string &path) {
  config["file"] = path;
  return config;
}

}  // namespace

const PluginFile &lua_file() {
  static const PluginFile file(plugin_path("lua"));
  if (file.module() == nullptr) throw std::runtime_error(file.error());
  return file;
}

const weir_filter &lua_filter() {
  return *static_cast<const weir_filter *>(lua_file().find(WEIR_K_FILTER, "lua")->ops);
}

// The memory it points to is gone when the call is over, as the core's would be.
struct Script::Request {
  weir_req req = {};
  weir_view view = {};
  weir_scope scope = {};
  std::vector<std::string> words, keys;
  std::vector<weir_bytes> key_bytes;
  std::string client, tag;
  FakeArena arena;

  static const Request &of(const weir_view *view) { return *static_cast<Request *>(view->core); }
  static weir_bytes client_of(const weir_view *view) { return bytes(of(view).client); }
  static uint32_t arg_count(const weir_view *view) { return static_cast<uint32_t>(of(view).words.size()); }
  static weir_bytes arg(const weir_view *view, uint32_t i) {
    return i < of(view).words.size() ? bytes(of(view).words[i]) : weir_bytes{};
  }
};

Script::Script(const std::string &source, FakeHost::Config config)
    : path_(temporary_file(source)), host_(with_file(std::move(config), path_), 3) {
  host().pools = {
      {"alpha", "redis", {"a1", "a2", "a3"}}, {"archive", "redis", {"b1", "b2"}}, {"other", "memcache", {}}};
  static const PluginFile hashes(plugin_path("hash"));
  host().modules = {hashes.module()};
  host().now_us = 1'000'000'000;
  char text[1024];
  weir_errbuf err = {text, sizeof(text), 0};
  inst_ = lua_filter().create(host().get(), &err);
  want_.resize(kCount);
  const bool good = inst_ != nullptr &&
                    lua_filter().interests(inst_, bytes("redis"), kCommands, kCount, want_.data(), &err) == WEIR_OK;
  if (good)
    worker_ = lua_filter().worker_init(inst_, 0);
  else
    refused_.assign(text, err.len);
}

Script::~Script() {
  end_worker();
  if (inst_ != nullptr) lua_filter().destroy(inst_);
  unlink(path_.c_str());
}

void Script::end_worker() {
  if (worker_ != nullptr) lua_filter().worker_fini(inst_, worker_);
  worker_ = nullptr;
}

uint32_t Script::wants(std::string_view command) const {
  return want_[row_of(command)];
}

bool Script::logged(std::string_view part) const {
  for (const std::string &line : host_.log) {
    if (line.find(part) != std::string::npos) return true;
  }
  return false;
}

void Script::fill(const Asked &asked, Request &out) {
  out.words = asked.words;
  out.keys = asked.keys;
  out.client = asked.client;
  out.tag = asked.tag;
  for (const std::string &key : out.keys) out.key_bytes.push_back(bytes(key));
  out.req.cmd = row_of(asked.words[0]);
  out.req.key_count = static_cast<uint32_t>(out.keys.size());
  out.view = {.struct_size = sizeof(weir_view),
              .pool = 0,
              .req = &out.req,
              .cmd = &kCommands[out.req.cmd],
              .keys = out.key_bytes.data(),
              .key_count = out.req.key_count,
              .reserved = 0,
              .listener = bytes("127.0.0.1:22121"),
              .protocol = bytes("redis"),
              .tag = bytes(out.tag),
              .client = Request::client_of,
              .arg_count = Request::arg_count,
              .arg = Request::arg,
              .core = &out};
  out.scope = {.struct_size = sizeof(weir_scope),
               .worker_id = 0,
               .inst = inst_,
               .worker = worker_,
               .state = nullptr,
               .arena = out.arena.get(),
               .now_us = host_.now_us,
               .conn_id = 1,
               .core = host_.get()};
}

Decision Script::ask(const Asked &asked) {
  Request request;
  fill(asked, request);
  std::vector<weir_bytes> new_keys(request.keys.size());
  std::vector<uint8_t> rekeyed(request.keys.size());
  Decision out;
  weir_verdict &verdict = out.verdict;
  verdict.struct_size = sizeof(verdict);
  verdict.pool = verdict.server = verdict.mirror_pool = UINT32_MAX;
  verdict.new_keys = new_keys.data();
  verdict.rekeyed = rekeyed.data();
  out.status = lua_filter().on_request(&request.scope, &request.view, &verdict);
  uint32_t count = 0;
  for (size_t i = 0; i < rekeyed.size(); ++i) {
    const weir_bytes key = rekeyed[i] != 0 ? new_keys[i] : request.key_bytes[i];
    out.keys.emplace_back(reinterpret_cast<const char *>(key.ptr), key.len);
    count += rekeyed[i];
  }
  EXPECT_EQ(verdict.rekey_count, count);
  out.text.assign(reinterpret_cast<const char *>(verdict.text.ptr), verdict.text.len);
  out.tag.assign(reinterpret_cast<const char *>(verdict.tag.ptr), verdict.tag.len);
  return out;
}

void Script::respond(const Asked &asked, const weir_outcome &outcome) {
  Request request;
  fill(asked, request);
  request.view.key_count = 0;
  lua_filter().on_response(&request.scope, &request.view, &outcome);
}

}  // namespace weir::test
