#include "core/app/loading.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <thread>

#include "core/config/address.h"

namespace weir::app {
namespace {

// A nutcracker.yml that says nothing of workers ran on one core until now; its servers need not see dozens of us.
constexpr uint32_t kMostWorkersUnasked = 4;

uint32_t worker_count(const Options &options, const config::Settings &settings) {
  if (options.workers > 0) return options.workers;
  if (settings.workers > 0) return settings.workers;
  uint32_t cores = std::max(1u, std::thread::hardware_concurrency());
  return settings.nutcracker ? std::min(cores, kMostWorkersUnasked) : cores;
}

// The pool of --protocol, --listen and --server as the file it stands for.
std::string inline_yaml(const InlinePool &pool) {
  std::string yaml = config::yaml_of_options(pool.protocol, pool.listen, pool.servers);
  auto set = [&yaml](const char *key, const std::string &value) {
    if (!value.empty()) yaml += std::string("    ") + key + ": " + value + "\n";
  };
  set("hash", pool.hash);
  set("distribution", pool.distribution);
  return yaml;
}

std::shared_ptr<config::Node> read(const Options &options, config::Complaints &complaints) {
  if (options.pool) return config::read_text(inline_yaml(*options.pool), "(command line)", complaints);
  return config::read_file(options.config_file, complaints);
}

}  // namespace

std::vector<std::string> load_plugins(plugin::Registry &registry, const Options &options,
                                      const config::Plugins &configured) {
  std::vector<std::string> errors;
  auto folder = [&](const std::string &path) {
    for (const Error &error : registry.load_folder(path)) errors.push_back(error.text);
  };
  for (const std::string &path : options.plugin_paths) folder(path);
  for (const std::string &path : configured.folders) folder(path);
  for (const std::string &file : configured.files) {
    if (Status loaded = registry.load(file); !loaded) errors.push_back(loaded.error().text);
  }
  // Without the folder beside the program the plugins may all come from elsewhere; what lacks is then said pool by
  // pool.
  if (std::filesystem::is_directory(plugin::shipped_folder())) folder(plugin::shipped_folder());
  return errors;
}

// The rest of the file may be wrong: a weir that runs tells that better.
std::optional<config::Address> admin_address(const Options &options, std::string &complaint) {
  std::string text = options.admin_address;
  if (text.empty() && !options.pool) {
    config::Complaints complaints;
    auto root = config::read_file(options.config_file, complaints);
    if (!root) {
      complaint = complaints.text() + "-c FILE names the configuration that weir runs with, --admin its admin port";
      return std::nullopt;
    }
    const config::Node *written = root->find("admin");
    if (written != nullptr && written->kind == config::Node::Kind::scalar) text = written->text;
  }
  if (text.empty()) {
    complaint = "there is no admin port: neither --admin nor admin: in the configuration; kill -USR1 does the same";
    return std::nullopt;
  }
  Result<config::Address> address = config::parse_listen(text);
  if (address) return *address;
  complaint = "admin: " + address.error().text;
  return std::nullopt;
}

std::unique_ptr<Loaded> load(const Options &options, std::string &text) {
  config::Complaints complaints;
  auto loaded = std::make_unique<Loaded>();
  auto root = read(options, complaints);
  config::Plugins plugins = root ? config::plugins_of(*root, complaints) : config::Plugins{};
  for (const std::string &error : load_plugins(loaded->registry, options, plugins)) text += error + "\n";
  if (!root || !text.empty()) {
    text = complaints.text() + text;
    return nullptr;
  }
  auto settings = config::check(root, loaded->registry.catalog(), complaints);
  if (settings && complaints.empty()) {
    loaded->settings = std::move(*settings);
    loaded->workers = worker_count(options, loaded->settings);
    for (const config::Pool &pool : loaded->settings.pools) {
      plugin::PoolName &name = loaded->names.emplace_back(
          plugin::PoolName{pool.name, static_cast<uint32_t>(pool.servers.size()), pool.protocol.name});
      for (const config::Server &server : pool.servers) name.server_names.push_back(server.name);
    }
    for (const config::Pool &pool : loaded->settings.pools) {
      auto made = route::Pool::make(pool, static_cast<uint32_t>(loaded->pools.size()), loaded->registry, loaded->names,
                                    loaded->workers, complaints);
      if (made) loaded->pools.push_back(std::move(made));
    }
  }
  text += complaints.text();
  if (!complaints.empty()) return nullptr;
  return loaded;
}

}  // namespace weir::app
