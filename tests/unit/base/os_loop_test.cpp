// The event loop, with a clock that jumps and with the machine's.

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <thread>

#include "base/os/loop.hpp"

namespace reprise::os {
namespace {

struct ManualLoop {
  ManualClock clock;
  std::unique_ptr<Poller> poller = manual_poller(clock);
  Loop loop{clock, *poller};
  Suspend suspend;
};

struct Pipe {
  Pipe() { EXPECT_EQ(pipe(fds.data()), 0); }
  ~Pipe() {
    close(fds[0]);
    close(fds[1]);
  }
  void put() { EXPECT_EQ(write(fds[1], "x", 1), 1); }
  std::array<int, 2> fds{};
};

TEST(Loop, IsIdleWithNothingToWaitFor) {
  ManualLoop m;
  EXPECT_TRUE(m.loop.idle());
  EXPECT_FALSE(m.loop.turn());
  EXPECT_FALSE(m.loop.poll());
}

TEST(Loop, TimersRunInOrderOfTimeThenAge) {
  ManualLoop m;
  std::string order;
  m.loop.at(20, [&] { order += 'c'; });
  m.loop.at(10, [&] { order += 'a'; });
  m.loop.at(10, [&] { order += 'b'; });
  EXPECT_TRUE(m.loop.turn());
  EXPECT_EQ(order, "ab");
  EXPECT_EQ(m.clock.now(), 10u);
  EXPECT_TRUE(m.loop.turn());
  EXPECT_EQ(order, "abc");
  EXPECT_TRUE(m.loop.idle());
}

TEST(Loop, ATimerThatIsDueWhenAddedRunsNextTurn) {
  ManualLoop m;
  int runs = 0;
  std::function<void()> again = [&] {
    if (++runs < 3) m.loop.at(0, again);
  };
  m.loop.at(0, again);
  EXPECT_TRUE(m.loop.turn());
  EXPECT_EQ(runs, 1);
  EXPECT_TRUE(m.loop.run_until([&] { return runs == 3; }));
}

TEST(Loop, CancelledCallbacksDoNotRun) {
  ManualLoop m;
  Pipe pipe;
  bool ran = false;
  const auto timer = m.loop.at(10, [&] { ran = true; });
  const auto watch = m.loop.when_ready(pipe.fds[0], Interest::read, [&] { ran = true; });
  m.loop.cancel(timer);
  m.loop.cancel(watch);
  m.loop.cancel(watch);
  EXPECT_TRUE(m.loop.idle());
  EXPECT_FALSE(ran);
}

TEST(Loop, ACallbackMayCancelAnother) {
  ManualLoop m;
  bool ran = false;
  Loop::WaitId second = 0;
  m.loop.at(10, [&] { m.loop.cancel(second); });
  second = m.loop.at(10, [&] { ran = true; });
  m.loop.turn();
  EXPECT_FALSE(ran);
}

TEST(Loop, WatchesDescriptors) {
  ManualLoop m;
  Pipe pipe;
  int reads = 0;
  m.loop.when_ready(pipe.fds[0], Interest::read, [&] { ++reads; });
  m.loop.poll();
  EXPECT_EQ(reads, 0);
  pipe.put();
  EXPECT_TRUE(m.loop.turn());
  EXPECT_EQ(reads, 1);
  EXPECT_TRUE(m.loop.idle());
}

TEST(Loop, CoroutinesSleep) {
  ManualLoop m;
  auto nap = [](ManualLoop& l) -> Task<uint64_t> {
    co_await l.loop.sleep_until(l.suspend, 1000);
    co_await l.loop.sleep_until(l.suspend, 500);  // past: does not wait
    co_return l.clock.now();
  };
  auto task = nap(m);
  EXPECT_TRUE(m.loop.run(task));
  EXPECT_EQ(task.take(), 1000u);
}

TEST(Loop, AWaitEndsAtTheFirstEvent) {
  ManualLoop m;
  Pipe pipe;
  Signal signal;
  auto wait = [](ManualLoop& l, Pipe& p, Signal& s) -> Task<uint64_t> {
    co_await l.loop.wait(l.suspend, WaitSet{}.readable(p.fds[0]).until(100).signal(s));
    co_return l.clock.now();
  };
  auto timed = wait(m, pipe, signal);
  EXPECT_TRUE(m.loop.run(timed));
  EXPECT_EQ(timed.take(), 100u);
  EXPECT_TRUE(m.loop.idle());  // the descriptor is no longer watched

  m.clock.advance(1);
  auto signalled = [](ManualLoop& l, Signal& s) -> Task<> {
    co_await l.loop.wait(l.suspend, WaitSet{}.signal(s));
  };
  auto second = signalled(m, signal);
  EXPECT_FALSE(second.start());
  EXPECT_TRUE(m.loop.idle());
  signal.notify();
  EXPECT_FALSE(second.done());  // never resumed from inside notify
  EXPECT_TRUE(m.loop.turn());
  EXPECT_TRUE(second.done());
}

TEST(Loop, DestroyingAWaiterTakesItsWaitsBack) {
  ManualLoop m;
  Pipe pipe;
  Signal signal;
  auto wait = [](ManualLoop& l, Pipe& p, Signal& s) -> Task<> {
    co_await l.loop.wait(l.suspend, WaitSet{}.readable(p.fds[0]).until(100).signal(s));
  };
  {
    auto task = wait(m, pipe, signal);
    EXPECT_FALSE(task.start());
    EXPECT_FALSE(m.loop.idle());
    signal.notify();
  }
  EXPECT_TRUE(m.loop.idle());
  signal.notify();
  EXPECT_FALSE(m.loop.turn());
}

TEST(Loop, ASignalThatDiesNotifies) {
  ManualLoop m;
  auto signal = std::make_unique<Signal>();
  auto wait = [](ManualLoop& l, Signal& s) -> Task<> {
    co_await l.loop.wait(l.suspend, WaitSet{}.signal(s));
  };
  auto task = wait(m, *signal);
  EXPECT_FALSE(task.start());
  signal.reset();
  EXPECT_TRUE(m.loop.run(task));
}

TEST(Loop, OtherThreadsPost) {
  auto clock = system_monotonic_clock();
  auto poller = system_poller();
  Loop loop(*clock, *poller);
  Pipe pipe;
  bool ran = false;
  // Something to sleep on, so that only the post can end the sleep.
  loop.when_ready(pipe.fds[0], Interest::read, [] {});
  std::thread other([&] { loop.post([&] { ran = true; }); });
  EXPECT_TRUE(loop.run_until([&] { return ran; }));
  other.join();
}

TEST(Loop, SleepsInRealTime) {
  auto clock = system_monotonic_clock();
  auto poller = system_poller();
  Loop loop(*clock, *poller);
  Suspend suspend;
  auto nap = [](Loop& l, Suspend& s) -> Task<> {
    co_await l.sleep_until(s, l.clock().now() + 5'000'000);
  };
  const uint64_t before = clock->now();
  auto task = nap(loop, suspend);
  EXPECT_TRUE(loop.run(task));
  EXPECT_GE(clock->now() - before, 5'000'000u);
}

}  // namespace
}  // namespace reprise::os
