#include "core/base/file_guard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace weir {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class FileGuardTest : public testing::Test {
 protected:
  FileGuardTest() { std::ofstream(path_) << "x"; }
  ~FileGuardTest() override { std::filesystem::remove(path_); }
  std::string fault(mode_t mode, Owners owners = Owners::trusted) {
    EXPECT_EQ(0, chmod(path_.c_str(), mode));
    return write_fault(path_, owners);
  }
  const std::string path_ = testing::TempDir() + "weir_file_guard_test." + std::to_string(getpid());
};

TEST_F(FileGuardTest, WhatOnlyItsOwnerWritesPasses) {
  EXPECT_EQ("", fault(0644));
  EXPECT_EQ("", fault(0755));
  EXPECT_EQ("", write_fault("/", Owners::trusted));
}

TEST_F(FileGuardTest, WhatEverybodyWritesDoesNot) {
  EXPECT_THAT(fault(0646), AllOf(HasSubstr("written by everybody"), HasSubstr("chmod o-w")));
  EXPECT_THAT(write_fault("/tmp", Owners::any), HasSubstr("written by everybody"));
}

TEST_F(FileGuardTest, WhatAGroupWritesDoesNotUnlessItIsTheOwnersOwn) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root to give files away";
  ASSERT_EQ(0, chown(path_.c_str(), 0, 12345));
  EXPECT_THAT(fault(0664), AllOf(HasSubstr("written by group 12345"), HasSubstr("chmod g-w")));
  EXPECT_EQ("", fault(0644));
  ASSERT_EQ(0, chown(path_.c_str(), 12345, 12345));
  EXPECT_EQ("", fault(0664, Owners::any));
}

TEST_F(FileGuardTest, WhatBelongsToSomebodyElseDoesNotWhereOwnersCount) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root to give files away";
  ASSERT_EQ(0, chown(path_.c_str(), 12345, 0));
  EXPECT_THAT(fault(0600), AllOf(HasSubstr("belongs to user 12345"), HasSubstr("chown")));
  EXPECT_EQ("", fault(0600, Owners::any));
}

TEST_F(FileGuardTest, WhatIsNoFileIsNotJudged) {
  EXPECT_EQ("", write_fault("/dev/null", Owners::any));
  EXPECT_EQ("", write_fault("/nonexistent", Owners::any));
}

}  // namespace
}  // namespace weir
