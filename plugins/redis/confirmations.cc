#include "confirmations.h"

#include <cstring>

#include "subscription.h"
#include "verdict.h"

namespace weir::redis {

namespace {

struct Known {
  std::string_view text;
  PubsubWord word;
};
constexpr Known kKnown[] = {
    {"$7\r\nmessage\r\n", PubsubWord::kMessage},
    {"$8\r\npmessage\r\n", PubsubWord::kMessage},
    {"$8\r\nsmessage\r\n", PubsubWord::kMessage},
    {"$9\r\nsubscribe\r\n", PubsubWord::kSubscribe},
    {"$10\r\npsubscribe\r\n", PubsubWord::kPsubscribe},
    {"$10\r\nssubscribe\r\n", PubsubWord::kSsubscribe},
    {"$11\r\nunsubscribe\r\n", PubsubWord::kUnsubscribe},
    {"$12\r\npunsubscribe\r\n", PubsubWord::kPunsubscribe},
    {"$12\r\nsunsubscribe\r\n", PubsubWord::kSunsubscribe},
};

}  // namespace

PubsubWord pubsub_word(const uint8_t *ptr, const uint8_t *end) {
  auto have = static_cast<uint64_t>(end - ptr);
  PubsubWord found = PubsubWord::kOther;
  for (const Known &known : kKnown) {
    uint64_t n = have < known.text.size() ? have : known.text.size();
    if (n && std::memcmp(ptr, known.text.data(), n) != 0) continue;
    if (n == known.text.size()) return known.word;
    found = PubsubWord::kShort;
  }
  return found;
}

void Confirmations::begin_reply(const weir_expect &expect) {
  wanted = expect.want_items != 0;
  uint32_t value = UserWord::unpack(expect.user).value;
  ends = (any() || (expect.flags & WEIR_REQ_LEASE_BEGIN) != 0) && (value & kKeepLease) == 0;
  uint32_t named = expect.part_keys ? expect.part_keys : value & ~kKeepLease;
  uint32_t known = word == PubsubWord::kUnsubscribe ? channels : word == PubsubWord::kPunsubscribe ? patterns : shards;
  left = named ? named : known ? known : 1;  // none to give up is confirmed, too
}

void Confirmations::begin_one() {
  wanted = ends = false;
  left = 1;
}

uint64_t Confirmations::count() {
  bool shard = word == PubsubWord::kSsubscribe || word == PubsubWord::kSunsubscribe;
  bool pattern = word == PubsubWord::kPsubscribe || word == PubsubWord::kPunsubscribe;
  uint64_t before = shard ? shards : uint64_t{channels} + patterns;
  uint32_t &of = shard ? shards : pattern ? patterns : channels;
  word = PubsubWord::kShort;
  if (number > before) {
    ++of;
    return 2;
  }
  if (number < before && of > 0) {
    --of;
    return 0;
  }
  return 1;
}

}  // namespace weir::redis
