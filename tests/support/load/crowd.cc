#include "tests/support/load/crowd.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <queue>

namespace weir::test {
namespace {

constexpr milliseconds kBeforeNextTry(50), kWithoutReading(3'000), kLookEvery(250);

}  // namespace

// What the members share, all in the crowd's thread.
struct Crowd::Loop {
  struct Due {
    Clock::time_point at;
    size_t member;
    bool operator>(const Due &other) const { return at > other.at; }
  };
  const Options &options;
  Tally &tally;
  std::mt19937 random;
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due = {};
  std::vector<char> block = std::vector<char>(1 << 18);
  size_t connected = 0;
  bool stopping = false;
  Clock::time_point now = Clock::now();

  ~Loop() { close(epoll); }
};

class Crowd::Member {
 public:
  Member(Loop &loop, const Habit &habit, size_t index, size_t number)
      : loop_(loop), habit_(habit), index_(index), name_(habit.name + std::to_string(number)) {
    rename();
    sleep(loop.options.ramp);
  }
  ~Member() { leave(false); }

  void timer();
  void look_after();
  bool timer_is(Clock::time_point at) const { return at == next_; }  // else it was set anew since
  void ready(uint32_t events);
  bool done() const { return fd_ < 0 || (loop_.stopping && talk_->open() == 0 && out_.empty()); }
  void stop();  // asks no more

 private:
  enum class State : uint8_t { away, connecting, working, ending };
  void rename();
  void open();
  void opened();
  void burst();
  void put_out();
  void take_in();
  void look_whether_done();
  void last_round();
  void leave(bool by_weir);
  void reset();
  void sleep(milliseconds about);
  void watch();
  void ask_once();

  Loop &loop_;
  const Habit &habit_;
  const size_t index_;
  const std::string name_;
  std::unique_ptr<Talk> talk_;
  State state_ = State::away;
  int fd_ = -1;
  uint32_t watched_ = 0;
  size_t rounds_left_ = 0;
  uint32_t generation_ = 0;
  std::string out_, in_;
  size_t sent_ = 0;
  Clock::time_point since_ = {};  // something was unanswered and nothing came
  Clock::time_point next_ = {};   // the timer that counts
};

// Who left requests behind comes back under another name when every answer has to be what was written last: the old
// ones may still be carried out.
void Crowd::Member::rename() {
  std::string name = generation_ == 0 ? name_ : name_ + "." + std::to_string(generation_);
  ++generation_;
  talk_ = std::make_unique<Talk>(loop_.options.language, name, loop_.options.judge, loop_.tally);
}

void Crowd::Member::sleep(milliseconds about) {
  milliseconds exact = about / 2;
  if (about.count() > 0) exact += milliseconds(loop_.random() % static_cast<unsigned long>(about.count()));
  next_ = loop_.now + exact;
  loop_.due.push({next_, index_});
}

void Crowd::Member::watch() {
  uint32_t wanted = EPOLLRDHUP;
  if (habit_.pace == Habit::Pace::reads_never) wanted = 0;
  if (state_ != State::connecting && habit_.pace != Habit::Pace::reads_never) wanted |= EPOLLIN;
  if (state_ == State::connecting || (sent_ < out_.size() && habit_.pace != Habit::Pace::trickles)) wanted |= EPOLLOUT;
  if (wanted == watched_) return;
  epoll_event event{.events = wanted, .data = {.u64 = index_}};
  epoll_ctl(loop_.epoll, EPOLL_CTL_MOD, fd_, &event);
  watched_ = wanted;
}

void Crowd::Member::open() {
  fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd_ < 0) {
    loop_.tally.breach(std::string("a client has no socket: ") + strerror(errno));
    return sleep(milliseconds(1'000));
  }
  int one = 1, few = 4'096;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (habit_.pace == Habit::Pace::reads_never) setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &few, sizeof few);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(loop_.options.port);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  state_ = State::connecting;
  watched_ = 0;
  since_ = loop_.now;
  ++loop_.connected;
  ++loop_.tally.connects;
  if (connect(fd_, reinterpret_cast<sockaddr *>(&at), sizeof at) < 0 && errno != EINPROGRESS) {
    ++loop_.tally.refused;
    return leave(false);
  }
  epoll_event event{.events = EPOLLOUT, .data = {.u64 = index_}};
  epoll_ctl(loop_.epoll, EPOLL_CTL_ADD, fd_, &event);
  watched_ = EPOLLOUT;
}

void Crowd::Member::opened() {
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) {
    ++loop_.tally.refused;
    loop_.tally.breach("a client could not connect: " + std::string(strerror(error)));
    return leave(false);
  }
  state_ = State::working;
  rounds_left_ = habit_.rounds == 0 ? 0 : 1 + loop_.random() % (2 * habit_.rounds);
  watch();
  if (loop_.stopping) return leave(false);
  sleep(habit_.pause);
}

void Crowd::Member::ask_once() {
  std::mt19937 &random = loop_.random;
  static const Ask kMix[] = {Ask::get, Ask::get, Ask::get, Ask::get, Ask::set, Ask::set, Ask::set, Ask::count};
  static const Ask kMany[] = {Ask::get_many, Ask::get_many, Ask::get_many, Ask::set_many, Ask::remove};
  Ask kind = kMix[random() % std::size(kMix)];
  if (habit_.keys > 1 && random() % 3 == 0) kind = kMany[random() % std::size(kMany)];
  if (random() % 20 == 0) kind = Ask::set_silently;
  talk_->ask(kind, 1 + random() % std::max<size_t>(habit_.keys, 1), habit_.value, random, out_);
}

void Crowd::Member::burst() {
  since_ = loop_.now;
  size_t n = 1 + loop_.random() % std::max<size_t>(habit_.burst, 1);
  while (n-- > 0) ask_once();
  put_out();
  if (fd_ < 0) return;
  bool last = habit_.rounds != 0 && --rounds_left_ == 0;
  if (habit_.pace == Habit::Pace::reads_never) return sleep(kWithoutReading);
  if (habit_.pace == Habit::Pace::trickles) return sleep(milliseconds(1));
  if (last) last_round();
  if (fd_ >= 0) look_whether_done();
}

void Crowd::Member::last_round() {
  switch (habit_.leaves) {
    case Habit::Leaves::at_once:
      return leave(false);
    case Habit::Leaves::vanishes: {
      out_ = loop_.options.language == Language::redis ? "*3\r\n$3\r\nSET\r\n$100\r\nhalf" : "set half 0 0 1000\r\nhal";
      sent_ = 0;
      put_out();
      return reset();
    }
    case Habit::Leaves::halfway:
      if (sent_ == out_.size()) shutdown(fd_, SHUT_WR), state_ = State::ending;
      break;
    case Habit::Leaves::never:
    case Habit::Leaves::politely:
      break;
  }
}

void Crowd::Member::put_out() {
  while (sent_ < out_.size()) {
    size_t len = habit_.pace == Habit::Pace::trickles ? 1 : out_.size() - sent_;
    ssize_t n = send(fd_, out_.data() + sent_, len, MSG_NOSIGNAL);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) break;
    if (n < 0) return leave(true);
    sent_ += static_cast<size_t>(n);
    if (habit_.pace == Habit::Pace::trickles) break;
  }
  if (sent_ == out_.size()) out_.clear(), sent_ = 0;
  watch();
}

void Crowd::Member::take_in() {
  for (int reads = 0; reads < 16; ++reads) {
    ssize_t n = recv(fd_, loop_.block.data(), loop_.block.size(), 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) return leave(true);
    since_ = loop_.now;
    in_.append(loop_.block.data(), static_cast<size_t>(n));
    size_t used = talk_->hear(in_);
    if (used == std::string::npos) return reset();
    in_.erase(0, used);
    look_whether_done();
    if (fd_ < 0 || static_cast<size_t>(n) < loop_.block.size()) return;
  }
}

void Crowd::Member::look_whether_done() {
  if (talk_->open() > 0 || !out_.empty()) return;
  if (state_ == State::ending) return;  // weir closes now
  bool last = habit_.rounds != 0 && rounds_left_ == 0;
  if (loop_.stopping || (last && habit_.leaves == Habit::Leaves::politely)) return leave(false);
  if (last) rounds_left_ = 1;
  sleep(habit_.pause);
}

void Crowd::Member::leave(bool by_weir) {
  if (fd_ < 0) return;
  bool asked_for = state_ == State::ending || (by_weir && habit_.pace == Habit::Pace::reads_never);
  if (state_ == State::ending && by_weir && talk_->open() > 0 && in_.empty()) {
    loop_.tally.breach(name_ + " half closed, and did not get all its answers: " + talk_->oldest());
  }
  bool left_behind = talk_->open() > 0;
  talk_->cut_off(by_weir && !asked_for, !in_.empty());
  if (left_behind && loop_.options.judge == Judge::strict) rename();
  close(fd_);
  fd_ = -1;
  --loop_.connected;
  state_ = State::away;
  out_.clear();
  in_.clear();
  sent_ = 0;
  sleep(kBeforeNextTry);
}

void Crowd::Member::reset() {
  if (fd_ < 0) return;
  linger now{1, 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  leave(false);
}

// Now and then: whether something has been waited for too long.
void Crowd::Member::look_after() {
  bool waits = fd_ >= 0 && state_ != State::away && habit_.pace != Habit::Pace::reads_never;
  if (!waits || loop_.now - since_ < loop_.options.stuck_after) return;
  if (state_ == State::connecting) {
    loop_.tally.breach(name_ + " was not let in");
  } else if (talk_->open() > 0) {
    loop_.tally.breach("no answer in time to " + talk_->oldest());
  } else if (state_ == State::ending) {
    loop_.tally.breach(name_ + " half closed, and weir never closed");
  } else {
    return;
  }
  reset();
}

void Crowd::Member::timer() {
  if (state_ == State::away && !loop_.stopping) return open();
  if (state_ != State::working) return;
  if (habit_.pace == Habit::Pace::reads_never && talk_->open() > 0) return reset();
  if (talk_->open() == 0 && out_.empty()) return loop_.stopping ? leave(false) : burst();
  if (habit_.pace != Habit::Pace::trickles || out_.empty()) return;
  put_out();
  if (fd_ < 0) return;
  sleep(milliseconds(1));
  if (out_.empty()) look_whether_done();
}

void Crowd::Member::ready(uint32_t events) {
  if (fd_ < 0) return;
  if (state_ == State::connecting) return opened();
  if ((events & EPOLLOUT) != 0) {
    put_out();
    if (fd_ >= 0) look_whether_done();
  }
  if (fd_ >= 0 && (events & ~static_cast<uint32_t>(EPOLLOUT)) != 0) {
    if (habit_.pace == Habit::Pace::reads_never) return leave(true);
    take_in();
  }
}

void Crowd::Member::stop() {
  if (fd_ < 0) return;
  if (state_ == State::connecting || habit_.pace == Habit::Pace::reads_never) return reset();
  if (talk_->open() == 0 && out_.empty()) leave(false);
}

// ---- the crowd -------------------------------------------------------------------------------------------

Crowd::Crowd(Options options, std::vector<Habit> habits) : options_(options), habits_(std::move(habits)) {
  thread_ = std::thread([this] { run(); });
}

Crowd::~Crowd() {
  if (thread_.joinable()) stop();
}

void Crowd::run() {
  Loop loop{.options = options_, .tally = tally_, .random = std::mt19937(options_.seed)};
  std::vector<std::unique_ptr<Member>> members;
  for (const Habit &habit : habits_) {
    for (size_t i = 0; i < habit.clients; ++i) {
      members.push_back(std::make_unique<Member>(loop, habit, members.size(), i));
    }
  }
  std::vector<epoll_event> events(512);
  Clock::time_point looked = loop.now;
  for (;;) {
    long wait = 20;
    if (!loop.due.empty()) {
      wait = std::chrono::duration_cast<milliseconds>(loop.due.top().at - Clock::now()).count() + 1;
    }
    int n = epoll_wait(loop.epoll, events.data(), static_cast<int>(events.size()),
                       std::clamp(static_cast<int>(wait), 0, 20));
    loop.now = Clock::now();
    for (int i = 0; i < n; ++i)
      members[events[static_cast<size_t>(i)].data.u64]->ready(events[static_cast<size_t>(i)].events);
    for (int turns = 0; turns < 2'000 && !loop.due.empty() && loop.due.top().at <= loop.now; ++turns) {
      Loop::Due due = loop.due.top();
      loop.due.pop();
      if (members[due.member]->timer_is(due.at)) members[due.member]->timer();
    }
    if (loop.now - looked > kLookEvery) {
      looked = loop.now;
      for (auto &m : members) m->look_after();
    }
    right_ = tally_.right;
    answered_ = tally_.right + tally_.failed;
    connected_ = loop.connected;
    breaches_ = tally_.breaches;
    if (stopping_ && !loop.stopping) {
      loop.stopping = true;
      for (auto &m : members) m->stop();
    }
    if (loop.stopping && std::all_of(members.begin(), members.end(), [](const auto &m) { return m->done(); })) break;
  }
  members.clear();
  connected_ = 0;
}

bool Crowd::progresses(uint64_t n, milliseconds within) const {
  uint64_t from = right();
  return eventually([&] { return right() >= from + n; }, within);
}

Tally Crowd::stop() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
  return tally_;
}

}  // namespace weir::test
