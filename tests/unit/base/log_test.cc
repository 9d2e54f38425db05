#include "core/base/log.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>
#include <vector>

namespace weir {
namespace {

std::atomic<int> wakes{0};

class LogTest : public testing::Test {
 protected:
  void SetUp() override {
    file_ = testing::TempDir() + "weir_log_test." + std::to_string(getpid());
    std::filesystem::remove(file_);
    ASSERT_TRUE(log::open(file_, 5));
    log::synchronous(true);
    log::on_pending(nullptr);
    wakes = 0;
  }
  void TearDown() override {
    log::synchronous(true);
    std::filesystem::remove(file_);
    std::filesystem::remove(file_ + ".1");
  }
  static std::string content(const std::string &file) {
    std::ifstream in(file);
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
  }
  std::string content() const { return content(file_); }
  std::string file_;
};

TEST_F(LogTest, ALineSaysWhenAndHowBad) {
  log::line(LogLevel::warn, "something odd");
  EXPECT_THAT(content(), testing::ContainsRegex("^\\[20..-..-.. ..:..:..\\....\\] warn   something odd\n$"));
}

TEST_F(LogTest, LinesThatBelongTogetherStayTogether) {
  log::lines(LogLevel::warn, "a: ", "first\n  second\rline\n");
  EXPECT_THAT(content(), testing::ContainsRegex("^.* warn   a: first\n.* warn   a:   second line\n.* warn   a: \n$"));
  log::synchronous(false);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([i] {
      for (int n = 0; n < 200; ++n) log::lines(LogLevel::warn, std::to_string(i) + "-", "one\ntwo\nthree");
    });
  }
  for (std::thread &thread : threads) thread.join();
  log::drain();
  std::istringstream all(content());
  std::string line;
  for (int skipped = 0; skipped < 3; ++skipped) std::getline(all, line);
  for (std::string two, three; std::getline(all, line) && std::getline(all, two) && std::getline(all, three);) {
    const std::string who = line.substr(line.size() - 5, 2);
    EXPECT_THAT(line, testing::EndsWith(who + "one"));
    EXPECT_THAT(two, testing::EndsWith(who + "two"));
    EXPECT_THAT(three, testing::EndsWith(who + "three"));
  }
}

TEST_F(LogTest, ManyLinesAtOnceAreBounded) {
  log::lines(LogLevel::warn, "", std::string(1000, '\n'));
  const std::string text = content();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 64);
}

TEST_F(LogTest, WhatIsAboveTheLevelIsNotWritten) {
  log::line(LogLevel::info, "quiet");
  EXPECT_EQ(content(), "");
  log::set_level(6);
  log::line(LogLevel::info, "loud");
  EXPECT_THAT(content(), testing::HasSubstr("loud"));
}

TEST_F(LogTest, TheLevelIsClamped) {
  log::set_level(99);
  EXPECT_EQ(log::level(), log::kMaxLevel);
  log::set_level(-1);
  EXPECT_EQ(log::level(), 0);
}

TEST_F(LogTest, ControlCharactersCannotForgeALine) {
  log::line(LogLevel::warn, "a\n[2030-01-01 00:00:00.000] crit   forged");
  std::string text = content();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
}

TEST_F(LogTest, LongLinesAreCut) {
  log::line(LogLevel::warn, std::string(100'000, 'x'));
  EXPECT_LT(content().size(), 1200u);
}

TEST_F(LogTest, LinesWaitForDrainAndWakeItOnce) {
  log::synchronous(false);
  log::on_pending([] { ++wakes; });
  log::line(LogLevel::warn, "one");
  log::line(LogLevel::warn, "two");
  EXPECT_EQ(content(), "");
  EXPECT_EQ(wakes, 1);
  log::drain();
  EXPECT_THAT(content(), testing::ContainsRegex("one\n.*two\n"));
  log::line(LogLevel::warn, "three");
  EXPECT_EQ(wakes, 2) << "after a drain the next line must wake again";
}

TEST_F(LogTest, WhatDoesNotFitIsCounted) {
  log::synchronous(false);
  std::string text(1000, 'x');
  for (size_t i = 0; i < log::kMaxPending / 1000 + 10; ++i) log::line(LogLevel::warn, text);
  log::drain();
  EXPECT_LE(content().size(), log::kMaxPending + 100);
  EXPECT_THAT(content(), testing::HasSubstr("log lines were dropped"));
}

TEST_F(LogTest, ReopenGoesOnInANewFileAfterARotation) {
  log::line(LogLevel::warn, "before");
  std::filesystem::rename(file_, file_ + ".1");
  log::line(LogLevel::warn, "still the old");
  ASSERT_TRUE(log::reopen());
  log::line(LogLevel::warn, "after");
  EXPECT_THAT(content(file_ + ".1"), testing::HasSubstr("still the old"));
  EXPECT_THAT(content(), testing::HasSubstr("after"));
  EXPECT_THAT(content(), testing::Not(testing::HasSubstr("before")));
}

TEST_F(LogTest, AFolderIsNoLogFile) {
  EXPECT_FALSE(log::open(testing::TempDir(), 5));
}

TEST_F(LogTest, WhatAFullDiskDoesNotTakeIsCountedAndSaidOnceItTakesSomethingAgain) {
  std::filesystem::create_symlink("/dev/full", file_ + ".1");
  ASSERT_TRUE(log::open(file_ + ".1", 5));
  log::line(LogLevel::warn, "lost");
  log::synchronous(false);
  for (int i = 0; i < 9; ++i) log::line(LogLevel::warn, "lost");
  log::drain();
  ASSERT_TRUE(log::open(file_, 5));  // there is room again
  log::line(LogLevel::warn, "one");
  log::line(LogLevel::warn, "two");
  log::drain();
  log::line(LogLevel::warn, "three");
  log::drain();
  std::string text = content();
  EXPECT_THAT(text, testing::ContainsRegex("error  10 log lines .*No space left on device\n.*one\n.*two\n.*three\n"));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 4) << "said once";
}

// A pipe that is nearly full takes a part of a line.
TEST_F(LogTest, ALineOfWhichOnlyAPartWasWrittenDoesNotRunIntoTheNext) {
  std::string fifo = file_ + ".1";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  int reader = ::open(fifo.c_str(), O_RDWR | O_NONBLOCK);
  ASSERT_GE(reader, 0);
  ASSERT_TRUE(log::open(fifo, 5));
  ::fcntl(log::descriptor(), F_SETFL, O_WRONLY | O_NONBLOCK);
  std::string lines(900, 'x');
  log::synchronous(false);
  for (int i = 0; i < 100; ++i) log::line(LogLevel::warn, lines);  // more than a pipe holds
  log::drain();
  std::string got;
  char bytes[4096];
  auto read_all = [&] {
    for (ssize_t n = 0; (n = ::read(reader, bytes, sizeof bytes)) > 0;) got.append(bytes, static_cast<size_t>(n));
  };
  read_all();
  ASSERT_FALSE(got.empty());
  ASSERT_NE(got.back(), '\n') << "this pipe takes whole lines only: the test says nothing";
  auto whole = std::count(got.begin(), got.end(), '\n');
  got.clear();
  log::line(LogLevel::warn, "after");
  log::drain();
  read_all();
  EXPECT_THAT(got, testing::StartsWith("\n["));
  EXPECT_THAT(got, testing::HasSubstr(" " + std::to_string(100 - whole) + " log lines"));
  EXPECT_THAT(got, testing::EndsWith("after\n"));
  ::close(reader);
}

TEST_F(LogTest, AFileThatCannotBeOpenedAgainLeavesTheOldOneInUse) {
  log::line(LogLevel::warn, "before");
  std::filesystem::rename(file_, file_ + ".1");
  std::filesystem::create_directory(file_);  // nothing can be written here
  EXPECT_FALSE(log::reopen());
  EXPECT_EQ(errno, EISDIR);
  log::line(LogLevel::warn, "after");
  EXPECT_THAT(content(file_ + ".1"), testing::ContainsRegex("before\n.*after\n"));
  std::filesystem::remove(file_);
  EXPECT_TRUE(log::reopen());
  log::line(LogLevel::warn, "anew");
  EXPECT_THAT(content(), testing::HasSubstr("anew"));
}

TEST_F(LogTest, ThreadsDoNotMixTheirLines) {
  log::synchronous(false);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([t] {
      for (int i = 0; i < 200; ++i)
        log::format(LogLevel::warn, "%s", std::string(50, static_cast<char>('a' + t)).c_str());
    });
  }
  for (auto &thread : threads) thread.join();
  log::drain();
  std::istringstream in(content());
  int lines = 0;
  for (std::string line; std::getline(in, line); ++lines) {
    std::string tail = line.substr(line.size() - 50);
    EXPECT_EQ(tail, std::string(50, tail[0]));
  }
  EXPECT_EQ(lines, 800);
}

}  // namespace
}  // namespace weir
