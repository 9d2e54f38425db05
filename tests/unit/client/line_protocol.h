// A protocol of lines, small enough to see through, with a hook at each place where a plugin may go wrong.
//
//   requests  get K | fence K | mute K | tell K (no reply) | two K (two replies) | change K (merge() is called)
//             same K K | mget K K.. (split) | again K (encoded anew) | kind N (profile N, by key N) | any |
//             all | at N (server N) | hush (every server, no reply) | drop | ping (local) | quit (local, closes) | nil
//             (local, may be empty) | set K N\n<N bytes>, its size is told before its end has come |
//             put K N\n<N bytes>\n, its payload is skipped
//             echo K, mecho K.. (name their keys in their replies) | enter K (changes state) | shout K (a topic)
//   leases    unfenced K (one taken without a fence) | watch K, begin K (with a prelude), listen K, listenall (taken) |
//             over N K.., overall, end N (sent over them) | undo N (local, ends one) | block K, wait N (N s, by key N)
//             | keep K
//   topics    tune K.. | tuneall K.. (on every server) | off K.. (nothing: all); answered by # and 1 or 0 for each;
//             servers are told "on K..", "off K.." and say "!K text"
//   replies   +text, -text final; ~text part; !text push; ?text transient; .text final and close; =text final error;
//             ^text final, ends the lease; &text: send it again
//             *a,b,c final with items;  $N\n<N bytes> size told early;  %N\n<N bytes>\n skipped
//   filters   get, set, put, mget, echo, mecho, enter and shout are commands of their own, all else is (other); merge()
//             puts the client's key and a colon before each item when a filter rewrote any
//   errors    "-<WEIR_ERR_*> text"
#pragma once

#include <weir/weir.h>

#include <functional>
#include <string>
#include <vector>

#include "tests/unit/route/puppet.h"

namespace weir::testing {

struct LineHooks {
  std::function<weir_status(weir_parse &, weir_status)> after_req, after_rsp;  // the status returned is the plugin's
  std::function<weir_status(const weir_req *, uint32_t error, weir_out &)> reply;
  std::function<weir_status(const weir_render &, weir_out &)> render;
  std::function<weir_status(const weir_merge &, weir_out &)> merge;
  std::function<weir_status(const weir_scope &, uint32_t step, const weir_rsp *, const std::string &bytes, weir_out &,
                            weir_errbuf &)>
      handshake;
  std::vector<std::string> closed;      // "client" or "server", as connections went
  std::string leases;                   // " +N" for each that was got from server N, " -N" when it was over
  uint64_t profile = 0;                 // handshake() was last told
  std::vector<uint64_t> idle_profiles;  // profile_idle() was told
  uint32_t expected_keys = 0;           // weir_expect.part_keys, last seen
  uint64_t worked_keys = 0;             // rendered and merged
};
LineHooks &line_hooks();

// Puts the protocol into the tables and forgets all hooks.
void use_line_protocol(const Tables &tables, bool handshake);

}  // namespace weir::testing
