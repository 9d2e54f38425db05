// A strict reference host for protocol plugins: feeds bytes to a plugin's parsers exactly as the core does, checks
// every rule of sdk/include/weir/protocol.h on the way, and turns render, merge, reply and handshake into plain
// strings. For tests only; one thread. What breaks a rule is listed in `violations`; a test expects that list to be
// empty.
#pragma once

#include <deque>
#include <utility>

#include "tests/support/plugin_host.h"

namespace weir::test {

struct ParsedRequest {
  weir_req req{};
  std::string message;                   // its bytes, as far as they were fed
  std::string cmd;                       // name in the command table
  std::vector<std::string> keys, units;  // keys: without their encoding, if they have one
  std::vector<weir_key> raw_keys;
  uint64_t start = 0;     // where it starts in the connection's stream
  bool complete = false;  // the whole message was fed
};
struct ParsedReply {
  weir_rsp rsp{};
  std::string bytes;
  std::vector<std::string> items;
  std::vector<weir_item> raw_items;
  uint64_t start = 0;
  bool complete = false;
};
template <class Message>
struct Parsed {
  std::vector<Message> list;
  weir_status status = WEIR_OK;  // of the last call; after an error nothing more is fed
  std::string error;             // the plugin's explanation of WEIR_E_PROTO
  bool too_big = false;          // an unfinished token outgrew max_head
  uint64_t left = 0;             // bytes fed that belong to no message given back yet
  uint32_t calls = 0;            // how often the parser was called
};
using Requests = Parsed<ParsedRequest>;
using Replies = Parsed<ParsedReply>;

// How bytes are fed. cuts are positions in the fed bytes, ascending: a window ends at each of them.
struct Feed {
  std::vector<size_t> cuts = {};
  uint32_t msg_cap = 64;
  bool honour_need = false;  // wait for the bytes the plugin says it needs, as a core may
  uint32_t spare = 4;        // keys (items) there is room for before grow_sub() is called
  uint32_t many_keys = 0;    // from so many on, growing makes the request under way the last of its call; 0 = never
};
std::vector<size_t> every_byte(size_t len);  // cuts for windows of one byte

// What the plugin wrote.
struct Output {
  weir_status status = WEIR_OK;  // handshake: WEIR_HS_*
  std::string bytes;
  std::string error;  // handshake: what it put into the errbuf
  uint32_t flags = 0, swallow = 0;
};

// One connection: the plugin's state for it and where its stream stands. Made by the driver's clients and servers.
struct Connection {
  uint64_t id = 0;
  bool is_server = false;
  void *state = nullptr;  // exact size, so that a sanitizer sees an overrun
  std::string stream;     // all bytes fed
  uint64_t msg_start = 0, pos = 0;
  uint64_t wait = 0;                                   // with honour_need: the stream length worth a call
  std::vector<weir_key> keys;                          // of the unfinished message
  std::vector<weir_item> items;                        // likewise
  std::vector<std::pair<uint64_t, uint64_t>> skipped;  // of the unfinished message, as places in the stream
  std::deque<weir_expect> expects;                     // what is outstanding; FINAL replies take from the front
  bool failed = false;
};

// A part of a split request for merge(). reply is what the server sent; parsed with want_items.
struct PartReply {
  std::vector<uint32_t> pick;
  std::string reply;
  uint32_t status = WEIR_PART_OK;
  uint32_t server = 0;
  uint32_t error = 0;          // 0: what usually goes with the status
  Connection *from = nullptr;  // the server's connection; nullptr: a fresh one
};

class ProtocolDriver {
 public:
  // Loads plugin_path(file), finds the protocol, creates an instance. ok() is false when any of it failed.
  ProtocolDriver(const std::string &file, const std::string &protocol, FakeHost::Config config = {},
                 uint32_t servers = 2);
  // The same for a plugin that is linked into the program, as fuzz targets are.
  ProtocolDriver(const weir_module *module, const std::string &protocol, FakeHost::Config config = {},
                 uint32_t servers = 2);
  ProtocolDriver(const ProtocolDriver &) = delete;
  ProtocolDriver &operator=(const ProtocolDriver &) = delete;
  ~ProtocolDriver();

  bool ok() const { return created_; }
  const std::string &why() const { return why_; }
  FakeHost &host() { return host_; }
  const weir_protocol *protocol() const { return ops_; }
  const weir_component *component() const { return component_; }
  uint16_t command(std::string_view name) const;  // its index; 0 when unknown

  Connection &client();
  Connection &server();

  // Feed more bytes to a connection; what became whole comes back. Without a connection: a fresh one.
  Requests requests(Connection &, std::string_view bytes, const Feed & = {});
  Requests requests(std::string_view bytes, const Feed &feed = {}) { return requests(client(), bytes, feed); }
  Replies replies(Connection &, std::string_view bytes, const Feed & = {});
  // n requests of the given command outstanding.
  Replies replies(std::string_view bytes, const Feed &feed = {}, uint32_t n = 64, bool want_items = false,
                  uint16_t cmd = 0);

  Output reply(Connection &, const ParsedRequest *, uint32_t err, std::string_view text = {});
  Output reply(uint32_t err, std::string_view text) { return reply(client(), nullptr, err, text); }

  // slice: how many picks (keys) a call; 0 = all at once. new_keys[i] non-null: key i was rewritten to it.
  Output render(Connection &, const ParsedRequest &, uint32_t purpose, const std::vector<uint32_t> &pick,
                uint32_t slice = 0, const std::vector<const char *> &new_keys = {});
  // new_keys as for render(): the core then says what the client's keys were.
  Output merge(Connection &, const ParsedRequest &, const std::vector<PartReply> &, uint32_t slice = 0,
               const std::vector<const char *> &new_keys = {});
  // prev: the reply to the step before, "" at step 0.
  Output handshake(Connection &, uint32_t step, std::string_view prev = {}, uint64_t profile = 0);
  std::vector<std::string> args(const ParsedRequest &);
  // The lease that `begin` asked for was got, or is over.
  void lease(Connection &client, const ParsedRequest &begin, uint32_t server, bool on);

  std::vector<std::string> violations;

 private:
  struct Call;
  void create(const std::string &protocol);
  template <class Message>
  void run(Connection &, std::string_view bytes, const Feed &, Parsed<Message> &);
  template <class Message>
  bool call_once(Connection &, const Feed &, Parsed<Message> &);
  void take(Connection &, const Call &, Requests &);
  void take(Connection &, const Call &, Replies &);
  void advance(Connection &, const Call &, uint64_t avail);
  void decode_keys(Connection &, ParsedRequest &);
  void check_key(const Connection &, const weir_key &, const weir_req &);
  weir_scope scope(Connection *, FakeArena &);
  void violation(const std::string &text) { violations.push_back(text); }
  Output finish(weir_status, FakeOut &);

  FakeHost host_;
  PluginFile file_;
  const weir_component *component_ = nullptr;
  const weir_protocol *ops_ = nullptr;
  void *inst_ = nullptr, *worker_ = nullptr;
  bool created_ = false;
  std::string why_;
  std::vector<std::unique_ptr<Connection>> connections_;
  GuardedWindow window_;
};

}  // namespace weir::test
