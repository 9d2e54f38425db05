// The plugin against a real memcached: whatever a client sends, it hears through the plugin what it would hear from the
// server itself, and nothing is left over on the server's side.
#include "tests/support/servers/backends.h"
#include "tests/unit/memcache/described.h"

namespace weir::test {
namespace {

// As small a proxy as can be: one client, one server.
class TinyProxy {
 public:
  TinyProxy(ProtocolDriver &driver, Stream server) : driver_(driver), server_(std::move(server)) {}

  std::string talk(const std::string &bytes) {
    std::string heard;
    for (const ParsedRequest &r : driver_.requests(client_, bytes).list) heard += one(r);
    return heard;
  }

 private:
  std::string one(const ParsedRequest &r) {
    if (r.req.route == WEIR_ROUTE_DROP) return "";
    if (r.req.route == WEIR_ROUTE_LOCAL) return driver_.reply(client_, &r, WEIR_ERR_NONE).bytes;
    bool render = r.req.flags & WEIR_REQ_RENDER;
    server_.send(render ? driver_.render(client_, r, WEIR_RENDER_REKEY, {}).bytes : r.message);
    std::string reply = server_.read_memcached();
    weir_expect expect = {};
    expect.replies = 1;
    expect.cmd = r.req.cmd;
    upstream_.expects.push_back(expect);
    Replies parsed = driver_.replies(upstream_, reply);
    EXPECT_EQ(parsed.list.size(), 1u) << shown(r.message) << " got " << shown(reply) << ": " << parsed.error;
    EXPECT_EQ(parsed.left, 0u);
    return r.req.flags & WEIR_REQ_MUTE ? "" : reply;
  }

  ProtocolDriver &driver_;
  Connection &client_ = driver_.client();
  Connection &upstream_ = driver_.server();
  Stream server_;
};

// What both are asked last: it shows that they stand at the same place in the stream.
const std::string kFence = "version\r\nquit\r\n";

const std::string kTooLong(251, 'k');
const std::string kHuge(2000000, 'x');

const std::vector<std::string> kInputs = {
    "\r\n",
    "\n",
    " \r\n",
    "a\r\n",
    "foo\r\n",
    "GET a\r\n",
    "xyz\x80\r\n",
    "setx a 0 0 1\r\nb\r\n",
    "get\r\n",
    "get \r\n",
    "get  a\r\n",
    " get a\r\n",
    "get a\n",
    "get\ta\r\n",
    "gets\r\n",
    "gxx a\r\n",
    "g\r\n",
    "get " + kTooLong + "\r\n",
    "get a " + kTooLong + "\r\n",
    "get a\r\r\n",
    "gat\r\n",
    "gat 0\r\n",
    "gat x\r\n",
    "gat x a\r\n",
    "gat 0 a\r\n",
    "gat 0x a\r\n",
    "gat 0 " + kTooLong + "\r\n",
    "gat x " + kTooLong + "\r\n",
    "gats -1 a\r\n",
    "gat 99999999999999 a\r\n",
    "gat 99999999999999999999 a\r\n",
    "set\r\n",
    "set a\r\n",
    "set a 0 0\r\n",
    "set a 0 0 x\r\n",
    "set a 0 0 -1\r\nab\r\n",
    "set a 0 0 -1 noreply\r\nab\r\n",
    "set a x 0 1\r\nb\r\n",
    "set a -1 0 1\r\nb\r\n",
    "set a 4294967295 0 1\r\nb\r\n",
    "set a 18446744073709551616 0 1\r\nb\r\n",
    "set a 0 x 1\r\nb\r\n",
    "set a 0 -1 1\r\nb\r\n",
    "set a 0 9223372036854775807 1\r\nb\r\n",
    "set a 0 9223372036854775808 1\r\nb\r\n",
    "set a 0 0 2147483646\r\n",
    "set a 0 0 99999999999999999999\r\nb\r\n",
    "set " + kTooLong + " 0 0 1\r\nb\r\n",
    "set " + kTooLong + " 0 0 1 noreply\r\nb\r\n",
    "set a 0 0 1 foo\r\nb\r\n",
    "set a 0 0 1 foo bar\r\nb\r\n",
    "set a 0 0 1 noreply\r\nb\r\n",
    "set a 0 0 1 noreply \r\nb\r\n",
    "set a 0 0 noreply\r\nb\r\n",
    "set a 0 0 1 NOREPLY\r\nb\r\n",
    "set a 0 0 1\r\nbcd\r\n",
    "set a 0 0 1\r\nbcdefg\r\n",
    "set a 0 0 1\nb\r\n",
    "set a 0 0 1\r\nb\nxx\r\n",
    "set a 0 0 1 noreply\r\nbcd\r\n",
    "set a 0 0 1 noreply\r\nbcdefg\r\n",
    "set a 0 0 3\r\nab\r\n\r\n",
    "set a 0 0 2000000\r\n" + kHuge + "\r\n",
    "set a 0 0 2000000 noreply\r\n" + kHuge + "\r\n",
    "set a 0 0 +1\r\nb\r\n",
    "set a 0 0 01\r\nb\r\n",
    "set a 0 0 -0\r\n\r\n",
    "set a 0 0 1x\r\nb\r\n",
    "set a +0 +0 1\r\nb\r\n",
    "set a 0x10 0 1\r\nb\r\n",
    "set a -0 0 1\r\nb\r\n",
    "cas a 0 0 1\r\nb\r\n",
    "cas a 0 0 1 x\r\nb\r\n",
    "cas a 0 0 1 -1\r\nb\r\n",
    "cas a 0 0 1 1 noreply\r\nb\r\n",
    "cas a 0 0 1 noreply\r\nb\r\n",
    "cas a 0 0 1 1 foo\r\nb\r\n",
    "cas a 0 0 1 18446744073709551616\r\nb\r\n",
    "cas a 0 0 1 1 2 3\r\nb\r\n",
    "add a 0 0\r\n",
    "append a 0 0 x\r\n",
    "prepend a\r\n",
    "replace\r\n",
    "append a 0 0 1\r\nz\r\n",
    "gets a\r\n",
    "incr\r\n",
    "incr a\r\n",
    "incr a x\r\n",
    "incr a -1\r\n",
    "incr a 1 foo\r\n",
    "incr a 1 noreply\r\n",
    "incr a x noreply\r\n",
    "incr " + kTooLong + " 1\r\n",
    "incr " + kTooLong + " 1 noreply\r\n",
    "incr a 1 2 3\r\n",
    "decr a 18446744073709551616\r\n",
    "decr a noreply\r\n",
    "incr a 1x\r\n",
    "incr " + kTooLong + " x\r\n",
    "set n 0 0 2\r\n10\r\n",
    "decr n 1\r\n",
    "incr n -0\r\n",
    "incr n +5\r\n",
    "incr n 007\r\n",
    "get n\r\n",
    "delete\r\n",
    "delete a\r\n",
    "delete a 0\r\n",
    "delete a 0 noreply\r\n",
    "delete a 1\r\n",
    "delete a noreply\r\n",
    "delete a 1 noreply\r\n",
    "delete a foo\r\n",
    "delete a noreply 0\r\n",
    "delete a 0 0\r\n",
    "delete a 0 0 0\r\n",
    "delete a 00\r\n",
    "delete noreply\r\n",
    "delete " + kTooLong + "\r\n",
    "delete " + kTooLong + " 1\r\n",
    "delete " + kTooLong + " noreply\r\n",
    "touch\r\n",
    "touch a\r\n",
    "touch a x\r\n",
    "touch a 0\r\n",
    "touch a 0 noreply\r\n",
    "touch a x noreply\r\n",
    "touch a -1\r\n",
    "touch a 0 foo\r\n",
    "touch " + kTooLong + " 0\r\n",
    "touch " + kTooLong + " x\r\n",
    "touch a noreply\r\n",
    "touch a 0 0 0\r\n",
    "version x\r\n",
    "version noreply\r\n",
    "verbosity\r\n",
    "verbosity 0\r\n",
    "verbosity x\r\n",
    "verbosity 0 noreply\r\n",
    "verbosity noreply\r\n",
    "verbosity 0 0\r\n",
    "verbosity 0 0 0\r\n",
    "verbosity -1\r\n",
    "flush_all\r\n",
    "flush_all 0\r\n",
    "flush_all x\r\n",
    "flush_all noreply\r\n",
    "flush_all 0 noreply\r\n",
    "flush_all -1\r\n",
    "flush_all 1 2\r\n",
    "flush_all 1 2 3\r\n",
    "flush_all 0 foo\r\n",
    "flush_all x noreply\r\n",
    "flush_all noreply noreply\r\n",
    "mg\r\n",
    "mz a\r\n",
    "ms\r\n",
    "ms a\r\n",
    "ms a x\r\nb\r\n",
    "ms a S1\r\nb\r\n",
    "ms " + kTooLong + " 1\r\nb\r\n",
    "ms a -1\r\nb\r\n",
};

TEST_F(MemcacheTest, AClientHearsWhatTheServerItselfWouldSay) {
  Memcached plain, behind;
  for (const std::string &input : kInputs) {
    Stream direct = plain.connect();
    direct.send(input + kFence);
    TinyProxy proxy(driver, behind.connect());
    EXPECT_EQ(shown(proxy.talk(input + kFence)), shown(direct.read_until_close())) << shown(input);
  }
}

TEST_F(MemcacheTest, ALongLineIsClosedByTheServerToo) {
  Memcached plain;
  Stream direct = plain.connect();
  direct.send(std::string(2049, 'f'));
  EXPECT_EQ(direct.read_until_close(), "");
  EXPECT_EQ(driver.requests(std::string(2049, 'f')).status, WEIR_E_PROTO);
  Stream again = plain.connect();
  again.send(std::string(2048, 'f'));
  again.send("\r\n");
  EXPECT_EQ(again.read_memcached(), "ERROR\r\n");
}

TEST_F(MemcacheTest, ALongGetIsAsWelcomeAsAtTheServer) {
  Memcached plain, behind;
  std::string line = "get";
  for (int i = 0; i < 5000; ++i) line += " key:" + std::to_string(i);
  std::string input = "set key:77 0 0 2\r\nhi\r\n" + line + "\r\n" + kFence;
  Stream direct = plain.connect();
  direct.send(input);
  TinyProxy proxy(driver, behind.connect());
  EXPECT_EQ(proxy.talk(input), direct.read_until_close());
}

}  // namespace
}  // namespace weir::test
