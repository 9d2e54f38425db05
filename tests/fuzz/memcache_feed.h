// Feeds one stream to a parser of the memcache plugin in windows, as the core does, and aborts where the plugin breaks
// the surface's rules. For the fuzz targets of this folder.
#pragma once

#include <weir/module.h>
#include <weir/protocol.h>

#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace weir::fuzz {

inline void require(bool rule) {
  if (!rule) std::abort();
}

inline const weir_protocol *memcache() {
  return static_cast<const weir_protocol *>(weir_plugin_v0()->components[0].ops);
}

// How the stream is cut: a window ends after each multiple of step; step 0: one window. spare: how many keys (items)
// there is room for before grow_sub() is called.
struct Plan {
  size_t step;
  uint32_t msg_cap, spare;
};

template <class Message>
struct Collected {
  std::vector<Message> messages;
  std::vector<weir_key> keys;
  std::vector<weir_item> items;
  weir_status status = WEIR_OK;
};

template <class Message>
class Feeder {
 public:
  static constexpr bool kReplies = sizeof(Message) == sizeof(weir_rsp) && std::is_same_v<Message, weir_rsp>;

  Feeder(const weir_expect *expect, Plan plan) : expect_(expect), plan_(plan), slots_(plan.msg_cap) {
    state_.resize((kReplies ? memcache()->server_state_size : memcache()->client_state_size) + 8);
  }

  Collected<Message> run(const uint8_t *data, size_t size) {
    size_t arrived = 0;
    while (arrived < size && out_.status == WEIR_OK) {
      arrived = plan_.step && plan_.step < size - arrived ? arrived + plan_.step : size;
      while (pos_ < arrived && out_.status == WEIR_OK && once(data, arrived)) {
      }
    }
    return std::move(out_);
  }

 private:
  static weir_status grow(weir_parse *p, uint32_t want) {
    auto *self = static_cast<Feeder *>(p->core);
    p->sub_cap = p->sub_len + want;
    self->keys_.resize(p->sub_cap);
    self->items_.resize(p->sub_cap);
    p->keys = self->keys_.data();
    p->items = self->items_.data();
    return WEIR_OK;
  }
  static const weir_expect *expect(weir_parse *p, uint32_t) { return static_cast<Feeder *>(p->core)->expect_; }

  // True when the rest of the window is worth another call.
  bool once(const uint8_t *data, size_t arrived) {
    std::vector<uint8_t> window(data + pos_, data + arrived);  // exact, so that a byte too many is seen
    weir_parse p = {};
    p.struct_size = sizeof(p);
    p.data = window.data();
    p.len = window.size();
    p.msg_off = pos_ - start_;
    if constexpr (kReplies)
      p.rsps = slots_.data();
    else
      p.reqs = slots_.data();
    p.msg_cap = plan_.msg_cap;
    p.sub_len = carried_;
    p.sub_cap = carried_ + plan_.spare;
    if (keys_.size() < p.sub_cap) keys_.resize(p.sub_cap);
    if (items_.size() < p.sub_cap) items_.resize(p.sub_cap);
    p.keys = keys_.data();
    p.items = items_.data();
    p.grow_sub = grow;
    p.expect = expect;
    p.core = this;
    weir_scope scope = {};
    scope.struct_size = sizeof(scope);
    scope.state = state_.data();
    out_.status = kReplies ? memcache()->parse_rsp(&scope, &p) : memcache()->parse_req(&scope, &p);
    require(p.used <= p.len && p.msg_len <= p.msg_cap && (out_.status == WEIR_OK || p.error));
    take(p);
    if (out_.status == WEIR_OK) advance(p, arrived);
    return p.msg_len == p.msg_cap || p.skip;
  }

  void take(const weir_parse &p) {
    uint32_t sub = 0;
    for (uint32_t i = 0; i < p.msg_len; ++i) {
      uint32_t n = count(slots_[i]);
      require(slots_[i].size > 0 && n <= p.sub_len - sub);
      for (uint32_t k = sub; k < sub + n; ++k) keep(k, slots_[i].size);
      sub += n;
      start_ += slots_[i].size;
      out_.messages.push_back(slots_[i]);
    }
    carried_ = p.sub_len - sub;
    if (sub) {
      keys_.erase(keys_.begin(), keys_.begin() + (kReplies ? 0 : sub));
      items_.erase(items_.begin(), items_.begin() + (kReplies ? sub : 0));
    }
  }
  static uint32_t count(const weir_req &r) { return r.key_count; }
  static uint32_t count(const weir_rsp &r) { return r.item_count; }
  void keep(uint32_t i, uint64_t size) {
    if constexpr (kReplies) {
      require(items_[i].off <= size && items_[i].len <= size - items_[i].off);
      out_.items.push_back(items_[i]);
    } else {
      require(keys_[i].off <= size && keys_[i].len <= size - keys_[i].off && keys_[i].len > 0 && keys_[i].len <= 250);
      out_.keys.push_back(keys_[i]);
    }
  }

  void advance(const weir_parse &p, size_t arrived) {
    if (start_ > arrived) {
      require(p.used == p.len && p.skip == 0 && carried_ == 0);
      pos_ = start_;
      return;
    }
    uint64_t end = pos_ + p.used;
    require(end >= start_);
    bool moved = p.used || p.skip || p.msg_len || p.need;
    require(moved);
    require(p.msg_len == p.msg_cap || p.skip || arrived - end <= memcache()->max_head);
    pos_ = end + p.skip;
  }

  const weir_expect *expect_;
  Plan plan_;
  std::vector<Message> slots_;
  std::vector<uint64_t> state_;
  std::vector<weir_key> keys_;
  std::vector<weir_item> items_;
  uint32_t carried_ = 0;
  uint64_t pos_ = 0, start_ = 0;
  Collected<Message> out_;
};

template <class Element>
bool same_bytes(const std::vector<Element> &a, const std::vector<Element> &b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(Element)) == 0);
}

}  // namespace weir::fuzz
