// From text to a tree: places, syntax errors, and bounds.
#include <gmock/gmock.h>
#include <stdlib.h>
#include <unistd.h>

#include <fstream>

#include "tests/unit/config/loading.h"

namespace weir::config::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::shared_ptr<Node> tree(const std::string &text) {
  Complaints complaints;
  auto root = read_text(text, "f", complaints);
  EXPECT_TRUE(root) << complaints.text();
  return root;
}

TEST(Read, KnowsTheLineOfEveryKeyAndValue) {
  auto root = tree("a: 1\nb:\n  - x\n\n  - \"y\"\nc:\nd: e\n");
  ASSERT_EQ(root->entries.size(), 4u);
  EXPECT_EQ(root->entries[1].place.line, 2);
  EXPECT_EQ(root->entries[1].value->entries[1].value->place.line, 5);
  EXPECT_TRUE(root->entries[1].value->entries[1].value->quoted);
  EXPECT_EQ(root->entries[2].place.line, 6);
  EXPECT_EQ(root->entries[2].value->kind, Node::Kind::null);
  EXPECT_EQ(root->entries[2].value->place.line, 6) << "a missing value is where its key is";
  EXPECT_EQ(root->entries[3].value->place.file, "f");
}

TEST(Read, KeepsAKeyGivenTwice) {
  EXPECT_EQ(tree("a: 1\na: 2\n")->entries.size(), 2u);
}

TEST(Read, SaysWhereTheSyntaxIsWrong) {
  struct Case {
    const char *text;
    int line;
  };
  for (const Case &c : {Case{"a: 1\nb: [1, 2\n", 2}, Case{"a: 1\n  b: 2\n", 2}, Case{"a: *nowhere\n", 1},
                        Case{"a:\n  - 1\n b: 2\n", 3}, Case{"a: 1\nb: @x\n", 2}, Case{"a: 1\n\tb: 2\n", 2}}) {
    Complaints complaints;
    EXPECT_FALSE(read_text(c.text, "f", complaints)) << c.text;
    EXPECT_THAT(complaints.text(), StartsWith("f:" + std::to_string(c.line) + ": this is not YAML: ")) << c.text;
  }
}

TEST(Read, SaysThatATabCannotIndent) {
  Complaints complaints;
  EXPECT_FALSE(read_text("a:\n  b: 1\n\tc: 2\n", "f", complaints));
  EXPECT_THAT(complaints.text(), HasSubstr("line 3 is indented with a tab, YAML takes spaces only"));
  Complaints others;
  EXPECT_FALSE(read_text("a: 1\n  b: 2\n", "f", others));
  EXPECT_THAT(others.text(), Not(HasSubstr("tab")));
}

TEST(Read, RefusesSeveralDocuments) {
  EXPECT_TRUE(load("---\n" + nutcracker_pool("")).settings);
  EXPECT_THAT(load(nutcracker_pool("") + "---\nb: 1\n").complaints, HasSubstr("expected one YAML document, found 2"));
}

TEST(Read, RefusesWhatIsNotText) {
  EXPECT_THAT(load(std::string("a: 1\nb: \0", 9)).complaints,
              StartsWith("f:2: expected text, found a control character"));
  EXPECT_THAT(load("a: 1\n\x04").complaints, StartsWith("f:2: expected text, found a control character (byte 4)"));
  EXPECT_THAT(load("\xff\xfe"
                   "a")
                  .complaints,
              StartsWith("f:1: expected UTF-8, found UTF-16"));
}

TEST(Read, RefusesLargeFilesAndDeepNesting) {
  EXPECT_THAT(load(std::string((1 << 20) + 1, '#')).complaints,
              StartsWith("f: expected a configuration of at most 1 MiB"));
  for (const char *open : {"[", "{a: ", "- ", "? "}) {
    std::string deep;
    for (int i = 0; i < 100'000; ++i) deep.append(open);
    Loaded loaded = load(deep);
    EXPECT_FALSE(loaded.settings);
    EXPECT_FALSE(loaded.complaints.empty()) << open;
  }
  std::string bearable = std::string(32, '[') + std::string(32, ']');
  EXPECT_THAT(load(bearable).complaints, StartsWith("f:1: expected a map of keys"));
  EXPECT_THAT(load("[" + bearable + "]").complaints, StartsWith("f:1: nested deeper than 32 levels"));
}

TEST(Read, RefusesAliasesThatUnfoldWithoutEnd) {
  std::string laughs = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n";
  for (int i = 1; i < 12; ++i) {
    std::string before = "*a" + std::to_string(i - 1), name = "a" + std::to_string(i);
    laughs.append(name).append(": &").append(name).append(" [").append(before);
    for (int k = 0; k < 9; ++k) laughs.append(", ").append(before);
    laughs.append("]\n");
  }
  EXPECT_THAT(load(laughs).complaints, HasSubstr("more than 200000 values once aliases (*) are unfolded"));
  std::string wide = "a: &a \"" + std::string(100'000, 'x') + "\"\nb: [*a";
  for (int i = 0; i < 1000; ++i) wide.append(", *a");
  EXPECT_THAT(load(wide + "]\n").complaints, StartsWith("f:2: aliases (*) unfold to more than 1 MiB"));
  EXPECT_THAT(load("a: &a [*a]\n").complaints, StartsWith("f:1: "));
  std::string chain = "a0: &a0 [x]\n";
  for (int i = 1; i < 50; ++i) {
    chain.append("a" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) + "]\n");
  }
  EXPECT_THAT(load(chain).complaints, HasSubstr("aliases (*) nest deeper than 32 levels"));
}

TEST(Read, RefusesKeysThatAreNotText) {
  EXPECT_THAT(load("a: 1\n[1, 2]: x\n").complaints,
              HasSubstr("f:2: expected a key of plain text, found a list or map"));
  EXPECT_THAT(load("a: 1\n\"\": x\n").complaints, HasSubstr("f:2: expected a key before ':', found none"));
  EXPECT_EQ(tree("null: x\n")->entries.at(0).key, "null");
}

TEST(Read, ExplainsMergeKeys) {
  EXPECT_THAT(load("pools:\n  a: &a {listen: \"h:1\", servers: [\"h:1:1\"]}\n  b:\n    <<: *a\n").complaints,
              HasSubstr("f:4: pools.b.<<: is unknown; merge keys are not supported"));
}

TEST(Read, SaysWhyAFileCannotBeRead) {
  Complaints missing, folder;
  EXPECT_FALSE(read_file("/nonexistent/weir.yml", missing));
  EXPECT_EQ(missing.text(), "/nonexistent/weir.yml: the configuration cannot be read: No such file or directory\n");
  EXPECT_FALSE(read_file("/", folder));
  EXPECT_EQ(folder.text(), "/: the configuration cannot be read: Is a directory\n");
}

TEST(Read, ReadsAFileUnderItsName) {
  char path[] = "/tmp/weir_config_XXXXXX";
  int fd = mkstemp(path);
  ASSERT_GE(fd, 0);
  close(fd);
  std::ofstream(path) << "a: 1\n";
  Complaints complaints;
  auto root = read_file(path, complaints);
  unlink(path);
  ASSERT_TRUE(root) << complaints.text();
  EXPECT_EQ(root->entries.at(0).place.file, path);
}

}  // namespace
}  // namespace weir::config::testing
