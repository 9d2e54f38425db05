#include "core/app/daemon.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <sstream>
#include <string>

namespace weir::app {
namespace {

std::string stream_target(int fd) {
  return std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd)).string();
}

// What the process finds around itself after daemonize(), one thing a line.
std::string surroundings() {
  std::ostringstream text;
  text << getpid() << "\n" << getsid(0) << "\n" << umask(0) << "\n";
  text << std::filesystem::current_path().string() << "\n";
  for (int fd : {0, 1, 2}) text << stream_target(fd) << "\n";
  return text.str();
}

TEST(Daemonize, LeavesAProcessOfItsOwn) {
  int report[2];
  ASSERT_EQ(pipe(report), 0);
  umask(022);
  pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    close(report[0]);
    auto launch = daemonize();
    std::string text = launch ? surroundings() : launch.error().text;
    if (launch) launch->succeeded();
    bool written = write(report[1], text.data(), text.size()) == static_cast<ssize_t>(text.size());
    _exit(written ? 0 : 1);
  }
  close(report[1]);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0) << "the process that was started ends with 0";
  std::string text;
  char piece[512];
  for (ssize_t n; (n = read(report[0], piece, sizeof piece)) > 0;) text.append(piece, static_cast<size_t>(n));
  close(report[0]);

  std::istringstream in(text);
  pid_t pid = 0, session = 0;
  int mask = -1;
  std::string folder, streams[3];
  in >> pid >> session >> mask >> folder >> streams[0] >> streams[1] >> streams[2];
  EXPECT_NE(pid, child);
  EXPECT_NE(pid, session) << "a session's leader could get a terminal again";
  EXPECT_NE(session, getsid(0));
  EXPECT_EQ(mask, 0);
  EXPECT_EQ(folder, std::filesystem::current_path().string());
  for (const std::string &stream : streams) EXPECT_EQ(stream, "/dev/null");
}

TEST(Daemonize, AStartThatFailsIsToldByTheProcessThatWasStarted) {
  int errors[2];
  ASSERT_EQ(pipe(errors), 0);
  pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    dup2(errors[1], STDERR_FILENO);
    auto launch = daemonize();
    if (launch) launch->failed("weir: the port is taken\n");
    _exit(0);
  }
  close(errors[1]);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 1);
  char text[256] = "";
  EXPECT_GT(read(errors[0], text, sizeof text - 1), 0);
  EXPECT_STREQ(text, "weir: the port is taken\n");
  close(errors[0]);
}

}  // namespace
}  // namespace weir::app
