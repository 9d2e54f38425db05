// Any stream of memcached's commands, in its text, meta and binary dialects, gets through a filter that puts a prefix
// before all keys what it gets from a server directly: clients must not notice. WEIR_TEST_SEED=n tries another stream.
#include <cstdlib>
#include <random>

#include "tests/integration/story.h"
#include "tests/support/memcache_packets.h"

namespace weir::test {
namespace {

const char kPrefixScript[] = R"(
weir.on_request(weir.ALL, function(req) req:prefix("p:") end)
)";

// Commands whose answers depend on nothing but the commands before them. Keys in base64 are of plain letters: items
// that memcached 1.6.18 makes anew by itself (N0, append) forget that their key was in base64, and are answered with
// its bytes as they are. Numbers have keys of their own, and do not become shorter: whether they are counted in place,
// and what remains of the item then, depends on who reads them just then.
class MemcachedStream {
 public:
  explicit MemcachedStream(uint32_t seed) : random_(seed) {}

  std::string text() {
    const std::string noreply = chance(10) ? " noreply" : "";
    switch (pick(9)) {
      case 0:
      case 1:
        return one_of({"get", "gets"}) + keys() + "\r\n";
      case 2:
        return one_of({"set", "set", "add", "replace", "append", "prepend"}) + " " + any_key() + " " +
               std::to_string(pick(9)) + " 0 " + data(noreply);
      case 3: {
        std::string value = any_value();
        return "cas " + key() + " 1 0 " + std::to_string(value.size()) + " " + std::to_string(pick(200)) + noreply +
               "\r\n" + value + "\r\n";
      }
      case 4:
        return "incr " + number() + " " + one_of({"1", "100", "x"}) + noreply + "\r\n";
      case 5:
        return "delete " + any_key() + one_of({"", " 0"}) + noreply + "\r\n";
      case 6:
        return "touch " + key() + one_of({" 0", " 1000"}) + noreply + "\r\n";
      case 7:
        return one_of({"gat", "gats"}) + " 0" + keys() + "\r\n";
      default:
        return one_of({"version", "get", "nosuch k", "set k 0 0", "verbosity"}) + "\r\n";
    }
  }
  std::string meta() {
    const bool coded = chance(20);
    const std::string name = coded ? one_of({"azA=", "azE=", "bG9uZw=="}) : key();
    std::string flags;
    for (const char *flag : {" k", " q", " O77", " f"}) flags += chance(40) ? flag : "";
    if (coded) flags += " b";
    switch (pick(4)) {
      case 0: {
        for (const char *flag : {" v", " s", " c", " T0"}) flags += chance(40) ? flag : "";
        if (chance(40)) flags += " N0";
        return "mg " + name + flags + "\r\n";
      }
      case 1: {
        std::string value = any_value();
        if (!flags.empty() && chance(50)) flags += one_of({" F5", " ME", " MA", " MP", " MR", " C7"});
        return "ms " + name + " " + std::to_string(value.size()) + without(flags, " f") + "\r\n" + value + "\r\n";
      }
      case 2:
        return "md " + name + without(flags, " f") + one_of({"", " I", " C9"}) + "\r\n";
      default:
        return "ma " + number() + without(without(flags, " f"), " b") + one_of({"", " v", " D5", " c"}) + "\r\n";
    }
  }
  std::string packet() {
    static const uint8_t kStores[] = {0x01, 0x02, 0x03, 0x11, 0x12, 0x13};
    static const uint8_t kGets[] = {0x00, 0x09, 0x0c, 0x0d};
    static const uint8_t kTouches[] = {0x1c, 0x1d, 0x1e, 0x23, 0x24};
    PacketText packet;
    packet.key = key();
    packet.opaque = static_cast<uint32_t>(pick(1 << 20));
    switch (pick(6)) {
      case 0:
        packet.opcode = kStores[pick(std::size(kStores))];
        packet.extras = be(pick(9), 4) + be(0, 4);
        packet.value = any_value();
        break;
      case 1:
      case 2:
        packet.opcode = kGets[pick(std::size(kGets))];
        break;
      case 3:
        packet.opcode = static_cast<uint8_t>(chance(50) ? 0x04 : 0x14);
        break;
      case 4:
        packet.opcode = 0x05;
        packet.key = number();
        packet.extras = be(1, 8) + be(5, 8) + be(chance(50) ? 0 : 0xffffffff, 4);
        break;
      default:
        packet.opcode = kTouches[pick(std::size(kTouches))];
        packet.extras = be(0, 4);
    }
    return packet.text();
  }
  size_t pick(size_t n) { return std::uniform_int_distribution<size_t>(0, n - 1)(random_); }
  bool chance(int percent) { return static_cast<int>(pick(100)) < percent; }

 private:
  std::string one_of(std::initializer_list<const char *> all) { return *(all.begin() + pick(all.size())); }
  std::string key() { return "k" + std::to_string(pick(chance(10) ? 40 : 4)); }
  std::string number() { return "n" + std::to_string(pick(3)); }
  std::string any_key() { return chance(20) ? number() : key(); }
  std::string keys() {
    std::string all;
    for (size_t n = 1 + pick(4); n > 0; --n) all += " " + any_key();
    return all;
  }
  std::string any_value() { return chance(5) ? std::string(1 + pick(20'000), 'x') : one_of({"", "1", "41", "value"}); }
  std::string data(const std::string &noreply) {
    std::string value = any_value();
    return std::to_string(value.size()) + noreply + "\r\n" + value + "\r\n";
  }
  static std::string without(std::string text, const std::string &word) {
    size_t at = text.find(word);
    return at == std::string::npos ? text : text.erase(at, word.size());
  }
  std::mt19937 random_;
};

class AnyMemcachedStream : public testing::Test {
 protected:
  AnyMemcachedStream() { scripts_.write("prefix.lua", kPrefixScript); }

  // batch(): some commands, ended by what makes `end` come; read: all that comes until then.
  template <class Batch, class Read>
  void play(Batch batch, Read read) {
    const char *chosen = std::getenv("WEIR_TEST_SEED");
    uint32_t seed = chosen != nullptr ? static_cast<uint32_t>(std::strtoul(chosen, nullptr, 10)) : 1;
    SCOPED_TRACE("WEIR_TEST_SEED=" + std::to_string(seed));
    MemcachedStream stream(seed);
    Memcacheds servers = memcacheds(1);
    Memcached alone;
    Proxy proxy(memcached_pool(servers).set("lua", "{file: " + scripts_.file("prefix.lua") + "}"));
    Stream through = proxy.connect(), direct = alone.connect();
    for (int i = 0; i < (chosen != nullptr ? 2'000 : 200); ++i) {
      std::string bytes = batch(stream);
      direct.send(bytes);
      send_in_pieces(stream, through, bytes);
      std::string wanted = read(direct), got = read(through);
      ASSERT_TRUE(same(wanted, got)) << shown(bytes) << "\nwanted " << shown(wanted) << "\ngot " << shown(got);
    }
    EXPECT_EQ("END\r\n", servers[0]->call("get k0 k1 k2 k3\r\n"));
  }
  static void send_in_pieces(MemcachedStream &stream, Stream &to, std::string_view bytes) {
    bool whole = stream.chance(30);
    while (!bytes.empty()) {
      size_t n = whole ? bytes.size() : std::min(bytes.size(), 1 + stream.pick(stream.chance(50) ? 20 : 2'000));
      to.send(bytes.substr(0, n));
      bytes.remove_prefix(n);
    }
  }
  void SetUp() override { SKIP_ON_TWEMPROXY("has no filters"); }
  TempDir scripts_;
};

TEST_F(AnyMemcachedStream, OfLinesIsAnsweredAsByTheServer) {
  play(
      [](MemcachedStream &stream) {
        std::string bytes;
        for (size_t n = 1 + stream.pick(20); n > 0; --n) bytes += stream.chance(50) ? stream.text() : stream.meta();
        return bytes + "mn\r\n";
      },
      [](Stream &from) {
        std::string all, line;
        while (line != "MN") all += (line = from.read_line()) + "\n";
        return all;
      });
}

TEST_F(AnyMemcachedStream, OfPacketsIsAnsweredAsByTheServer) {
  play(
      [](MemcachedStream &stream) {
        std::string bytes;
        for (size_t n = 1 + stream.pick(20); n > 0; --n) bytes += stream.packet();
        return bytes + PacketText{.opcode = 0x0a}.text();
      },
      [](Stream &from) {
        for (std::string all;;) {
          std::string head = from.read_exactly(24);
          size_t size = 0;
          for (int i = 8; i < 12; ++i) size = size << 8 | static_cast<uint8_t>(head[static_cast<size_t>(i)]);
          all += head + from.read_exactly(size);
          if (head[1] == 0x0a) return all;
        }
      });
}

}  // namespace
}  // namespace weir::test
