// Statistics of several servers as those of one.
#include "tests/support/memcache_packets.h"
#include "tests/unit/memcache/described.h"

namespace weir::test {
namespace {

class Stats : public MemcacheTest {
 protected:
  std::string merged(const std::string &line, const std::vector<std::string> &replies) {
    std::vector<PartReply> parts;
    for (const std::string &reply : replies)
      parts.push_back({{}, reply, WEIR_PART_OK, static_cast<uint32_t>(parts.size())});
    return driver.merge(driver.client(), one(line), parts).bytes;
  }
};

TEST_F(Stats, NumbersAreSummedUpWhereASumMakesSense) {
  EXPECT_EQ(
      merged("stats\r\n",
             {"STAT pid 11\r\nSTAT uptime 50\r\nSTAT time 1000\r\nSTAT version 1.6.18\r\nSTAT curr_items 3\r\nSTAT "
              "rusage_user 0.900001\r\nSTAT accepting_conns 1\r\nSTAT hash_power_level 16\r\nEND\r\n",
              "STAT pid 12\r\nSTAT uptime 40\r\nSTAT time 1001\r\nSTAT version 1.6.18\r\nSTAT curr_items 4\r\nSTAT "
              "rusage_user 1.200003\r\nSTAT accepting_conns 0\r\nSTAT hash_power_level 17\r\nEND\r\n"}),
      "STAT pid 11\r\nSTAT uptime 40\r\nSTAT time 1001\r\nSTAT version 1.6.18\r\nSTAT curr_items 7\r\nSTAT "
      "rusage_user 2.100004\r\nSTAT accepting_conns 0\r\nSTAT hash_power_level 17\r\nEND\r\n");
}

TEST_F(Stats, WhatTheServersDoNotAgreeOnIsShownOfEach) {
  EXPECT_EQ(merged("stats\r\n", {"STAT version 1.6.18\r\nEND\r\n", "STAT version 1.6.9\r\nEND\r\n"}),
            "STAT version 1.6.18,1.6.9\r\nEND\r\n");
  EXPECT_EQ(merged("stats settings\r\n", {"STAT maxbytes 64\r\nSTAT evictions on\r\nSTAT inter NULL\r\nEND\r\n",
                                          "STAT maxbytes 64\r\nSTAT evictions off\r\nSTAT inter NULL\r\nEND\r\n"}),
            "STAT maxbytes 64\r\nSTAT evictions on,off\r\nSTAT inter NULL\r\nEND\r\n");
}

TEST_F(Stats, WhatOnlySomeServersHaveIsThereToo) {
  EXPECT_EQ(merged("stats items\r\n", {"STAT items:1:number 2\r\nSTAT items:1:age 9\r\nEND\r\n", "END\r\n",
                                       "STAT items:1:age 12\r\nSTAT items:5:number 1\r\nEND\r\n"}),
            "STAT items:1:number 2\r\nSTAT items:1:age 12\r\nSTAT items:5:number 1\r\nEND\r\n");
  EXPECT_EQ(merged("stats slabs\r\n", {"STAT 1:chunk_size 96\r\nSTAT 1:get_hits 2\r\nEND\r\n",
                                       "STAT 1:chunk_size 96\r\nSTAT 1:get_hits 3\r\nEND\r\n"}),
            "STAT 1:chunk_size 96\r\nSTAT 1:get_hits 5\r\nEND\r\n");
}

TEST_F(Stats, ListsFollowOneAnother) {
  EXPECT_EQ(merged("stats conns\r\n", {"STAT 26:addr tcp:a\r\nEND\r\n", "STAT 26:addr tcp:b\r\nEND\r\n"}),
            "STAT 26:addr tcp:a\r\nSTAT 26:addr tcp:b\r\nEND\r\n");
  EXPECT_EQ(
      merged("stats cachedump 1 0\r\n", {"ITEM a [1 b; 0 s]\r\nEND\r\n", "END\r\n", "ITEM b [1 b; 0 s]\r\nEND\r\n"}),
      "ITEM a [1 b; 0 s]\r\nITEM b [1 b; 0 s]\r\nEND\r\n");
  EXPECT_EQ(merged("stats detail dump\r\n", {"PREFIX a get 1\r\nEND\r\n", "PREFIX a get 2\r\nEND\r\n"}),
            "PREFIX a get 1\r\nPREFIX a get 2\r\nEND\r\n");
}

TEST_F(Stats, WhatIsDoneIsDoneByAll) {
  EXPECT_EQ(merged("stats reset\r\n", {"RESET\r\n", "RESET\r\n"}), "RESET\r\n");
  EXPECT_EQ(merged("stats detail on\r\n", {"OK\r\n", "OK\r\n"}), "OK\r\n");
  EXPECT_EQ(merged("stats nosuch\r\n", {"ERROR\r\n", "ERROR\r\n"}), "ERROR\r\n");
  EXPECT_EQ(merged("stats\r\n", {"STAT pid 1\r\nEND\r\n", "SERVER_ERROR out of memory writing stats\r\n"}),
            "SERVER_ERROR out of memory writing stats\r\n");
}

TEST_F(Stats, PacketsAreJoinedInTheSameWay) {
  auto stat = [](const std::string &key, const std::string &value) { return PacketText{0x10, key, value}.reply(); };
  const std::string end = PacketText{0x10}.reply();
  EXPECT_EQ(merged(PacketText{0x10}.text(), {stat("pid", "1") + stat("curr_items", "3") + end,
                                             stat("pid", "2") + stat("curr_items", "4") + end}),
            stat("pid", "1") + stat("curr_items", "7") + end);
  EXPECT_EQ(merged(PacketText{0x10, "settings"}.text(), {stat("maxbytes", "64") + end, stat("maxbytes", "64") + end}),
            stat("maxbytes", "64") + end);
  EXPECT_EQ(merged(PacketText{0x10, "reset"}.text(), {end, end}), end);
  const std::string dump = stat("detailed", "PREFIX a\r\nEND\r\n");
  EXPECT_EQ(merged(PacketText{0x10, "detail dump"}.text(), {dump + end, dump + end}), dump + dump + end);
}

TEST(StatsOfOneServer, AreItsOwn) {
  ProtocolDriver driver("memcache", "memcache", {}, 1);
  for (const char *line : {"stats\r\n", "stats conns\r\n", "stats reset\r\n"})
    EXPECT_EQ(driver.requests(line).list.at(0).req.route, WEIR_ROUTE_ANY);
}

}  // namespace
}  // namespace weir::test
