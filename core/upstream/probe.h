// Asks one server, now and then and on a connection of its own, whether it is well. What it asks, and which answer is a
// good one, the protocol says by probe(); one without that op is content when the server accepts a connection.
//
//   waiting -> connecting -> preparing -> asking -> waiting, the connection kept for the next time
//
// Whatever goes wrong on the way is a bad probe and closes the connection. Nothing of it is counted as a request.
//
// Owner: the Upstream of one worker, so that a server is probed once in a process. Thread: the worker's alone.
#pragma once

#include <string>
#include <vector>

#include "core/message/inbox.h"
#include "core/net/connection.h"
#include "core/plugin/instance.h"
#include "core/upstream/backend.h"
#include "core/upstream/reply_arrays.h"

namespace weir::upstream {

class Upstream;

class Probe final : public net::Connection {
 public:
  Probe(Upstream &upstream, uint32_t server);
  ~Probe() override;

  // Begins when its time has come, gives up when it took too long; the next time to look.
  uint64_t check_time(uint64_t now_us);

  // The next one asks at the new address.
  void addresses_changed() {
    if (state_ == State::waiting) drop();
  }

  void on_readable() override;
  void on_writable() override;

 protected:
  void on_written(size_t) override {}
  void on_broken(int error) override;

 private:
  enum class State : uint8_t { waiting, connecting, preparing, asking };

  void begin();
  void connected();
  void step(const weir_rsp *prev, weir_bytes prev_bytes);
  void ready();
  void ended(bool good, const std::string &why);
  void bad(const std::string &why);
  void drop();
  bool parse(Inbox::Span all);
  bool reply(const weir_rsp &rsp, const uint8_t *data);
  const weir_expect *expect(uint32_t i) const;
  static weir_status grow_items(weir_parse *parse, uint32_t want);
  uint64_t next_time();
  weir_scope scope();

  Upstream &upstream_;
  Backend &backend_;
  const uint32_t server_;
  State state_ = State::waiting;
  bool has_op_ = false;
  uint64_t due_us_ = 0;  // when the next one begins, or the one under way has taken too long
  net::SocketAddress address_{};
  uint32_t step_ = 0, pending_ = 0;
  uint64_t conn_id_ = 0;
  uint64_t random_;
  Inbox inbox_;
  weir_expect expected_{};
  std::vector<uint64_t> protocol_state_;
};

}  // namespace weir::upstream
