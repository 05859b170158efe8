#include "reprise/task.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace reprise {
namespace {

/// Suspends until somebody calls fire().
struct Gate {
  std::coroutine_handle<> waiting;
  bool open = false;

  struct Awaiter {
    Gate& gate;
    bool await_ready() const { return gate.open; }
    void await_suspend(std::coroutine_handle<> h) { gate.waiting = h; }
    void await_resume() {}
  };
  Awaiter wait(Suspend& suspend) {
    suspend.check();
    return {*this};
  }
  void fire() {
    open = true;
    std::exchange(waiting, {}).resume();
  }
};

Task<int> after(Suspend& suspend, Gate& gate, int value) {
  co_await gate.wait(suspend);
  co_return value;
}

Task<int> sum(Suspend& suspend, Gate& a, Gate& b) {
  const int x = co_await after(suspend, a, 1);
  const int y = co_await after(suspend, b, 2);
  co_return x + y;
}

TEST(Task, IsLazyAndResumesTheAwaitingCoroutine) {
  Suspend suspend;
  Gate a, b;
  Task<int> task = sum(suspend, a, b);
  EXPECT_FALSE(a.waiting);
  EXPECT_FALSE(task.start());
  a.fire();
  EXPECT_FALSE(task.done());
  b.fire();
  ASSERT_TRUE(task.done());
  EXPECT_EQ(task.take(), 3);
}

TEST(Task, RunIfReady) {
  Suspend suspend;
  Gate open{.waiting = {}, .open = true}, shut;
  EXPECT_EQ(after(suspend, open, 5).run_if_ready(), 5);
  EXPECT_EQ(after(suspend, shut, 5).run_if_ready(), std::nullopt);
}

TEST(Task, CanBeAwaitedAfterItWasStarted) {
  Suspend suspend;
  Gate gate;
  Task<int> inner = after(suspend, gate, 7);
  EXPECT_FALSE(inner.start());
  auto outer = [](Task<int>& t) -> Task<int> { co_return co_await t + 1; }(inner);
  EXPECT_FALSE(outer.start());
  gate.fire();
  ASSERT_TRUE(outer.done());
  EXPECT_EQ(outer.take(), 8);
}

TEST(Task, DroppingDestroysWhatLivesInTheFrames) {
  struct Witness {
    std::vector<std::string>* log;
    const char* name;
    ~Witness() { log->push_back(name); }
  };
  std::vector<std::string> log;
  Suspend suspend;
  Gate gate;
  auto inner = [](Suspend& s, Gate& g, std::vector<std::string>* l) -> Task<> {
    Witness w{l, "inner"};
    co_await g.wait(s);
  };
  auto outer = [&](Suspend& s, Gate& g, std::vector<std::string>* l) -> Task<> {
    Witness w{l, "outer"};
    co_await inner(s, g, l);
  };
  {
    Task<> task = outer(suspend, gate, &log);
    EXPECT_FALSE(task.start());
    EXPECT_TRUE(log.empty());
  }
  EXPECT_EQ(log, (std::vector<std::string>{"inner", "outer"}));
}

TEST(Task, ExceptionsReachWhoeverTakesTheValue) {
  auto thrower = []() -> Task<int> {
    throw std::runtime_error("no");
    co_return 0;
  };
  Task<int> task = thrower();
  EXPECT_TRUE(task.start());
  EXPECT_THROW(task.take(), std::runtime_error);
}

TEST(TaskDeathTest, SuspendingInsideNoSuspendIsCaughtInEveryBuild) {
  Suspend suspend;
  NoSuspend guard(suspend);
  Gate gate;
  EXPECT_DEATH((void)after(suspend, gate, 1).start(), "NoSuspend");
}

}  // namespace
}  // namespace reprise
