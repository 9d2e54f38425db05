// What a scripted server does wrong. Each is a script for FakeServer; those that answer do it as a RESP server that
// says "for <key>" to whatever names a key.
#pragma once

#include <string>

#include "tests/support/servers/fake_server.h"

namespace weir::test::scripts {

// The right answer of such a server, for requests like GET <key>.
inline std::string answer_to(const std::vector<std::string> &request) {
  return bulk("for " + (request.size() > 1 ? request[1] : request[0]));
}
inline FakeServer::Script right() {
  return FakeServer::answering(answer_to);
}
inline FakeServer::Script closes_at_once() {
  return [](Stream &) {};
}
inline FakeServer::Script resets_at_once() {
  return [](Stream &s) { s.reset_on_close(); };
}
// Waits for something to come, and then says this, whatever it was; again and again.
inline FakeServer::Script says(std::string text) {
  return [text](Stream &s) {
    for (;;) {
      s.read_some();
      s.send(text);
    }
  };
}
// Begins an answer and never ends it, as fast as it is taken.
inline FakeServer::Script never_ends(std::string begin) {
  return [begin](Stream &s) {
    s.read_some();
    s.send(begin);
    for (const std::string more(1 << 16, 'a');;) s.send(more);
  };
}
// Answers rightly `good` times, and then begins an answer of 100 bytes and ends it by RST.
inline FakeServer::Script resets_in_a_reply(int good) {
  return [good](Stream &s) {
    for (int i = 0; i < good; ++i) s.send(answer_to(s.read_request()));
    s.read_request();
    s.send("$100\r\nhalf a re");
    s.reset_on_close();
  };
}
// ... and leaves it there.
inline FakeServer::Script halves_a_reply(int good) {
  return [good](Stream &s) {
    for (int i = 0; i < good; ++i) s.send(answer_to(s.read_request()));
    s.read_request();
    s.send("$100\r\nhalf a re");
    s.read_until_close();
  };
}
// Answers each request twice.
inline FakeServer::Script repeats_itself() {
  return [](Stream &s) {
    for (;;) {
      std::string answer = answer_to(s.read_request());
      s.send(answer + answer);
    }
  };
}
// Answers as long as requests come, and closes after so long without.
inline FakeServer::Script closes_when_idle(milliseconds idle) {
  return [idle](Stream &s) {
    while (s.has_input() || !s.silent_for(idle)) s.send(answer_to(s.read_request()));
  };
}

}  // namespace weir::test::scripts
