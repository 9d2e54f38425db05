#include "core/config/address.h"

#include <gtest/gtest.h>

namespace weir::config {
namespace {

TEST(ListenAddress, IsSplitAtTheLastColon) {
  struct Case {
    const char *text, *host;
    uint16_t port;
  };
  for (const Case &c : {Case{"127.0.0.1:22121", "127.0.0.1", 22121}, Case{"localhost:1", "localhost", 1},
                        Case{"[::1]:22121", "::1", 22121}, Case{"::1:22121", "::1", 22121},
                        Case{":::65535", "::", 65535}, Case{"[fe80::1%eth0]:80", "fe80::1%eth0", 80}}) {
    Result<Address> address = parse_listen(c.text);
    ASSERT_TRUE(address) << c.text << ": " << address.error().text;
    EXPECT_EQ(address->text, c.text);
    EXPECT_EQ(address->host, c.host);
    EXPECT_EQ(address->port, c.port);
    EXPECT_FALSE(address->is_unix());
  }
}

TEST(ListenAddress, MayBeAPathWithAnOctalMode) {
  Result<Address> plain = parse_listen("/run/w.sock"), mode = parse_listen("/run/w.sock 0660");
  ASSERT_TRUE(plain && mode);
  EXPECT_EQ(plain->path, "/run/w.sock");
  EXPECT_EQ(plain->mode, 0u);
  EXPECT_EQ(mode->path, "/run/w.sock");
  EXPECT_EQ(mode->mode, 0660u);
  EXPECT_EQ(parse_listen("/run/w.sock 777")->mode, 0777u);
  EXPECT_EQ(parse_listen("/with space/w.sock 600")->path, "/with space/w.sock");
}

TEST(ListenAddress, SaysWhatIsWrongWithIt) {
  struct Case {
    std::string text, said;
  };
  for (const Case &c :
       {Case{"localhost", "expected \"host:port\" or \"/path [mode]\", found \"localhost\""},
        Case{"", "expected \"host:port\" or \"/path [mode]\", found \"\""},
        Case{"a:", "expected a port from 1 to 65535 in \"host:port\", found \"a:\""},
        Case{"a:0", "expected a port from 1 to 65535 in \"host:port\", found \"a:0\""},
        Case{"a:65536", "expected a port from 1 to 65535 in \"host:port\", found \"a:65536\""},
        Case{"a:-1", "expected a port from 1 to 65535 in \"host:port\", found \"a:-1\""},
        Case{":22121", "expected \"host:port\" or \"/path [mode]\", found \":22121\"; write 0.0.0.0 for all addresses"},
        Case{"[::1:1", "expected a host name or address in \"host:port\", found \"[::1:1\""},
        Case{"[]:1", "expected a host name or address in \"host:port\", found \"[]:1\""},
        Case{"a b:1", "expected a host name or address in \"host:port\", found \"a b:1\""},
        Case{"/s 1777", "expected an octal mode of at most 0777 in \"/path mode\", found \"/s 1777\""},
        Case{"/s 0999", "expected an octal mode of at most 0777 in \"/path mode\", found \"/s 0999\""},
        Case{"/", "expected a path of 2 to 107 bytes, found \"/\""}}) {
    Result<Address> address = parse_listen(c.text);
    ASSERT_FALSE(address) << c.text;
    EXPECT_EQ(address.error().text, c.said);
  }
  EXPECT_TRUE(parse_listen("/" + std::string(106, 'x')));
  EXPECT_FALSE(parse_listen("/" + std::string(107, 'x')));
}

TEST(ServerEntry, IsReadFromTheRight) {
  struct Case {
    const char *text, *name, *host, *path;
    uint16_t port;
    uint32_t weight;
    const char *address;
  };
  for (const Case &c : {Case{"127.0.0.1:6379:1", "127.0.0.1:6379", "127.0.0.1", "", 6379, 1, "127.0.0.1:6379"},
                        Case{"127.0.0.1:6379:3 a", "a", "127.0.0.1", "", 6379, 3, "127.0.0.1:6379"},
                        Case{"h:11211:1", "h", "h", "", 11211, 1, "h:11211"},
                        Case{"h:11211:1 h:11211", "h:11211", "h", "", 11211, 1, "h:11211"},
                        Case{"h:06379:1", "h:06379", "h", "", 6379, 1, "h:06379"},
                        Case{"[::1]:6379:1", "[::1]:6379", "::1", "", 6379, 1, "[::1]:6379"},
                        Case{"::1:6379:1", "::1:6379", "::1", "", 6379, 1, "::1:6379"},
                        Case{"/run/r.sock:1", "/run/r.sock:", "", "/run/r.sock", 0, 1, "/run/r.sock"},
                        Case{"/run/r.sock:2 r", "r", "", "/run/r.sock", 0, 2, "/run/r.sock"},
                        Case{"/a:b:2 r", "r", "", "/a:b", 0, 2, "/a:b"}}) {
    Result<Server> server = parse_server(c.text);
    ASSERT_TRUE(server) << c.text << ": " << server.error().text;
    EXPECT_EQ(server->name, c.name) << c.text;
    EXPECT_EQ(server->address.host, c.host) << c.text;
    EXPECT_EQ(server->address.path, c.path) << c.text;
    EXPECT_EQ(server->address.port, c.port) << c.text;
    EXPECT_EQ(server->address.text, c.address) << c.text;
    EXPECT_EQ(server->weight, c.weight) << c.text;
  }
}

TEST(ServerEntry, SaysWhatIsWrongWithIt) {
  struct Case {
    const char *text, *said;
  };
  for (const Case &c :
       {Case{"h", "expected \"host:port:weight [name]\" or \"/path:weight [name]\", found \"h\""},
        Case{"h:6379", "found \"h:6379\"; the weight is missing, write \"h:6379:1\""},
        Case{"/s", "found \"/s\"; the weight is missing, write \"/s:1\""},
        Case{"h:0:1", "expected a port from 1 to 65535 in \"host:port:weight"},
        Case{"h:70000:1", "expected a port from 1 to 65535 in"}, Case{"h:x:1", "expected a port from 1 to 65535 in"},
        Case{"h:1:0", "expected a weight of at least 1 in"}, Case{"h:1:x", "expected a weight of at least 1 in"},
        Case{"h:1:", "expected a weight of at least 1 in"},
        Case{"h:1:99999999999", "expected a weight of at most 2147483647 in"},
        Case{"/s:0", "expected a weight of at least 1 in"}, Case{":1:1", "expected a host name or address in"},
        Case{"h:1:1 ", "expected a name after the space in"}}) {
    Result<Server> server = parse_server(c.text);
    ASSERT_FALSE(server) << c.text;
    EXPECT_NE(server.error().text.find(c.said), std::string::npos) << server.error().text;
  }
}

}  // namespace
}  // namespace weir::config
