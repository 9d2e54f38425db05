#include "info.h"

#include <cstdio>

#include "arguments.h"
#include "command_lookup.h"
#include "session.h"
#include "writer.h"

namespace weir::redis {

namespace {

// What is the same kind of number on all servers, and makes sense added up.
constexpr std::string_view kSums[] = {"connected_clients",
                                      "cluster_connections",
                                      "maxclients",
                                      "blocked_clients",
                                      "tracking_clients",
                                      "used_memory",
                                      "used_memory_rss",
                                      "used_memory_peak",
                                      "used_memory_overhead",
                                      "used_memory_startup",
                                      "used_memory_dataset",
                                      "used_memory_lua",
                                      "used_memory_scripts",
                                      "maxmemory",
                                      "lazyfree_pending_objects",
                                      "lazyfreed_objects",
                                      "rdb_changes_since_last_save",
                                      "total_connections_received",
                                      "total_commands_processed",
                                      "instantaneous_ops_per_sec",
                                      "total_net_input_bytes",
                                      "total_net_output_bytes",
                                      "rejected_connections",
                                      "expired_keys",
                                      "evicted_keys",
                                      "evicted_clients",
                                      "keyspace_hits",
                                      "keyspace_misses",
                                      "total_error_replies",
                                      "unexpected_error_replies",
                                      "total_reads_processed",
                                      "total_writes_processed"};
constexpr uint32_t kMostDatabases = 64;  // more are left out
constexpr uint64_t kOwnSection = 512;    // bytes of it
constexpr uint64_t kRowBytes = 128;      // of a database's line

bool is_sum(std::string_view field) {
  for (std::string_view sum : kSums)
    if (field == sum) return true;
  return false;
}

uint64_t number_at(std::string_view text) {
  uint64_t n = 0;
  for (size_t i = 0; i < text.size() && text[i] >= '0' && text[i] <= '9'; ++i)
    n = n * 10 + static_cast<uint64_t>(text[i] - '0');
  return n;
}
// What follows "name" in the text, which begins a line or follows a comma: "keys=" or "used_memory:".
uint64_t number_after(std::string_view text, std::string_view name) {
  size_t at = text.find(name);
  while (at != std::string_view::npos && at > 0 && text[at - 1] != '\n' && text[at - 1] != ',' && text[at - 1] != ':')
    at = text.find(name, at + 1);
  return at == std::string_view::npos ? 0 : number_at(text.substr(at + name.size()));
}

struct Database {
  uint64_t index, keys, expires, ttl;  // ttl: of all that expire, added up
};

class InfoMerger {
 public:
  InfoMerger(const Settings &settings, const weir_scope *scope, const weir_merge *m, weir_out *out)
      : settings_(settings), scope_(scope), m_(m), out_(out) {}

  bool run() {
    std::string_view first;
    uint32_t answered = 0;
    uint64_t room = kOwnSection + kMostDatabases * kRowBytes;
    for (uint32_t i = 0; i < m_->part_count; ++i) {
      std::string_view text = text_of(i);
      if (!text.data()) continue;
      if (answered++ == 0) first = text;
    }
    room += first.size() + first.size() / 2;  // sums may be longer
    text_ = static_cast<char *>(scope_->arena->alloc(scope_->arena, room, 1));
    if (!answered || !text_) return false;
    room_ = room;
    for (size_t at = 0; at < first.size();) {
      size_t end = first.find('\n', at);
      size_t next = end == std::string_view::npos ? first.size() : end + 1;
      line(first.substr(at, next - at));
      at = next;
    }
    if (wants_own()) own(answered);
    Writer w(scope_, out_);
    if (is_resp3(m_->req->profile))
      w.head('=', len_ + 4).lit("txt:");
    else
      w.head('$', len_);
    return w.mem(text_, len_).lit("\r\n").status() == WEIR_OK;
  }

 private:
  // Of a part that is a text; null when it is none.
  std::string_view text_of(uint32_t i) const {
    const weir_part &part = m_->parts[i];
    if (part.status != WEIR_PART_OK || part.rsp_count != 1 || (part.rsps[0].flags & WEIR_RF_ERROR)) return {};
    auto bytes = reinterpret_cast<const char *>(out_->peek(out_, i + 1, 0, part.rsps[0].size));
    if (!bytes || (*bytes != '$' && *bytes != '=')) return {};
    std::string_view all(bytes, part.rsps[0].size);
    size_t head = all.find('\n') + 1 + (*bytes == '=' ? 4 : 0);
    return head + 2 <= all.size() ? all.substr(head, all.size() - head - 2) : std::string_view();
  }

  template <class... T>
  void add(const char *format, T... values) {
    int n = std::snprintf(text_ + len_, room_ - len_, format, values...);
    if (n > 0 && static_cast<uint64_t>(n) < room_ - len_) len_ += static_cast<uint64_t>(n);
  }
  void add(std::string_view text) {
    if (text.size() > room_ - len_) return;
    std::memcpy(text_ + len_, text.data(), text.size());
    len_ += text.size();
  }

  void line(std::string_view text) {
    if (text == "# Keyspace\r\n") {
      add(text);
      return databases();
    }
    if (text.starts_with("db") && text.find(":keys=") != std::string_view::npos) return;
    std::string_view field = text.substr(0, text.find(':'));
    if (is_sum(field)) return add("%.*s:%llu\r\n", static_cast<int>(field.size()), field.data(), sum(field));
    constexpr std::string_view kHuman = "_human";
    if (field.ends_with(kHuman) && is_sum(field.substr(0, field.size() - kHuman.size())))
      return human(field, sum(field.substr(0, field.size() - kHuman.size())));
    add(text);
  }

  unsigned long long sum(std::string_view field) const {
    char name[64];
    int n = std::snprintf(name, sizeof(name), "%.*s:", static_cast<int>(field.size()), field.data());
    unsigned long long total = 0;
    for (uint32_t i = 0; i < m_->part_count; ++i) total += number_after(text_of(i), {name, static_cast<size_t>(n)});
    return total;
  }

  // As redis does it.
  void human(std::string_view field, unsigned long long n) {
    const char units[] = "BKMGT";
    double value = static_cast<double>(n);
    size_t unit = 0;
    for (; value >= 1024 && unit < 4; ++unit) value /= 1024;
    if (unit == 0) return add("%.*s:%lluB\r\n", static_cast<int>(field.size()), field.data(), n);
    add("%.*s:%.2f%c\r\n", static_cast<int>(field.size()), field.data(), value, units[unit]);
  }

  void databases() {
    auto dbs = static_cast<Database *>(
        scope_->arena->alloc(scope_->arena, kMostDatabases * sizeof(Database), alignof(Database)));
    uint32_t n = 0;
    for (uint32_t i = 0; dbs && i < m_->part_count; ++i) {
      std::string_view text = text_of(i);
      for (size_t at = text.find("\ndb"); at != std::string_view::npos; at = text.find("\ndb", at + 1))
        count(text.substr(at + 3, text.find('\r', at) - at - 3), dbs, n);
    }
    // Few, and mostly in order.
    for (uint32_t i = 1; i < n; ++i)
      for (uint32_t k = i; k > 0 && dbs[k].index < dbs[k - 1].index; --k) {
        Database swap = dbs[k];
        dbs[k] = dbs[k - 1];
        dbs[k - 1] = swap;
      }
    for (uint32_t i = 0; i < n; ++i) {
      unsigned long long ttl = dbs[i].expires ? dbs[i].ttl / dbs[i].expires : 0;
      add("db%llu:keys=%llu,expires=%llu,avg_ttl=%llu\r\n", static_cast<unsigned long long>(dbs[i].index),
          static_cast<unsigned long long>(dbs[i].keys), static_cast<unsigned long long>(dbs[i].expires), ttl);
    }
  }
  // line: "0:keys=1,expires=0,avg_ttl=0"
  static void count(std::string_view line, Database *dbs, uint32_t &n) {
    uint64_t index = number_at(line), expires = number_after(line, "expires=");
    uint32_t at = 0;
    while (at < n && dbs[at].index != index) ++at;
    if (at == kMostDatabases || line.find(":keys=") == std::string_view::npos) return;
    if (at == n) dbs[n++] = {index, 0, 0, 0};
    dbs[at].keys += number_after(line, "keys=");
    dbs[at].expires += expires;
    dbs[at].ttl += number_after(line, "avg_ttl=") * expires;
  }

  bool wants_own() const {
    Arguments args;
    const uint8_t *message = out_->peek(out_, 0, 0, m_->req->size);
    if (!message || !args.read(scope_, message, m_->req->size, 64)) return false;
    if (args.count() == 1) return true;
    for (uint32_t i = 1; i < args.count(); ++i)
      for (std::string_view word : {"weir", "all", "everything", "default"})
        if (same_word(args[i].ptr, args[i].len, word)) return true;
    return false;
  }
  void own(uint32_t answered) {
    weir_client_about me = {};
    me.struct_size = sizeof(me);
    if (!settings_.client || settings_.client->about(scope_, &me) != WEIR_OK) me.clients = 0;
    add("%s# Weir\r\nweir_version:%s\r\nweir_clients:%llu\r\nweir_servers_asked:%u\r\nweir_servers_answered:%u\r\n",
        len_ ? "\r\n" : "", settings_.version.c_str(), static_cast<unsigned long long>(me.clients), m_->part_count,
        answered);
  }

  const Settings &settings_;
  const weir_scope *scope_;
  const weir_merge *m_;
  weir_out *out_;
  char *text_ = nullptr;
  uint64_t room_ = 0, len_ = 0;
};

}  // namespace

bool merge_info(const Settings &settings, const weir_scope *scope, const weir_merge *m, weir_out *out) {
  return InfoMerger(settings, scope, m, out).run();
}

}  // namespace weir::redis
