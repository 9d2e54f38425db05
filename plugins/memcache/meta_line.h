// The words of a meta command's line that weir has to know: the key, whether it is in base64, and whether the client
// wants to hear of misses and successes. All else is between client and server. Pure functions.
#pragma once

#include "command_table.h"
#include "line_tokens.h"

namespace weir::memcache {

struct MetaLine {
  uint32_t words = 0;  // the command's name among them
  Token key = {};
  Token size = {};     // of ms
  bool coded = false;  // the key is in base64
  bool has_nul = false;
  uint32_t quiet = 0;       // how many flags say so
  Token quiet_word = {};    // the last of them
  bool bad_number = false;  // F (client flags) with something else than a number: memcached has no words of its own
};

// Lines of so many words get an error from memcached whatever they are.
inline constexpr uint32_t kTooManyMetaWords = 20;

inline MetaLine read_meta_line(uint16_t cmd, const uint8_t *p, const uint8_t *end) {
  MetaLine out;
  const uint32_t first_flag = cmd == kMs ? 3 : 2;
  for (; p < end; ++p) {
    if (*p == ' ') continue;
    const uint8_t *stop = word_end(p, end);
    if (stop == p) {
      out.has_nul = true;
      return out;
    }
    const Token word = {p, static_cast<uint32_t>(stop - p)};
    const uint32_t at = out.words++;
    if (at == 1) out.key = word;
    if (at == 2 && cmd == kMs) out.size = word;
    if (at >= first_flag) {
      if (cmd == kMe) {
        out.coded |= at == 2 && word.is("b", 1);
      } else if (*p == 'b') {
        out.coded = true;
      } else if (*p == 'q') {
        ++out.quiet;
        out.quiet_word = word;
      } else if (*p == 'F') {
        const Decimal flags = read_unsigned({p + 1, word.len - 1});
        out.bad_number |= flags.reading == Reading::kBad || flags.value > UINT32_MAX;
      }
    }
    out.has_nul |= stop < end && *stop != ' ';
    if (out.has_nul) return out;
    p = stop;
    if (p == end) break;
  }
  return out;
}

}  // namespace weir::memcache
