#include "stats_merge.h"

#include <weir/inline.h>

#include <algorithm>
#include <charconv>
#include <new>
#include <numeric>
#include <string>
#include <unordered_map>
#include <vector>

#include "packet.h"
#include "request_word.h"
#include "stats_rules.h"

namespace weir::memcache {
namespace {

using Text = std::string_view;

// One statistic; its texts lie in the parts' bytes.
struct Stat {
  Text name;
  std::vector<Text> values;  // of the servers that have it, in their order
};

Text text_at(const uint8_t *p, size_t len) {
  return {reinterpret_cast<const char *>(p), len};
}

// Calls take(name, value) for each statistic of an ascii reply, "STAT <name> <value>".
template <class Take>
void each_line(Text reply, Take take) {
  while (!reply.empty()) {
    const size_t feed = reply.find('\n');
    Text line = reply.substr(0, feed);
    reply.remove_prefix(feed == Text::npos ? reply.size() : feed + 1);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.substr(0, 5) != "STAT ") continue;
    line.remove_prefix(5);
    const size_t space = line.find(' ');
    take(line.substr(0, space), space == Text::npos ? Text() : line.substr(space + 1));
  }
}

// The same for the packets of a binary one.
template <class Take>
void each_packet(Text reply, Take take) {
  const auto *p = reinterpret_cast<const uint8_t *>(reply.data());
  size_t left = reply.size();
  while (left >= kHeader) {
    const Packet packet = read_packet(p);
    const uint64_t size = uint64_t{kHeader} + packet.body;
    const uint32_t head = uint32_t{packet.extras} + packet.key;
    if (size > left || head > packet.body) return;
    if (packet.body > 0)
      take(text_at(p + kHeader + packet.extras, packet.key), text_at(p + kHeader + head, packet.body - head));
    p += size;
    left -= size;
  }
}

bool read_number(Text text, uint64_t *value) {
  const auto got = std::from_chars(text.data(), text.data() + text.size(), *value);
  return got.ec == std::errc() && got.ptr == text.data() + text.size();
}
// "0.012345": seconds of a processor, which are counted in millionths.
bool read_seconds(Text text, uint64_t *millionths) {
  const size_t dot = text.find('.');
  uint64_t whole = 0, part = 0;
  if (dot == Text::npos || text.size() - dot != 7) return false;
  if (!read_number(text.substr(0, dot), &whole) || !read_number(text.substr(dot + 1), &part)) return false;
  *millionths = whole * 1'000'000 + part;
  return true;
}

std::string each(const Stat &stat) {
  bool alike = true;
  for (Text value : stat.values) alike &= value == stat.values[0];
  std::string out(stat.values[0]);
  for (size_t i = 1; !alike && i < stat.values.size(); ++i) out.append(",").append(stat.values[i]);
  return out;
}

// Reads all of them with read; false when one is no such number.
template <class Read>
bool read_all(const Stat &stat, Read read, std::vector<uint64_t> *out) {
  out->clear();
  for (Text value : stat.values)
    if (!read(value, &out->emplace_back())) return false;
  return true;
}

std::string joined(const Stat &stat, Joins how) {
  if (how == Joins::kFirst) return std::string(stat.values[0]);
  if (how == Joins::kEach) return each(stat);
  std::vector<uint64_t> numbers;
  const bool whole = read_all(stat, read_number, &numbers);
  if (!whole && (how != Joins::kSum || !read_all(stat, read_seconds, &numbers))) return each(stat);
  if (how == Joins::kLeast) return std::to_string(*std::min_element(numbers.begin(), numbers.end()));
  if (how == Joins::kMost) return std::to_string(*std::max_element(numbers.begin(), numbers.end()));
  const uint64_t total = std::accumulate(numbers.begin(), numbers.end(), uint64_t{0});
  if (whole) return std::to_string(total);
  const std::string part = std::to_string(total % 1'000'000);
  return std::to_string(total / 1'000'000) + "." + std::string(6 - part.size(), '0') + part;
}

class Table {
 public:
  void add(Text name, Text value) {
    const auto [at, is_new] = index_.try_emplace(name, stats_.size());
    if (is_new) stats_.push_back({name, {}});
    stats_[at->second].values.push_back(value);
  }
  const std::vector<Stat> &all() const { return stats_; }

 private:
  std::vector<Stat> stats_;
  std::unordered_map<Text, size_t> index_;
};

void put_line(std::string &out, Text name, Text value) {
  out.append("STAT ").append(name).append(value.empty() ? "" : " ").append(value).append("\r\n");
}
void put_packet(std::string &out, uint32_t opaque, Text name, Text value) {
  Packet packet;
  packet.opcode = kOpStat;
  packet.key = static_cast<uint16_t>(name.size());
  packet.body = static_cast<uint32_t>(name.size() + value.size());
  packet.opaque = opaque;
  uint8_t header[kHeader];
  write_reply_header(packet, header);
  out.append(text_at(header, kHeader)).append(name).append(value);
}

Text reply_of(const weir_merge *m, uint32_t part, weir_out *out) {
  const uint64_t size = m->parts[part].rsps[0].size;
  const uint8_t *bytes = out->peek(out, part + 1, 0, size);
  return bytes ? text_at(bytes, size) : Text();
}

std::string numbers_and_settings(const weir_merge *m, weir_out *out) {
  const uint64_t user = m->req->user;
  Table table;
  for (uint32_t i = 0; i < m->part_count; ++i) {
    auto add = [&table](Text name, Text value) { table.add(name, value); };
    is_binary(user) ? each_packet(reply_of(m, i, out), add) : each_line(reply_of(m, i, out), add);
  }
  std::string text;
  for (const Stat &stat : table.all()) {
    const bool settings = stats_kind(user) == StatsKind::kSettings;
    const std::string value = joined(stat, settings ? Joins::kEach : joins(stat.name));
    is_binary(user) ? put_packet(text, unpack_packet(user).opaque, stat.name, value) : put_line(text, stat.name, value);
  }
  return text;
}

weir_status push_text(const weir_scope *scope, const std::string &text, weir_out *out) {
  auto *copy = static_cast<uint8_t *>(scope->arena->alloc(scope->arena, text.size(), 1));
  if (!copy) return WEIR_E_NOMEM;
  std::copy(text.begin(), text.end(), copy);
  return weir_push_mem(out, copy, text.size());
}

// Whatever is in front of each server's last line, and one last line.
weir_status lists(const weir_merge *m, weir_out *out) {
  for (uint32_t i = 0; i < m->part_count; ++i) {
    const weir_rsp &rsp = m->parts[i].rsps[0];  // user: where its last line begins
    const bool last = i + 1 == m->part_count;
    if (weir_status st = weir_push_ref(out, i + 1, 0, last ? rsp.size : rsp.user); st != WEIR_OK) return st;
  }
  return WEIR_OK;
}

}  // namespace

weir_status merge_stats(const weir_scope *scope, const weir_merge *m, weir_out *out) try {
  if (stats_kind(m->req->user) == StatsKind::kLists) return lists(m, out);
  std::string text = numbers_and_settings(m, out);
  if (is_binary(m->req->user))
    put_packet(text, unpack_packet(m->req->user).opaque, {}, {});
  else
    text.append("END\r\n");
  return push_text(scope, text, out);
} catch (const std::bad_alloc &) {
  return WEIR_E_NOMEM;
}

}  // namespace weir::memcache
