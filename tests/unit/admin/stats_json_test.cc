#include "core/admin/stats_json.h"

#include <gtest/gtest.h>

#include "core/base/tags.h"

namespace weir::admin {
namespace {

TEST(StatsJson, HasTwemproxysBytes) {
  StatsBook book(2);
  auto of = [&](size_t writer) { return book.counters(writer, "alpha", {"10.0.0.1:6379"}); };
  book.page(0).total_connections.add(4);
  book.page(1).curr_connections.add(3);
  of(1).pool->client_connections.add(2);
  of(0).servers[0]->requests.add(10);
  of(1).servers[0]->requests.add(20);
  StatsNames names{"box", "9.9", {{"alpha", 0, {{"10.0.0.1:6379", 0}}}}};
  std::string own_of_pool, own_of_server;  // weir's, behind twemproxy's
  for (size_t i = kTwemproxysPoolMetrics; i < kPoolMetricCount; ++i) {
    own_of_pool += "\"" + std::string(kPoolMetrics[i].name) + "\":0, ";
  }
  for (size_t i = kTwemproxysServerMetrics; i < kServerMetricCount; ++i) {
    own_of_server += ", \"" + std::string(kServerMetrics[i].name) + "\":0";
  }
  EXPECT_EQ(stats_json(book, names, 12, 1700000000),
            "{\"service\":\"nutcracker\", \"source\":\"box\", \"version\":\"9.9\", \"uptime\":12, "
            "\"timestamp\":1700000000, \"total_connections\":4, \"curr_connections\":3, "
            "\"alpha\": {\"client_eof\":0, \"client_err\":0, \"client_connections\":2, \"server_ejects\":0, "
            "\"forward_error\":0, \"fragments\":0, " +
                own_of_pool +
                "\"10.0.0.1:6379\": {\"server_eof\":0, \"server_err\":0, \"server_timedout\":0, "
                "\"server_connections\":0, \"server_ejected_at\":0, \"requests\":30, \"request_bytes\":0, "
                "\"responses\":0, \"response_bytes\":0, \"in_queue\":0, \"in_queue_bytes\":0, \"out_queue\":0, "
                "\"out_queue_bytes\":0" +
                own_of_server + "}}}\n");
}

TEST(StatsJson, SeparatesServersAndPoolsWithABareComma) {
  StatsBook book(1);
  book.counters(0, "a", {"s", "t"});
  book.counters(0, "b", {"u"});
  StatsNames names{"box", "9.9", {{"a", 0, {{"s", 0}, {"t", 1}}}, {"b", 1, {{"u", 0}}}}};
  std::string json = stats_json(book, names, 0, 0);
  EXPECT_NE(json.find(":0},\"t\": {"), std::string::npos);
  EXPECT_NE(json.find(":0}},\"b\": {"), std::string::npos);
}

TEST(StatsJson, NamesCannotBreakIt) {
  StatsBook book(1);
  book.counters(0, "x", {"y"});
  StatsNames names{"b\"ox", "9.9", {{"po\\ol", 0, {{"a\", ", 0}}}}};
  std::string json = stats_json(book, names, 0, 0);
  EXPECT_NE(json.find("\"source\":\"b\\\"ox\", "), std::string::npos);
  EXPECT_NE(json.find("\"po\\\\ol\": {"), std::string::npos);
  EXPECT_NE(json.find("\"a\\\", \": {"), std::string::npos);
}

// As twemproxy would show it. With filters it is refused, but what they counted before a reload is still there.
TEST(StatsJson, AServerKeepsItsNameWhateverWasCounted) {
  StatsBook book(1);
  book.counters(0, "alpha", {"tags", "plugins"}).tags->cells("a").requests.add();
  StatsNames names{"box", "9.9", {{"alpha", 0, {{"tags", 0}, {"plugins", 1}}}}};
  std::string json = stats_json(book, names, 0, 0, [](const std::string &) -> std::vector<PluginNumbers> {
    return {{"lua", {{"hits", PluginNumber::Kind::counter, 4}}}};
  });
  for (const char *name : {"\"tags\": {\"server_eof\":", "\"plugins\": {\"server_eof\":"}) {
    EXPECT_NE(json.find(name), std::string::npos) << json;
  }
  EXPECT_EQ(json.find("hits"), std::string::npos);
  EXPECT_EQ(json.find("\"a\""), std::string::npos);
}

TEST(StatsJson, ShowsTagsAndWhatPluginsCountBehindTheServers) {
  StatsBook book(1);
  TagTable &tags = *book.counters(0, "alpha", {"s"}).tags;
  tags.cells("b\"\xff\xc3\xa4").requests.add(2);
  tags.cells("a").errors.add();
  tags.cells("a").latency_us.add(7);
  StatsNames names{"box", "9.9", {{"alpha", 0, {{"s", 0}}}}};
  auto spread = std::make_shared<HistogramSum>();
  Histogram one;
  one.add(3);
  one.add(5);
  spread->add(one);
  std::string asked;
  std::string json = stats_json(book, names, 0, 0, [&](const std::string &pool) -> std::vector<PluginNumbers> {
    asked = pool;
    return {{"lua", {{"hits", PluginNumber::Kind::counter, 4}, {"size", PluginNumber::Kind::histogram, 0, spread}}},
            {"lua#2", {{"level", PluginNumber::Kind::gauge, 9}}}};
  });
  EXPECT_EQ(asked, "alpha");
  std::string none = "{\"count\":0, \"sum\":0, \"max\":0, \"p50\":0, \"p90\":0, \"p99\":0, \"p999\":0}";
  std::string seven = "{\"count\":1, \"sum\":7, \"max\":7, \"p50\":7, \"p90\":7, \"p99\":7, \"p999\":7}";
  std::string two = "{\"count\":2, \"sum\":8, \"max\":5, \"p50\":3, \"p90\":5, \"p99\":5, \"p999\":5}";
  EXPECT_TRUE(json.ends_with("},\"tags\": {\"a\": {\"requests\":0, \"errors\":1, \"latency_us\": " + seven +
                             "},\"b\\\"\\\\xff\xc3\xa4\": {\"requests\":2, \"errors\":0, \"latency_us\": " + none +
                             "}},\"plugins\": {\"lua\": {\"hits\":4, \"size\": " + two +
                             "},\"lua#2\": {\"level\":9}}}}\n"))
      << json;
}

config::Settings settings_with(const std::vector<std::string> &servers) {
  config::Settings settings;
  config::Pool &pool = settings.pools.emplace_back();
  pool.name = "alpha";
  for (const std::string &name : servers) pool.servers.emplace_back().name = name;
  return settings;
}

TEST(StatsNames, ServersAreShownShortestFirstAndKeepTheirPlaces) {
  StatsBook book(1);
  StatsNames names = stats_names(settings_with({"zzz", "10.0.0.1", "b", "a"}), book);
  ASSERT_EQ(names.pools.size(), 1u);
  std::string order;
  for (const auto &server : names.pools[0].servers) order += server.name + "=" + std::to_string(server.place) + " ";
  EXPECT_EQ(order, "a=3 b=2 zzz=0 10.0.0.1=1 ");
}

}  // namespace
}  // namespace weir::admin
