#include "tests/support/servers/process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <iostream>
#include <stdexcept>

namespace weir::test {

std::string Ended::text() const {
  if (signal) return "signal " + std::to_string(signal) + " (" + strsignal(signal) + ")";
  return "exit code " + std::to_string(code);
}

Process::Process(std::string name, std::vector<std::string> argv, const std::string &dir)
    : name_(std::move(name)), out_(dir + "/" + name_ + ".out"), err_(dir + "/" + name_ + ".err") {
  spawn(argv);
}

void Process::spawn(const std::vector<std::string> &argv) {
  std::vector<char *> args;
  for (const std::string &a : argv) args.push_back(const_cast<char *>(a.c_str()));
  args.push_back(nullptr);
  int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC;
  int out = open(out_.c_str(), flags, 0600), err = open(err_.c_str(), flags, 0600);
  if (out < 0 || err < 0) throw std::runtime_error("cannot write " + out_ + ": " + strerror(errno));
  pid_t parent = getpid();
  pid_ = fork();
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(127);  // the test died in between
    dup2(out, 1);
    dup2(err, 2);
    execvp(args[0], args.data());
    dprintf(2, "cannot run %s: %s\n", args[0], strerror(errno));
    _exit(127);
  }
  close(out);
  close(err);
  if (pid_ < 0) throw std::runtime_error(std::string("fork: ") + strerror(errno));
}

Process::~Process() {
  if (running()) {
    signal(SIGCONT);
    signal(SIGKILL);
    wait();
  }
  if (!testing::Test::HasFailure()) return;
  auto tail = [](const std::string &text) {
    return text.size() > 8192 ? "..." + text.substr(text.size() - 8192) : text;
  };
  std::cerr << "---- " << name_ << ": " << ended_.value_or(Ended{}).text() << "\n" << tail(out()) << tail(err());
}

void Process::signal(int number) const {
  if (!ended_) kill(pid_, number);
}

std::optional<Ended> Process::wait(milliseconds within) {
  eventually(
      [&] {
        int status = 0;
        if (ended_) return true;
        if (waitpid(pid_, &status, WNOHANG) != pid_) return false;
        ended_ = WIFSIGNALED(status) ? Ended{-1, WTERMSIG(status)} : Ended{WEXITSTATUS(status), 0};
        return true;
      },
      within);
  return ended_;
}

std::string Process::sanitizer_report() const {
  std::string text = err();
  for (const char *mark : {"Sanitizer:", "runtime error:"}) {
    if (text.find(mark) != std::string::npos) return text;
  }
  return "";
}

Finished run(const std::vector<std::string> &argv) {
  TempDir dir;
  Process process("run", argv, dir.path());
  std::optional<Ended> ended = process.wait();
  if (!ended) throw std::runtime_error(argv[0] + " did not end in time; it printed: " + process.out() + process.err());
  return {*ended, process.out(), process.err()};
}

void adopt_orphans() {
  prctl(PR_SET_CHILD_SUBREAPER, 1);
}

}  // namespace weir::test
