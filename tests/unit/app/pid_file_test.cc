#include "core/app/pid_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

namespace weir::app {
namespace {

class PidFileTest : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::remove(path_); }
  void TearDown() override { std::filesystem::remove(path_); }
  std::string content() const {
    std::ifstream in(path_);
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
  }
  const std::string path_ = testing::TempDir() + "weir_pid_file_test." + std::to_string(getpid());
};

TEST_F(PidFileTest, HoldsThePidAndNothingElse) {
  umask(022);
  Result<PidFile> file = PidFile::write(path_);
  ASSERT_TRUE(file) << file.error().text;
  EXPECT_EQ(content(), std::to_string(getpid()));
  struct stat info {};
  ASSERT_EQ(stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777u, 0644u);
}

TEST_F(PidFileTest, IsRemovedAtTheEnd) {
  { auto file = PidFile::write(path_); }
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(PidFileTest, ReplacesALongerOldOne) {
  std::ofstream(path_) << "999999999999999999";
  auto file = PidFile::write(path_);
  EXPECT_EQ(content(), std::to_string(getpid()));
}

TEST_F(PidFileTest, IsNeverSeenEmptyWhileItIsReplaced) {
  std::ofstream(path_) << "1";
  std::ifstream reader(path_);  // has it open meanwhile
  auto file = PidFile::write(path_);
  std::string old;
  reader >> old;
  EXPECT_EQ(old, "1");
  EXPECT_EQ(content(), std::to_string(getpid()));
  for (const auto &entry : std::filesystem::directory_iterator(testing::TempDir())) {
    std::string found = entry.path();
    EXPECT_FALSE(found.starts_with(path_) && found != path_) << found << " is left behind";
  }
}

TEST_F(PidFileTest, ThatIsALinkStaysOne) {
  std::string target = path_ + "-target";
  std::filesystem::create_symlink(target, path_);
  auto file = PidFile::write(path_);
  EXPECT_TRUE(std::filesystem::is_symlink(path_));
  EXPECT_EQ(content(), std::to_string(getpid()));
  std::filesystem::remove(target);
}

TEST_F(PidFileTest, StaysWhenAnotherProcessHasTakenItOver) {
  {
    auto file = PidFile::write(path_);
    std::ofstream(path_) << "1";
  }
  EXPECT_EQ(content(), "1");
}

TEST_F(PidFileTest, OfAProxyThatRunsIsLeftAloneUnlessThatIsReplaced) {
  pid_t other = fork();  // a process of the same name
  if (other == 0) {
    pause();
    _exit(0);
  }
  std::ofstream(path_) << other << "\n";
  {
    auto refused = PidFile::write(path_);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().text, testing::HasSubstr("names process " + std::to_string(other)));
  }
  EXPECT_EQ(content(), std::to_string(other) + "\n");
  EXPECT_TRUE(PidFile::write(path_, other));
  std::ofstream(path_) << other << "\n";
  kill(other, SIGKILL);
  siginfo_t died;
  waitid(P_PID, static_cast<id_t>(other), &died, WEXITED | WNOWAIT);
  EXPECT_TRUE(PidFile::write(path_)) << "it has died, and nobody has asked after it";
  std::ofstream(path_) << other << "\n";
  waitpid(other, nullptr, 0);
  EXPECT_TRUE(PidFile::write(path_)) << "it is gone";
}

TEST_F(PidFileTest, WithTheNumberOfAnotherProgramIsOld) {
  std::ofstream(path_) << "1";
  EXPECT_TRUE(PidFile::write(path_));
}

TEST_F(PidFileTest, IsNotRemovedByAForkedChild) {
  std::optional<PidFile> file(std::move(*PidFile::write(path_)));
  pid_t child = fork();
  if (child == 0) {
    file.reset();
    _exit(0);
  }
  waitpid(child, nullptr, 0);
  EXPECT_TRUE(std::filesystem::exists(path_));
}

TEST_F(PidFileTest, SaysWhyItCannotBeWritten) {
  auto file = PidFile::write("/nonexistent/folder/weir.pid");
  ASSERT_FALSE(file);
  EXPECT_THAT(file.error().text, testing::HasSubstr("/nonexistent/folder/weir.pid"));
  EXPECT_THAT(file.error().text, testing::HasSubstr("No such file or directory"));
}

}  // namespace
}  // namespace weir::app
