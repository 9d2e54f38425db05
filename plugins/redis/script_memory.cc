#include "script_memory.h"

#include <algorithm>
#include <cstring>
#include <new>

namespace weir::redis {

namespace {

int digit(uint8_t c) {
  if (c >= '0' && c <= '9') return c - '0';
  c |= 0x20;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// As redis does, in lower case. false: no name.
bool read_name(weir_bytes text, ScriptName &name) {
  if (text.len != name.size()) return false;
  for (size_t i = 0; i < name.size(); ++i) {
    if (digit(text.ptr[i]) < 0) return false;
    name[i] = "0123456789abcdef"[digit(text.ptr[i])];
  }
  return true;
}

uint16_t mark_of(const ScriptName &name) {
  unsigned bits = 0;
  for (size_t i = 0; i < 4; ++i) bits = bits << 4 | static_cast<unsigned>(digit(static_cast<uint8_t>(name[i])));
  return static_cast<uint16_t>(bits ? bits : 1);
}

// Tells bodies apart that a thread sees again and again. Two that look alike cost one of them its place here.
uint64_t fingerprint(weir_bytes body, uint64_t era) {
  uint64_t h = era * 0x9E3779B97F4A7C15u ^ body.len;
  for (uint64_t at = 0; at < body.len; at += 8) {
    uint64_t word = 0;
    std::memcpy(&word, body.ptr + at, std::min<uint64_t>(8, body.len - at));
    h = (h ^ word) * 0xBF58476D1CE4E5B9u;
    h ^= h >> 29;
  }
  return h | 1;
}

constexpr size_t kRecent = 256;
thread_local uint64_t recent[kRecent];

}  // namespace

size_t ScriptMemory::Hash::operator()(const ScriptName &name) const {
  size_t word;
  std::memcpy(&word, name.data() + 4, sizeof(word));
  return word * 0x9E3779B97F4A7C15u;
}

uint64_t ScriptMemory::next_era() {
  static std::atomic<uint64_t> eras{0};
  return eras.fetch_add(1, std::memory_order_relaxed) + 1;
}

uint16_t ScriptMemory::mark(weir_bytes text) {
  ScriptName name;
  return text.ptr && read_name(text, name) ? mark_of(name) : 0;
}

void ScriptMemory::seen(weir_bytes body) {
  if (body.len > kLongestSeen) return;
  uint64_t print = fingerprint(body, era_.load(std::memory_order_relaxed));
  uint64_t &slot = recent[print / 2 % kRecent];
  if (slot == print) return;
  slot = print;
  keep(body, false);
}

void ScriptMemory::loaded(weir_bytes body) {
  keep(body, true);
}

void ScriptMemory::keep(weir_bytes body, bool loaded) try {
  if (body.len > kMostBytes / 4) return;
  ScriptName name = sha1(body);
  std::string copy(reinterpret_cast<const char *>(body.ptr), body.len);
  std::lock_guard lock(mutex_);
  auto [place, fresh] = scripts_.try_emplace(name, Script{{}, 0, false});
  Script &script = place->second;
  script.used = ++clock_;
  script.loaded |= loaded;
  if (!fresh) return;
  bytes_ += copy.size();
  script.body = std::move(copy);
  while (scripts_.size() > kMostScripts || bytes_ > kMostBytes) drop_one();
} catch (const std::bad_alloc &) {
  // Then it is not known.
}

// The one that was of no use for longest; of those that were loaded only when there is no other.
void ScriptMemory::drop_one() {
  auto worse = [](const auto &a, const auto &b) {
    if (a.second.loaded != b.second.loaded) return b.second.loaded;
    return a.second.used < b.second.used;
  };
  auto worst = std::min_element(scripts_.begin(), scripts_.end(), worse);
  bytes_ -= worst->second.body.size();
  scripts_.erase(worst);
  era_.store(next_era(), std::memory_order_relaxed);  // so that it is kept when it is seen again
}

void ScriptMemory::forget() {
  std::lock_guard lock(mutex_);
  scripts_.clear();
  bytes_ = 0;
  era_.store(next_era(), std::memory_order_relaxed);
}

bool ScriptMemory::may_know(uint16_t mark) const {
  std::lock_guard lock(mutex_);
  return std::any_of(scripts_.begin(), scripts_.end(), [&](const auto &entry) { return mark_of(entry.first) == mark; });
}

ScriptMemory::Known ScriptMemory::known(weir_bytes text) const {
  ScriptName name;
  if (!read_name(text, name)) return Known::kNot;
  std::lock_guard lock(mutex_);
  auto place = scripts_.find(name);
  if (place == scripts_.end()) return Known::kNot;
  return place->second.loaded ? Known::kLoaded : Known::kSeen;
}

weir_bytes ScriptMemory::find(weir_bytes text, weir_arena *arena) {
  ScriptName name;
  if (!read_name(text, name)) return {nullptr, 0};
  std::lock_guard lock(mutex_);
  auto place = scripts_.find(name);
  if (place == scripts_.end()) return {nullptr, 0};
  place->second.used = ++clock_;
  const std::string &body = place->second.body;
  auto copy = static_cast<uint8_t *>(arena->alloc(arena, std::max<size_t>(body.size(), 1), 1));
  if (copy) std::copy(body.begin(), body.end(), copy);
  return {copy, copy ? body.size() : 0};
}

}  // namespace weir::redis
