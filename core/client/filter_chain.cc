#include "core/client/filter_chain.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "core/base/log.h"
#include "core/client/client_connection.h"
#include "core/client/client_scope.h"
#include "core/client/front.h"
#include "core/client/request_kinds.h"

namespace weir::client {
namespace {

constexpr uint64_t kQuietUs = 1'000'000;  // between two lines about the same filter
constexpr uint32_t kFirstWords = 64;
constexpr uint32_t kWordsBeside = 1024;  // more than max_keys words are shown
constexpr std::string_view kFailed = "a filter failed";

weir_bytes bytes_of(std::string_view text) {
  return {reinterpret_cast<const uint8_t *>(text.data()), text.size()};
}

std::string_view text_of(weir_bytes bytes) {
  return {reinterpret_cast<const char *>(bytes.ptr), bytes.len};
}

}  // namespace

FilterChain::FilterChain(Front &front)
    : front_(front),
      listener_(bytes_of(front.settings.listen.text)),
      protocol_(bytes_of(front.pool.protocol->component().info->name)) {
  const auto &all = front.pool.filters.all;
  for (size_t i = 0; i < all.size(); ++i) {
    void *worker = all[i]->worker_init(front.reactor.worker_id);
    filters_.push_back({&all[i]->filter(), all[i].get(), worker, !front.settings.filters[i].goes_on()});
  }
}

FilterChain::~FilterChain() {
  for (const Filter &filter : filters_) filter.instance->worker_fini(filter.worker);
}

// ---- what they see
// ------------------------------------------------------------------------------------------------------------

weir_bytes FilterChain::client_of(const weir_view *view) {
  return bytes_of(static_cast<Shown *>(view->core)->client->peer());
}

uint32_t FilterChain::count_words(const weir_view *view) {
  Shown &shown = *static_cast<Shown *>(view->core);
  return shown.chain->ask_words(shown);
}

weir_bytes FilterChain::word(const weir_view *view, uint32_t i) {
  Shown &shown = *static_cast<Shown *>(view->core);
  return i < shown.chain->ask_words(shown) ? shown.chain->words_[i] : weir_bytes{nullptr, 0};
}

uint32_t FilterChain::ask_words(Shown &shown) {
  if (shown.words != kNotAsked) return shown.words;
  shown.words = 0;
  if (front_.protocol.args == nullptr) return 0;
  if (words_.empty()) words_.resize(kFirstWords);
  const weir_scope with = shown.client->scope();
  const size_t most = size_t{front_.settings.max_keys} * 2 + kWordsBeside;
  for (;;) {
    auto room = static_cast<uint32_t>(words_.size());
    uint32_t there = front_.protocol.args(&with, shown.view.req, shown.message, words_.data(), room);
    if (there > room && room < most) {
      words_.resize(std::min<size_t>(there, most));
    } else {
      return shown.words = std::min(there, room);
    }
  }
}

weir_scope FilterChain::scope(const Filter &filter, ClientConnection &client) const {
  weir_scope with = client.scope();
  with.inst = filter.instance->inst();
  with.worker = filter.worker;
  with.state = nullptr;
  return with;
}

FilterChain::Shown FilterChain::show(ClientConnection &client, const weir_req &req) {
  Shown shown{};
  weir_view &view = shown.view;
  view.struct_size = sizeof view;
  view.pool = front_.pool.index;
  view.req = &req;
  view.cmd = &front_.protocol.cmds[req.cmd];
  view.listener = listener_;
  view.protocol = protocol_;
  view.client = &client_of;
  view.arg_count = &no_words;
  view.arg = &no_word;
  shown.chain = this;
  shown.client = &client;
  return shown;
}

// ---- what they decide
// ------------------------------------------------------------------------------------------------------------

FilterChain::Decision &FilterChain::ask(ClientConnection &client, const weir_req &req, weir_bytes message,
                                        const weir_bytes *keys, uint32_t pool) {
  front_.cells.filter_requests.add();
  decision_ = {};
  decision_.keys = keys;
  Shown shown = show(client, req);
  shown.view.pool = pool;
  shown.view.core = &shown;
  shown.view.keys = keys;
  shown.view.key_count = req.key_count;
  shown.view.arg_count = &count_words;
  shown.view.arg = &word;
  shown.message = message;
  shown.words = kNotAsked;
  Watch *watch = watches_.get();
  for (uint32_t who = front_.pool.filters.requests[req.cmd]; who != 0; who &= who - 1) {
    if (!ask_one(static_cast<uint32_t>(std::countr_zero(who)), shown, *watch)) break;
  }
  bool goes_on = decision_.action == WEIR_V_CONTINUE && goes_to_servers(req);
  if (goes_on && decision_.rekeyed != nullptr) {
    front_.cells.filter_rekeyed.add();
    decision_.client_keys = keys;
    keep_texts(req.key_count);
  }
  if (watch->counted != nullptr) {
    watch->counted->requests.add();
    if (decision_.action == WEIR_V_REJECT) watch->counted->errors.add();
  }
  if (goes_on && (watch->asked != 0 || watch->counted != nullptr)) {
    watch->began_us = front_.reactor.now_us;
    decision_.watch = watch;
  } else {
    watches_.put(watch);
  }
  return decision_;
}

OfferedKeys FilterChain::fresh_verdict(weir_verdict &verdict, uint32_t key_count) {
  verdict = {};
  verdict.struct_size = sizeof verdict;
  verdict.pool = verdict.server = verdict.mirror_pool = kUnchanged;
  if (new_keys_.size() < key_count || new_keys_.empty()) {
    new_keys_.resize(std::max<size_t>(key_count, 1));
    new_marks_.resize(new_keys_.size());
  }
  for (uint32_t i = 0; i < key_count; ++i) new_marks_[i] = 0;  // mostly one, for which no call is worth it
  verdict.new_keys = new_keys_.data();
  verdict.rekeyed = new_marks_.data();
  return {verdict.new_keys, verdict.rekeyed};
}

// False: no further filter is asked.
bool FilterChain::ask_one(uint32_t i, Shown &shown, Watch &watch) {
  Filter &filter = filters_[i];
  weir_verdict verdict;
  const OfferedKeys offered = fresh_verdict(verdict, shown.view.key_count);
  const weir_scope with = scope(filter, *shown.client);
  const weir_status status = filter.ops->on_request(&with, &shown.view, &verdict);
  const char *fault = status == WEIR_OK ? verdict_fault(front_, shown.view, verdict, offered)
                      : status < 0      ? ""
                                        : "its result means nothing";
  if (fault != nullptr) return failed(filter, fault, shown);
  if ((front_.pool.filters.responses[shown.view.req->cmd] >> i & 1) != 0) {
    watch.asked |= static_cast<uint8_t>(1U << i);
    watch.user[i] = verdict.user;
  }
  return take(verdict, shown, watch);
}

// fault: empty when it said itself what is wrong. False: the request does not go on.
bool FilterChain::failed(Filter &filter, const char *fault, const Shown &shown) {
  front_.cells.filter_errors.add();
  if (*fault != '\0' && front_.reactor.now_us >= filter.quiet_until_us) {
    filter.quiet_until_us = front_.reactor.now_us + kQuietUs;
    WEIR_LOG(err, "pool %s: filter %s, asked about '%s': %s", front_.settings.name.c_str(),
             filter.instance->component().info->name, shown.view.cmd->name, fault);
  }
  if (!filter.rejects_on_error) return true;
  // One that has changed the client's state cannot be taken back: it ends with its client.
  if ((shown.view.cmd->flags & WEIR_CMD_STATE) != 0) {
    front_.cells.filter_dropped.add();
    decision_.action = WEIR_V_DROP_CLIENT;
  } else {
    reject(kFailed);
  }
  return false;
}

void FilterChain::reject(std::string_view text) {
  decision_.action = WEIR_V_REJECT;
  decision_.answer = WEIR_ERR_REJECTED;
  decision_.text = text;
}

// False: no further filter is asked.
bool FilterChain::take(const weir_verdict &verdict, Shown &shown, Watch &watch) {
  if (verdict.tag.len > 0) {
    watch.set_tag(verdict.tag);
    shown.view.tag = {watch.tag, watch.tag_len};
    if (TagTable *tags = front_.pool.counters[front_.reactor.worker_id].tags; tags != nullptr) {
      watch.counted = &tags->cells(text_of(shown.view.tag));
    }
  }
  decision_.action = verdict.action;
  if (verdict.action == WEIR_V_REJECT) {
    front_.cells.filter_rejected.add();
    // It becomes a line of text, and must remain one.
    size_t len = std::min<size_t>(verdict.text.len, sizeof text_);
    std::transform(verdict.text.ptr, verdict.text.ptr + len, text_,
                   [](uint8_t c) { return c < 0x20 || c == 0x7f ? ' ' : static_cast<char>(c); });
    reject({text_, len});
  } else if (verdict.action == WEIR_V_ANSWER) {
    front_.cells.filter_answered.add();
    decision_.answer = verdict.answer;
    decision_.text = text_of(verdict.text);
  } else if (verdict.action == WEIR_V_DROP_CLIENT) {
    front_.cells.filter_dropped.add();
  } else if (goes_to_servers(*shown.view.req)) {
    if (verdict.pool != kUnchanged) {
      decision_.pool = shown.view.pool = verdict.pool;
      decision_.server = kUnchanged;  // it was another pool's
    }
    if (verdict.server != kUnchanged) decision_.server = verdict.server;
    if (verdict.mirror_pool != kUnchanged) decision_.mirror_pool = verdict.mirror_pool;
    if (verdict.rekey_count > 0) take_keys(shown);
  }
  return verdict.action == WEIR_V_CONTINUE;
}

void FilterChain::take_keys(Shown &shown) {
  const uint32_t n = shown.view.key_count;
  if (decision_.rekeyed == nullptr) {
    if (keys_.size() < n) {
      keys_.resize(n);
      marks_.resize(n);
    }
    std::copy_n(shown.view.keys, n, keys_.begin());
    std::fill_n(marks_.begin(), n, uint8_t{0});
    decision_.keys = shown.view.keys = keys_.data();
    decision_.rekeyed = marks_.data();
  }
  for (uint32_t i = 0; i < n; ++i) {
    if (new_marks_[i] == 0) continue;
    keys_[i] = new_keys_[i];
    marks_[i] = 1;
  }
}

// What they wrote may lie in the arena, which does not outlive the first encoding.
void FilterChain::keep_texts(uint32_t key_count) {
  size_t len = 0;
  for (uint32_t i = 0; i < key_count; ++i) len += marks_[i] != 0 ? keys_[i].len : 0;
  if (texts_.size() < len) texts_.resize(std::max<size_t>(len, 1024));
  uint8_t *to = texts_.data();
  for (uint32_t i = 0; i < key_count; ++i) {
    if (marks_[i] == 0) continue;
    std::memcpy(to, keys_[i].ptr, keys_[i].len);
    keys_[i].ptr = to;
    to += keys_[i].len;
  }
}

FilterChain::Rewritten FilterChain::take_rewritten() {
  Rewritten out;
  out.keys.swap(keys_);
  out.marks.swap(marks_);
  out.text.swap(texts_);
  return out;
}

void FilterChain::done(uint32_t key_count) {
  front_.reactor.arena.reset();
  if (texts_.size() > kMostKept) std::vector<uint8_t>().swap(texts_);
  if (words_.size() > kMostKept) std::vector<weir_bytes>().swap(words_);
  if (key_count <= kMostKept) return;
  for (auto *keys : {&keys_, &new_keys_, &placed_}) std::vector<weir_bytes>().swap(*keys);
  for (auto *marks : {&marks_, &new_marks_}) std::vector<uint8_t>().swap(*marks);
  std::vector<uint32_t>().swap(servers_);
}

// ---- how it ended
// ------------------------------------------------------------------------------------------------------------

void FilterChain::ended(ClientConnection &client, Request &request) {
  const Split *split = request.split;
  uint32_t place =
      split == nullptr ? request.part.server : (split->part_count == 1 ? split->parts[0].part.server : WEIR_NO_SERVER);
  ended(client, request.req, std::exchange(request.watch, nullptr), place);
}

void FilterChain::ended(ClientConnection &client, const weir_req &req, Watch *watch, uint32_t place) {
  weir_outcome outcome{};
  outcome.struct_size = sizeof outcome;
  outcome.status = watch->status;
  outcome.error = watch->error;
  outcome.is_error = watch->is_error ? 1 : 0;
  outcome.pool = front_.pool.index;
  outcome.server = place;
  if (place != WEIR_NO_SERVER && !front_.reach.is_own(place)) {
    outcome.pool = front_.reach.pool_of(front_.reach.way_of(place));
    outcome.server = front_.reach.server_of(place);
  }
  outcome.reply_size = watch->reply_size;
  outcome.latency_us = front_.reactor.now_us - watch->began_us;
  if (watch->counted != nullptr) {
    if (watch->is_error) watch->counted->errors.add();
    watch->counted->latency_us.add(outcome.latency_us);
  }
  if (watch->asked != 0) {
    Shown shown = show(client, req);
    shown.view.core = &shown;
    shown.view.pool = outcome.pool;
    shown.view.tag = {watch->tag, watch->tag_len};
    for (uint32_t who = watch->asked; who != 0; who &= who - 1) {
      auto i = static_cast<uint32_t>(std::countr_zero(who));
      const weir_scope with = scope(filters_[i], client);
      outcome.user = watch->user[i];
      filters_[i].ops->on_response(&with, &shown.view, &outcome);
    }
    front_.reactor.arena.reset();
  }
  watches_.put(watch);
}

}  // namespace weir::client
