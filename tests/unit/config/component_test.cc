// Components: keys in their map and in the pool, checked against their schemas.
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "tests/unit/config/loading.h"

namespace weir::config::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(Component, GetsItsKeysFromTheMapAndFromThePool) {
  Loaded loaded = load(weir_pool("    protocol: {use: redis, mget_failure: close}\n    redis_auth: s3cret\n"));
  ASSERT_TRUE(loaded.settings) << loaded.complaints;
  const Node &options = *loaded.pool().protocol.options;
  EXPECT_EQ(options.kind, Node::Kind::map);
  ASSERT_EQ(options.entries.size(), 2u);
  EXPECT_EQ(options.find("mget_failure")->text, "close");
  EXPECT_EQ(options.find("redis_auth")->text, "s3cret");
  EXPECT_EQ(options.find("redis_auth")->place.line, 6);
}

TEST(Component, TakesAKeyFromOnePlaceOnly) {
  Loaded loaded = load(weir_pool("    protocol: {use: redis, redis_db: 1}\n    redis_db: 2\n"));
  EXPECT_EQ(loaded.complaints,
            "f:6: pools.alpha.redis_db: is also given in pools.alpha.protocol (line 5); keep one of both\n");
  Loaded one_line = load(
      "pools: {alpha: {listen: \"h:1\", servers: [\"h:1:1\"], protocol: {use: redis, redis_db: 1}, "
      "redis_db: 2}}\n");
  EXPECT_THAT(one_line.complaints, HasSubstr("is also given in pools.alpha.protocol"));
}

TEST(Component, HasItsValuesCheckedByItsSchema) {
  struct Case {
    const char *key, *said;
  };
  for (const Case &c : {
           Case{"flag: yes", "flag: expected true or false, found \"yes\"\n"},
           Case{"level: 10", "level: expected a number from -2 to 9, found \"10\"\n"},
           Case{"level: -3", "level: expected a number from -2 to 9, found \"-3\"\n"},
           Case{"level: x", "level: expected a number from -2 to 9, found \"x\"\n"},
           Case{"label: [a]", "label: expected text, found a list\n"},
           Case{"label:", "label: expected text, found nothing\n"},
           Case{"mode: fats", "mode: expected one of fast, slow, found \"fats\", did you mean fast?\n"},
           Case{"wait: 2 days", "wait: expected a duration like 250ms, 2s or 400 (milliseconds), found \"2 days\"\n"},
           Case{"room: big", "room: expected a size like 512k, 64m or 1g, found \"big\"\n"},
           Case{"names: a", "names: expected a list of texts, found \"a\"\n"},
           Case{"names: [[a]]", "names: expected a list of texts, found in it a list\n"},
           Case{"levle: 1",
                "levle: is not a key of filter typed, which has flag, level, label, mode, wait, room, names, "
                "extra, pin, path, on_error; did you mean level?\n"},
           Case{"level: 1, level: 2", "level: is a duplicate, first given in line 5; keep one of both\n"},
           Case{"extra: {a: 1, a: 2}", "extra.a: is a duplicate, first given in line 5; keep one of both\n"},
       }) {
    Loaded loaded = load(weir_pool(std::string("    filters: [{use: typed, ") + c.key + "}]\n"));
    EXPECT_FALSE(loaded.settings) << c.key;
    EXPECT_EQ(loaded.complaints, std::string("f:5: pools.alpha.filters[0].") + c.said);
  }
}

TEST(Component, AcceptsWhatItsSchemaAllows) {
  Loaded loaded =
      load(weir_pool("    filters: [{use: typed, flag: true, level: -2, label: 12, mode: slow, wait: 5, "
                     "room: 1g, names: [], extra: {a: [1]}, pin: 1}]\n"));
  ASSERT_TRUE(loaded.settings) << loaded.complaints;
  const Node &options = *loaded.pool().filters[0].options;
  EXPECT_TRUE(options.find("label")->quoted) << "a component asks for text";
  EXPECT_FALSE(options.find("level")->quoted);
}

TEST(Component, NeverHasASecretShown) {
  Loaded wrong =
      load(weir_pool("    redis_auth: [hunter2]\n    redis: true\n    filters: [{use: typed, pin: hunter2}]\n"));
  EXPECT_THAT(wrong.complaints, HasSubstr("redis_auth: expected text, {file: PATH} or {env: NAME}, found a list"));
  EXPECT_THAT(wrong.complaints, HasSubstr("filters[0].pin: expected a number from 0 to 9999, found another value"));
  EXPECT_THAT(wrong.complaints, Not(HasSubstr("hunter2")));
  for (const char *lines :
       {"    redis_auth: *hunter2\n", "    redis_auth: hunter2: x\n", "    redis_auth: 'hunter2\n",
        "    redis_auth: hunter2\n", "    redis_atuh: hunter2\n", "    redis_auth: {hunter2\n",
        "    redis_auth: \"hunter2\\q\"\n", "    redis_auth: @hunter2\n", "    redis_auth: !<hunter2\n"}) {
    Loaded loaded = load(weir_pool(lines));
    EXPECT_FALSE(loaded.settings) << lines;
    EXPECT_THAT(loaded.complaints, HasSubstr("f:")) << lines;
    EXPECT_THAT(loaded.complaints, Not(HasSubstr("hunter2"))) << lines;
  }
  EXPECT_THAT(load("pools:\n  alpha: hunter2\n").complaints, Not(HasSubstr("hunter2")));
}

TEST(Component, IsToldThatAPoolKeyBelongsToAnother) {
  EXPECT_EQ(load(weir_pool("    redis_auth: x\n")).complaints,
            "f:5: pools.alpha.redis_auth: is only valid with protocol redis\n");
  EXPECT_EQ(load(weir_pool("    redis_db: 0\n")).complaints,
            "f:5: pools.alpha.redis_db: is only valid with protocol redis\n");
}

TEST(Component, IsToldThatItsKeyStandsInTheWrongPlace) {
  EXPECT_EQ(
      load(weir_pool("    redis: true\n    mget_failure: close\n")).complaints,
      "f:6: pools.alpha.mget_failure: stands in the wrong place; write protocol: {use: redis, mget_failure: ...}\n");
}

TEST(Component, SuggestsKeysOfTheProtocolInUse) {
  EXPECT_EQ(load(weir_pool("    redis: true\n    redis_aut: x\n")).complaints,
            "f:6: pools.alpha.redis_aut: is unknown, did you mean redis_auth?\n");
  EXPECT_EQ(load(weir_pool("    reids: true\n")).complaints,
            "f:5: pools.alpha.reids: is unknown, did you mean redis?\n");
}

TEST(Component, WithoutASchemaTakesAnyKey) {
  Loaded loaded = load(weir_pool("    filters: [{use: loose, a: 1, b: [x]}]\n"));
  ASSERT_TRUE(loaded.settings) << loaded.complaints;
  EXPECT_EQ(loaded.pool().filters[0].options->entries.size(), 2u);
}

TEST(Component, HasNodesOfItsOwnBehindAnAlias) {
  Loaded loaded = load(weir_pool("    filters: [&f {use: loose, a: 1}, *f]\n"));
  ASSERT_TRUE(loaded.settings) << loaded.complaints;
  EXPECT_NE(loaded.pool().filters[0].options->find("a"), loaded.pool().filters[1].options->find("a"));
}

TEST(Component, MustBeNamed) {
  struct Case {
    const char *lines, *said;
  };
  for (const Case &c :
       {Case{"    hash: {seed: 1}\n",
             "f:5: pools.alpha.hash.use: is missing; write use: and one of fnv1a_64, fnv1_64, md5, crc32a, murmur\n"},
        Case{"    hash: {use: [md5]}\n", "f:5: pools.alpha.hash.use: expected a name, found a list; write use:"},
        Case{"    hash: [md5]\n",
             "f:5: pools.alpha.hash: expected a name, or a map like {use: name, key: value}, found a list\n"},
        Case{"    hash:\n",
             "f:5: pools.alpha.hash: expected a name, or a map like {use: name, key: value}, found nothing\n"},
        Case{"    hash: {use: md6}\n",
             "f:5: pools.alpha.hash.use: expected one of fnv1a_64, fnv1_64, md5, crc32a, "
             "murmur, found \"md6\", did you mean md5?\n"},
        Case{"    filters: [lua]\n",
             "f:5: pools.alpha.filters[0]: expected one of typed, loose, found \"lua\"; if it is a "
             "filter of its own, put its plugin into a plugin folder, or list the file under "
             "plugins: files:\n"}}) {
    Loaded loaded = load(weir_pool(c.lines));
    EXPECT_FALSE(loaded.settings);
    EXPECT_THAT(loaded.complaints, StartsWith(c.said));
  }
}

TEST(Component, ThatIsNotLoadedIsReportedWithTheRemedy) {
  Catalog none;
  std::string said = load(nutcracker_pool("  redis: true\n"), none).complaints;
  EXPECT_THAT(said, HasSubstr("f:1: pools.alpha.hash: is not given, and its default is not loaded: found \"fnv1a_64\", "
                              "but no plugin with a hash is loaded; put its plugin into a plugin folder"));
  EXPECT_THAT(said, HasSubstr("f:1: pools.alpha.protocol: is missing; no plugin with a protocol is loaded"));
  EXPECT_THAT(said, HasSubstr("f:4: pools.alpha.redis: is unknown"));
  EXPECT_THAT(said, HasSubstr("it may be a key of one"));
}

TEST(Component, FindsASecretInAFileOrInTheEnvironment) {
  const std::string file = ::testing::TempDir() + "weir_secret_test." + std::to_string(getpid());
  std::ofstream(file) << "from a file\n\n";
  chmod(file.c_str(), 0600);
  setenv("WEIR_SECRET_TEST", "from the environment", 1);
  auto secret = [](const std::string &where) {
    Loaded loaded = load(weir_pool("    redis: true\n    redis_auth: " + where + "\n"));
    EXPECT_EQ("", loaded.complaints);
    return loaded.settings ? loaded.pool().protocol.options->find("redis_auth")->text : "";
  };
  EXPECT_EQ(secret("{file: " + file + "}"), "from a file\n") << "one line end goes";
  EXPECT_EQ(secret("{env: WEIR_SECRET_TEST}"), "from the environment");
  std::remove(file.c_str());
}

TEST(Component, SaysWhyASecretIsNotFound) {
  struct Case {
    const char *where, *said;
  };
  for (const Case &c : {
           Case{"{file: /nonexistent}", "the file /nonexistent cannot be read: No such file or directory"},
           Case{"{file: /dev/null}", "the file /dev/null is no regular file"},
           Case{"{file: /proc/self/statm/}", "the file /proc/self/statm/ cannot be read: Not a directory"},
           Case{"{env: WEIR_NO_SUCH_VARIABLE}", "the environment has no variable WEIR_NO_SUCH_VARIABLE"},
           Case{"{env: [a]}", "expected {file: PATH} or {env: NAME}"},
           Case{"{vault: a}", "expected {file: PATH} or {env: NAME}, found the key vault"},
           Case{"{file: a, env: b}", "expected {file: PATH} or {env: NAME}"},
           Case{"[hunter2]", "expected text, {file: PATH} or {env: NAME}, found a list"},
       }) {
    Loaded loaded = load(weir_pool(std::string("    redis: true\n    redis_auth: ") + c.where + "\n"));
    EXPECT_EQ(loaded.complaints, std::string("f:6: pools.alpha.redis_auth: ") + c.said + "\n") << c.where;
  }
  Loaded loaded = load(weir_pool("    filters: [{use: typed, label: {env: HOME}}]\n"));
  EXPECT_THAT(loaded.complaints, HasSubstr("expected text, found a map")) << "it is no secret";
}

}  // namespace
}  // namespace weir::config::testing
