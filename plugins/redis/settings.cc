#include "settings.h"

#include <cstdarg>
#include <cstdio>
#include <cstring>

namespace weir::redis {

namespace {

constexpr int64_t kMaxDb = 2147483647;

const weir_schema_key kKeys[] = {
    {"redis_auth", WEIR_T_STR, WEIR_KEY_POOL | WEIR_KEY_SECRET, nullptr, nullptr, 0, 0,
     "Password that clients must give with AUTH, and that weir gives to the servers."},
    {"redis_db", WEIR_T_INT, WEIR_KEY_POOL, "0", nullptr, 0, kMaxDb,
     "Database that weir selects on every server connection."},
    {"mget_failure", WEIR_T_ENUM, 0, "command", "command|key", 0, 0,
     "What an MGET answers when a server fails: an error for the whole command, or an error in the place of each key "
     "that lay on it."},
    {"unknown_commands", WEIR_T_ENUM, 0, "refuse", "refuse|forward", 0, 0,
     "What happens to commands weir does not know: refused, or forwarded with their first argument as the key."},
    {"admin_commands", WEIR_T_ENUM, 0, "deny", "deny|allow", 0, 0,
     "Whether clients may use CONFIG SET, DEBUG, SHUTDOWN and the like on the servers."},
    {"select", WEIR_T_ENUM, 0, "allow", "allow|deny", 0, 0,
     "Whether clients may SELECT another database than redis_db. Each database in use takes server connections of its "
     "own."},
    {"pubsub", WEIR_T_ENUM, 0, "private", "private|shared", 0, 0,
     "How clients are subscribed: private, each over server connections of its own; shared, all clients of a worker "
     "over "
     "one connection to each server."},
};
const weir_schema_switch kPick = {"redis", 1, 0};
const weir_schema kSchema = {sizeof(weir_schema), sizeof(kKeys) / sizeof(kKeys[0]), kKeys, &kPick};

void refuse(weir_errbuf *err, const char *text) {
  size_t len = std::strlen(text);
  err->len = len < err->cap ? static_cast<uint32_t>(len) : err->cap;
  std::memcpy(err->ptr, text, err->len);
}

// Reads the values one by one; complaints carry the place in the file.
class Reader {
 public:
  explicit Reader(const weir_config *config, const weir_node *root) : config_(config), root_(root) {}

  void text(const char *key, std::string &out) {
    weir_bytes value = {};
    const weir_node *node = config_->get(root_, key);
    if (!node) return;
    if (config_->str(node, &value) != WEIR_OK)
      failed_ = true;
    else
      out.assign(reinterpret_cast<const char *>(value.ptr), value.len);
  }
  void number(const char *key, int64_t max, int64_t &out) {
    int64_t value = 0;
    const weir_node *node = config_->get(root_, key);
    if (!node) return;
    if (config_->i64(node, &value) != WEIR_OK) {
      failed_ = true;
    } else if (value < 0 || value > max) {
      complain(node, "%s: expected a number from 0 to %lld, found %lld", key, static_cast<long long>(max),
               static_cast<long long>(value));
    } else {
      out = value;
    }
  }
  // out = whether the word is `yes`; it is left alone when the key is absent.
  void choice(const char *key, const char *no, const char *yes, bool &out) {
    std::string word;
    const weir_node *node = config_->get(root_, key);
    if (!node) return;
    text(key, word);
    if (failed_) return;
    if (word != no && word != yes)
      complain(node, "%s: expected '%s' or '%s', found '%.64s'", key, no, yes, word.c_str());
    else
      out = word == yes;
  }
  void complain(const weir_node *node, const char *format, ...) __attribute__((format(printf, 3, 4))) {
    char line[256];
    va_list list;
    va_start(list, format);
    std::vsnprintf(line, sizeof(line), format, list);
    va_end(list);
    config_->complain(node, line);
    failed_ = true;
  }
  bool failed() const { return failed_; }

 private:
  const weir_config *config_;
  const weir_node *root_;
  bool failed_ = false;
};

}  // namespace

const weir_schema *schema() {
  return &kSchema;
}

bool Settings::read(const weir_host *host, weir_errbuf *err) {
  version = host->core_version;
  auto config = static_cast<const weir_config *>(host->extension(host, WEIR_EXT_CONFIG));
  client = static_cast<const weir_client *>(host->extension(host, WEIR_EXT_CLIENT));
  auto pools = static_cast<const weir_pools *>(host->extension(host, WEIR_EXT_POOLS));
  if (pools) servers = pools->servers(host, pools->own(host));
  one_server = servers == 1;
  if (servers > 1) scripts = std::make_unique<ScriptMemory>();
  const weir_node *root = config ? config->root(host) : nullptr;
  if (!root) return true;
  Reader reader(config, root);
  reader.text("redis_auth", auth);
  reader.number("redis_db", kMaxDb, db);
  reader.choice("mget_failure", "command", "key", mget_by_key);
  reader.choice("unknown_commands", "refuse", "forward", forward_unknown);
  reader.choice("admin_commands", "deny", "allow", allow_admin);
  reader.choice("select", "allow", "deny", deny_select);
  reader.choice("pubsub", "private", "shared", shared_pubsub);
  if (reader.failed()) refuse(err, "redis: the configuration above is not usable");
  return !reader.failed();
}

}  // namespace weir::redis
