#include "core/client/topics.h"

#include <algorithm>
#include <cstring>

#include "core/base/log.h"
#include "core/client/client_connection.h"
#include "core/client/front.h"
#include "core/client/put_ahead.h"

namespace weir::client {
namespace {

constexpr uint64_t kFirstDelayUs = 50'000, kMostDelayUs = 2'000'000;
constexpr uint32_t kNowhere = WEIR_NO_SERVER - 1;  // a place that is none
constexpr uint64_t kGoodForUs = 10'000'000;        // a feed that lasted so long is taken anew at once

}  // namespace

// ---- a feed
// -----------------------------------------------------------------------------------------------------------------

void Feed::push_begins(const weir_rsp &rsp, const weir_item *items, const uint8_t *data) {
  about_.clear();
  if (rsp.item_count == 0) return;
  about_ = Topics::key(profile, static_cast<uint32_t>(items[0].user), {data + items[0].off, items[0].len});
}

// A client that reads nothing may be closed over it, and leaves the list; the last one takes the topic with it, and the
// last topic this feed.
void Feed::pushed(const uint8_t *data, size_t len) {
  Topics &topics = topics_;
  const std::string about = about_;
  for (size_t i = SIZE_MAX; i > 0;) {
    auto found = topics.topics_.find(about);
    if (found == topics.topics_.end()) return;
    std::vector<ClientConnection *> &clients = found->second->clients;
    i = std::min(i, clients.size());
    if (i > 0) clients[--i]->pushed(data, len);
  }
}

void Feed::lease_lost(upstream::ServerConnection &lost) {
  topics_.front_.forget_waiter(lost);
  connection = nullptr;
  topics_.lost(*this);
}

// ---- who listens
// -----------------------------------------------------------------------------------------------------------------

std::string Topics::key(uint64_t profile, uint32_t kind, weir_bytes name) {
  std::string out(sizeof profile + sizeof kind + name.len, '\0');
  std::memcpy(out.data(), &profile, sizeof profile);
  std::memcpy(out.data() + sizeof profile, &kind, sizeof kind);
  if (name.len > 0) std::memcpy(out.data() + sizeof profile + sizeof kind, name.ptr, name.len);
  return out;
}

Topic *Topics::join(ClientConnection &client, uint64_t profile, uint32_t kind, weir_bytes name, uint32_t place) {
  auto [at, is_new] = topics_.try_emplace(key(profile, kind, name));
  if (is_new) {
    std::string_view all = at->first;
    at->second = std::make_unique<Topic>(Topic{all.substr(all.size() - name.len), profile, kind, place, {}});
  }
  Topic &topic = *at->second;
  if (std::find(topic.clients.begin(), topic.clients.end(), &client) != topic.clients.end()) return nullptr;
  topic.place = place;
  topic.clients.push_back(&client);
  return &topic;
}

bool Topics::leave(ClientConnection &client, uint64_t profile, uint32_t kind, weir_bytes name) {
  auto found = topics_.find(key(profile, kind, name));
  if (found == topics_.end() || std::erase(client.topics_, found->second.get()) == 0) return false;
  leave(client, *found->second);
  return true;
}

void Topics::leave(ClientConnection &client, Topic &topic) {
  std::erase(topic.clients, &client);
  if (topic.clients.empty()) forget(topic);
}

// Nobody listens any more.
void Topics::forget(Topic &topic) {
  say_everywhere(topic, WEIR_RENDER_TOPICS_OFF);
  uint64_t profile = topic.profile;
  topics_.erase(key(profile, topic.kind, {reinterpret_cast<const uint8_t *>(topic.name.data()), topic.name.size()}));
  end_unused(profile);
}

// ---- feeds
// -----------------------------------------------------------------------------------------------------------------

Feed *Topics::find(uint32_t place, uint64_t profile) {
  for (auto &feed : feeds_) {
    if (feed->place == place && feed->profile == profile) return feed.get();
  }
  return nullptr;
}

upstream::ServerConnection *Topics::feed(uint32_t place, uint64_t profile) {
  Feed *known = find(place, profile);
  if (known == nullptr) {
    feeds_.push_back(std::make_unique<Feed>(*this, place, profile));
    known = feeds_.back().get();
  }
  if (known->connection == nullptr) take_anew(*known);
  return known->connection;
}

// With all that it is there for.
void Topics::take_anew(Feed &feed) {
  feed.retry_us = 0;
  feed.since_us = front_.reactor.now_us;
  feed.connection = front_.reach.lease(feed.place, feed.profile, feed);
  if (feed.connection == nullptr) return lost(feed);
  std::vector<const Topic *> topics;
  for (auto &[_, topic] : topics_) {
    bool its = topic->place == feed.place || topic->place == WEIR_NO_SERVER;
    if (its && topic->profile == feed.profile) topics.push_back(topic.get());
  }
  say(feed, WEIR_RENDER_TOPICS_ON, topics);
}

void Topics::lost(Feed &feed) {
  uint64_t now_us = front_.reactor.now_us;
  bool was_good = feed.since_us != 0 && now_us > feed.since_us + kGoodForUs;
  feed.delay_us = was_good || feed.delay_us == 0 ? kFirstDelayUs : std::min(feed.delay_us * 2, kMostDelayUs);
  feed.retry_us = now_us + feed.delay_us;
  if (next_retry_us_ == 0 || feed.retry_us < next_retry_us_) next_retry_us_ = feed.retry_us;
  front_.upstream.check_at(feed.retry_us);
}

void Topics::retry(uint64_t now_us) {
  next_retry_us_ = 0;
  for (size_t i = 0; i < feeds_.size(); ++i) {
    Feed &feed = *feeds_[i];
    if (feed.retry_us == 0) continue;
    if (feed.retry_us > now_us) {
      next_retry_us_ = next_retry_us_ == 0 ? feed.retry_us : std::min(next_retry_us_, feed.retry_us);
    } else {
      take_anew(feed);
    }
  }
  if (next_retry_us_ != 0) front_.upstream.check_at(next_retry_us_);
}

// Nothing is listened to any more over the feeds of this profile.
void Topics::end_unused(uint64_t profile) {
  bool used = std::any_of(topics_.begin(), topics_.end(), [&](auto &t) { return t.second->profile == profile; });
  if (used) return;
  std::erase_if(feeds_, [this, profile](const auto &feed) {
    if (feed->profile != profile) return false;
    if (feed->connection == nullptr) return true;
    front_.forget_waiter(*feed->connection);
    feed->connection->upstream().leases.drop(*feed->connection);
    return true;
  });
}

// ---- what is said to servers
// -----------------------------------------------------------------------------------------------------------------

void Topics::say_everywhere(Topic &topic, uint32_t purpose) {
  for (size_t i = 0; i < feeds_.size(); ++i) {
    Feed &feed = *feeds_[i];
    bool its = topic.place == feed.place || topic.place == WEIR_NO_SERVER;
    if (its && feed.profile == topic.profile && feed.connection != nullptr) say(feed, purpose, {&topic});
  }
}

void Topics::say(Feed &feed, uint32_t purpose, const std::vector<const Topic *> &topics) {
  std::vector<uint32_t> kinds;
  for (const Topic *topic : topics) {
    if (std::find(kinds.begin(), kinds.end(), topic->kind) == kinds.end()) kinds.push_back(topic->kind);
  }
  for (uint32_t kind : kinds) {
    std::vector<weir_bytes> names;
    for (const Topic *topic : topics) {
      if (topic->kind != kind) continue;
      names.push_back({reinterpret_cast<const uint8_t *>(topic->name.data()), topic->name.size()});
      if (names.size() < kAtOnce) continue;
      say_some(feed, purpose, kind, names);
      names.clear();
    }
    if (!names.empty()) say_some(feed, purpose, kind, names);
  }
}

void Topics::say_some(Feed &feed, uint32_t purpose, uint32_t kind, const std::vector<weir_bytes> &names) {
  if (feed.connection == nullptr) return;
  weir_req req{};
  req.cmd = WEIR_CMD_AHEAD;
  req.profile = feed.profile;
  req.route_arg = kind;
  std::vector<uint32_t> pick(names.size());
  for (uint32_t i = 0; i < pick.size(); ++i) pick[i] = i;
  weir_render what{};
  what.struct_size = sizeof what;
  what.purpose = purpose;
  what.req = &req;
  what.key_bytes = names.data();
  what.pick = pick.data();
  what.pick_count = what.count = static_cast<uint32_t>(pick.size());
  what.server = feed.place;
  if (!put_ahead(front_, front_.scope(nullptr, 0, nullptr), what, {nullptr, 0}, *feed.connection,
                 front_.reach.due_us(feed.place))) {
    WEIR_LOG(err, "pool %s: topics could not be asked for", front_.settings.name.c_str());
  }
}

// Their topics are nowhere until the ring is looked at again, which the new spare pool brings about.
void Topics::leave_spare() {
  std::erase_if(feeds_, [this](const auto &feed) {
    if (front_.reach.is_own(feed->place)) return false;
    if (feed->connection != nullptr) {
      front_.forget_waiter(*feed->connection);
      feed->connection->upstream().leases.drop(*feed->connection);
    }
    return true;
  });
  for (auto &[_, topic] : topics_) {
    if (topic->place != WEIR_NO_SERVER && !front_.reach.is_own(topic->place)) topic->place = kNowhere;
  }
  front_.reactor.later([this] { ring_changed(); });
}

// What every server may speak of: those that were down when it was first asked for have no feed yet.
void Topics::ask_all_that_serve(const route::Ring &ring, uint64_t profile) {
  for (uint32_t server = 0; server < ring.size(); ++server) {
    if (ring.alive(server) && find(server, profile) == nullptr) feed(server, profile);
  }
}

// Topics move to the server that has them now; what every server may speak of is asked of those that came back.
void Topics::ring_changed() {
  const route::Ring &ring = front_.pool.ring();
  for (auto &[_, topic] : topics_) {
    if (topic->place == WEIR_NO_SERVER) {
      ask_all_that_serve(ring, topic->profile);
      continue;
    }
    weir_bytes name{reinterpret_cast<const uint8_t *>(topic->name.data()), topic->name.size()};
    uint32_t place = WEIR_NO_SERVER;
    front_.reach.route(ring, &name, 1, &place, front_.reactor.now_us);
    if (place == topic->place || place == WEIR_NO_SERVER) continue;
    say_everywhere(*topic, WEIR_RENDER_TOPICS_OFF);
    topic->place = place;
    Feed *known = find(place, topic->profile);
    bool has_it = known != nullptr && known->connection != nullptr;
    if (has_it) {
      say(*known, WEIR_RENDER_TOPICS_ON, {topic.get()});
    } else {
      feed(place, topic->profile);  // it asks for all that are its
    }
  }
}

}  // namespace weir::client
