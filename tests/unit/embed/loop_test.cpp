// The EventLoop for what other threads do: a coroutine waits to be woken, is woken before it waits,
// is destroyed meanwhile, or nobody is left who could wake it.

#include "reprise/loop.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace reprise {
namespace {

using namespace std::chrono_literals;

class LoopTest : public testing::Test {
 protected:
  EventLoop loop_ = *EventLoop::create();
};

Task<int> answer_of_a_thread(EventLoop& loop, std::jthread& thread) {
  int answer = 0;
  co_await loop.until_woken(loop.suspend(), [&](Waker waker) {
    thread = std::jthread([&, waker = std::move(waker)]() mutable {
      std::this_thread::sleep_for(20ms);
      answer = 42;
      waker.wake();
    });
  });
  co_return answer;
}

TEST_F(LoopTest, ACoroutineWaitsForAnotherThread) {
  std::jthread thread;
  Task<int> task = answer_of_a_thread(loop_, thread);
  ASSERT_FALSE(task.start());
  while (!task.done()) ASSERT_TRUE(loop_.turn());
  EXPECT_EQ(task.take(), 42);
  EXPECT_FALSE(loop_.turn()) << "nothing is waited for any more";
}

Task<void> wait(EventLoop& loop, std::optional<Waker>& waker) {
  co_await loop.until_woken(loop.suspend(), [&](Waker given) { waker.emplace(std::move(given)); });
}

TEST_F(LoopTest, AWakerThatIsDroppedWakes) {
  std::optional<Waker> waker;
  Task<void> task = wait(loop_, waker);
  ASSERT_FALSE(task.start());
  EXPECT_FALSE(loop_.poll());
  waker.reset();
  EXPECT_FALSE(task.done()) << "not inside of the call that wakes it";
  EXPECT_TRUE(loop_.poll());
  EXPECT_TRUE(task.done());
}

TEST_F(LoopTest, WokenBeforeItWaits) {
  Task<void> task = [](EventLoop& loop) -> Task<void> {
    co_await loop.until_woken(loop.suspend(), [](Waker waker) { waker.wake(); });
  }(loop_);
  if (!task.start()) EXPECT_TRUE(loop_.turn());
  EXPECT_TRUE(task.done());
  EXPECT_FALSE(loop_.turn());
}

TEST_F(LoopTest, WhoWaitsIsDestroyed) {
  std::optional<Waker> waker;
  {
    Task<void> task = wait(loop_, waker);
    ASSERT_FALSE(task.start());
  }
  EXPECT_FALSE(loop_.turn()) << "nothing is waited for any more";
  waker->wake();
  EXPECT_TRUE(loop_.poll());
}

TEST_F(LoopTest, AWakerOutlivesTheLoop) {
  std::optional<Waker> waker;
  {
    EventLoop loop = *EventLoop::create();
    Task<void> task = wait(loop, waker);
    ASSERT_FALSE(task.start());
  }
  waker->wake();
}

}  // namespace
}  // namespace reprise
