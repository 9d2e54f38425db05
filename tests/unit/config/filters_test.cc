// Filters of a pool: the list, the short form, the core's own key in each, and files they read.
#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/unit/config/loading.h"

namespace weir::config::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::vector<std::string> written(const Pool &pool) {
  std::vector<std::string> out;
  for (const FilterUse &filter : pool.filters) out.push_back(filter.path + " " + filter.name + " " + filter.on_error);
  return out;
}

TEST(Filters, StandInTheListOrUnderTheirNames) {
  Loaded loaded =
      load(weir_pool("    typed: [{level: 1}, {level: 2, on_error: continue}]\n"
                     "    loose: {on_error: continue, colour: green}\n"
                     "    filters: [loose, {use: typed, on_error: reject}]\n"));
  ASSERT_TRUE(loaded.settings) << loaded.complaints;
  EXPECT_THAT(written(loaded.pool()),
              ElementsAre("filters[0] loose reject", "filters[1] typed reject", "typed[0] typed reject",
                          "typed[1] typed continue", "loose loose continue"));
  const FilterUse &last = loaded.pool().filters[4];
  EXPECT_TRUE(last.goes_on());
  EXPECT_EQ(last.options->entries.size(), 1u) << "on_error is the core's own";
  EXPECT_EQ(last.place.line, 6);
}

TEST(Filters, AreComparedWithTheirOnErrorButNotWithTheirPlace) {
  auto pool = [](const std::string &lines) { return *load(weir_pool(lines)).settings; };
  Settings list = pool("    filters: [{use: typed, level: 1}]\n"), name = pool("    typed: {level: 1}\n");
  EXPECT_EQ(list.pools[0], name.pools[0]);
  Settings other = pool("    typed: {level: 1, on_error: continue}\n");
  EXPECT_NE(name.pools[0], other.pools[0]);
  EXPECT_THAT(differences(name, other, fixed_catalog()),
              ElementsAre("pool alpha: filters: without on_error: reject, with on_error: continue"));
}

TEST(Filters, AreToldWhatIsWrongAtTheirPlace) {
  struct Case {
    const char *lines, *said;
  };
  for (const Case &c : {
           Case{"    loose: {on_error: ignore}\n",
                "f:5: pools.alpha.loose.on_error: expected one of reject, continue, found \"ignore\"\n"},
           Case{"    filters: [{use: typed, on_error: [a]}]\n",
                "f:5: pools.alpha.filters[0].on_error: expected one of reject, continue, found a list\n"},
           Case{"    typed: fast\n",
                "f:5: pools.alpha.typed: expected a map with the keys of filter typed, or a list of these, found "
                "\"fast\"\n"},
           Case{"    typed: [{}, []]\n", "f:5: pools.alpha.typed[1]: expected a map with the keys of filter typed"},
           Case{"    typed: {use: loose}\n",
                "f:5: pools.alpha.typed.use: is not a key of filter typed, which has flag"},
           Case{"    typed:\n      - level: 1\n      - level: 11\n",
                "f:7: pools.alpha.typed[1].level: expected a number from -2 to 9, found \"11\"\n"},
           Case{"    typed: {on_eror: reject}\n",
                "f:5: pools.alpha.typed.on_eror: is not a key of filter typed, which has flag, level, label, mode, "
                "wait, room, names, extra, pin, path, on_error; did you mean on_error?\n"},
           Case{"    tpyed: {level: 1}\n", "f:5: pools.alpha.tpyed: is unknown, did you mean typed?\n"},
           Case{"    loose: [{}, {}, {}, {}, {}, {}, {}, {}, {}, {}]\n",
                "f:5: pools.alpha.loose[8]: is one too many: a pool has at most 8 filters\n"},
           Case{"    typed: {level: 1}\n    typed: {level: 2}\n", "f:6: pools.alpha.typed: is a duplicate"},
       }) {
    Loaded loaded = load(weir_pool(c.lines));
    EXPECT_FALSE(loaded.settings) << c.lines;
    EXPECT_THAT(loaded.complaints, StartsWith(c.said)) << c.lines;
  }
}

TEST(Filters, AreOnlyTheirsWhatNoComponentOfThePoolHas) {
  Catalog catalog = fixed_catalog();
  catalog.push_back({WEIR_K_FILTER, "redis_db", nullptr});
  Loaded key = load(weir_pool("    redis: true\n    redis_db: 3\n"), catalog);
  ASSERT_TRUE(key.settings) << key.complaints;
  EXPECT_TRUE(key.pool().filters.empty());
  Loaded filter = load(weir_pool("    redis: false\n    redis_db: {}\n"), catalog);
  ASSERT_TRUE(filter.settings) << filter.complaints;
  EXPECT_EQ(filter.pool().filters.size(), 1u);
}

TEST(Filters, ArePrintedAsOneListThatLoadsAgain) {
  Loaded loaded = load(weir_pool("    loose: {colour: green, on_error: continue}\n    filters: [loose]\n"));
  ASSERT_TRUE(loaded.settings) << loaded.complaints;
  std::string text = print(*loaded.settings, fixed_catalog());
  EXPECT_THAT(text, HasSubstr("    filters:\n"
                              "      - use: loose\n        on_error: reject\n"
                              "      - use: loose\n        on_error: continue\n        colour: green\n"));
  Loaded again = load(text);
  ASSERT_TRUE(again.settings) << again.complaints;
  EXPECT_EQ(again.pool().filters, loaded.pool().filters);
}

class FilesTest : public ::testing::Test {
 protected:
  FilesTest() : folder_(::testing::TempDir() + "weir_files_test." + std::to_string(getpid())) {
    std::filesystem::create_directories(folder_ + "/scripts");
  }
  ~FilesTest() override { std::filesystem::remove_all(folder_); }

  void write(const std::string &name, const std::string &text) { std::ofstream(folder_ + "/" + name) << text; }
  Loaded load_file(const std::string &lines) {
    write("weir.yml", weir_pool(lines));
    Loaded loaded;
    Complaints complaints;
    auto root = read_file(folder_ + "/weir.yml", complaints);
    if (root) loaded.settings = check(root, fixed_catalog(), complaints);
    loaded.complaints = complaints.text();
    return loaded;
  }
  const std::string folder_;
};

TEST_F(FilesTest, AreFoundFromTheConfigurationsFolder) {
  write("scripts/a.txt", "one");
  Loaded loaded = load_file("    typed: {path: scripts/a.txt}\n");
  ASSERT_TRUE(loaded.settings) << loaded.complaints;
  const Node &path = *loaded.pool().filters[0].options->find("path");
  EXPECT_EQ(std::filesystem::path(path.text), std::filesystem::path(folder_ + "/scripts/a.txt").lexically_normal());
  EXPECT_TRUE(path.quoted);
  Loaded absolute = load_file("    typed: {path: " + folder_ + "/scripts/../scripts/a.txt}\n");
  ASSERT_TRUE(absolute.settings) << absolute.complaints;
  EXPECT_EQ(absolute.pool(), loaded.pool());
}

TEST_F(FilesTest, MakeAPoolAnotherOneWhenTheyChange) {
  write("a.txt", "one");
  Settings before = *load_file("    typed: {path: a.txt}\n").settings;
  write("b.txt", "elsewhere");
  EXPECT_EQ(load_file("    typed: {path: a.txt}\n").pool(), before.pools[0]);
  write("a.txt", "two");
  Settings now = *load_file("    typed: {path: a.txt}\n").settings;
  EXPECT_NE(now.pools[0], before.pools[0]);
  EXPECT_THAT(differences(before, now, fixed_catalog()), ElementsAre("pool alpha: " + folder_ + "/a.txt has changed"));
}

TEST_F(FilesTest, ThatCannotBeReadAreComplainedAbout) {
  for (auto [path, said] : {std::pair{"none.txt", "/none.txt cannot be read: No such file or directory\n"},
                            std::pair{"scripts", "/scripts is no regular file\n"}}) {
    Loaded loaded = load_file(std::string("    typed: {level: 1,\n            path: ") + path + "}\n");
    EXPECT_THAT(loaded.complaints, StartsWith(folder_ + "/weir.yml:6: pools.alpha.typed.path: the file " + folder_));
    EXPECT_THAT(loaded.complaints, HasSubstr(said));
  }
  EXPECT_THAT(load_file("    typed: {path: [a]}\n").complaints, HasSubstr("expected the path of a file, found a list"));
  EXPECT_THAT(load_file("    typed: {path: ''}\n").complaints, HasSubstr("has no name"));
}

}  // namespace
}  // namespace weir::config::testing
