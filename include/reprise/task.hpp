// Task<R>: work that may suspend.
//
// A Task is a lazily started coroutine that owns everything it was given. Nothing runs until it is
// awaited, started or run; dropping it at any suspension point cancels it, because destroying a
// coroutine frame destroys what lives in it, innermost first. There is one interface for both
// styles, in no colour:
//
//   Task<int> twice(Suspend& suspend, Timer& timer) {
//     co_await timer.sleep(suspend, 10ms);
//     co_return 2;
//   }
//   int a = co_await twice(suspend, timer);       // inside another coroutine
//   std::optional<int> b = twice(suspend, timer).run_if_ready();  // nullopt: it wanted to wait
//
// A function that can suspend takes a Suspend&. One that has none cannot suspend, and need not be
// read with that in mind. Regions that must not be torn apart hold a NoSuspend guard; a suspension
// inside one is a defect of ours and ends the program with a message, in every build type.
//
// Thread rules: a Task is started, resumed and destroyed on the thread of the store it belongs to.

#pragma once

#include <coroutine>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace reprise {

namespace detail {
[[noreturn]] void suspended_inside_no_suspend();
}

/// The capability to suspend. It is lent by whoever drives the work (a store's call, an event
/// loop).
class Suspend {
 public:
  Suspend() = default;
  Suspend(const Suspend&) = delete;
  Suspend& operator=(const Suspend&) = delete;

  /// Every awaitable that really suspends calls this first.
  void check() const {
    if (forbidden_ != 0) [[unlikely]]
      detail::suspended_inside_no_suspend();
  }

 private:
  friend class NoSuspend;
  uint32_t forbidden_ = 0;
};

/// Marks a region that must not suspend (a bulk operation, a table fill, a collection).
class NoSuspend {
 public:
  explicit NoSuspend(Suspend& suspend) : suspend_(suspend) { ++suspend_.forbidden_; }
  ~NoSuspend() { --suspend_.forbidden_; }
  NoSuspend(const NoSuspend&) = delete;
  NoSuspend& operator=(const NoSuspend&) = delete;

 private:
  Suspend& suspend_;
};

template <class R>
class Task;

namespace detail {

struct TaskPromiseBase {
  std::coroutine_handle<> continuation = std::noop_coroutine();
  std::exception_ptr exception;

  std::suspend_always initial_suspend() noexcept { return {}; }
  struct Final {
    bool await_ready() noexcept { return false; }
    template <class P>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<P> self) noexcept {
      return self.promise().continuation;
    }
    void await_resume() noexcept {}
  };
  Final final_suspend() noexcept { return {}; }
  void unhandled_exception() noexcept { exception = std::current_exception(); }
};

template <class R>
struct TaskPromise : TaskPromiseBase {
  std::optional<R> value;
  Task<R> get_return_object();
  template <class U>
  void return_value(U&& v) {
    value.emplace(std::forward<U>(v));
  }
  R take() {
    if (exception) std::rethrow_exception(exception);
    return std::move(*value);
  }
};

template <>
struct TaskPromise<void> : TaskPromiseBase {
  Task<void> get_return_object();
  void return_void() noexcept {}
  void take() {
    if (exception) std::rethrow_exception(exception);
  }
};

}  // namespace detail

template <class R = void>
class [[nodiscard("a Task does nothing until it is awaited or run")]] Task {
 public:
  using promise_type = detail::TaskPromise<R>;
  using value_type = R;
  using Handle = std::coroutine_handle<promise_type>;

  Task() = default;
  explicit Task(Handle handle) : handle_(handle) {}
  Task(Task&& other) noexcept
      : handle_(std::exchange(other.handle_, {})), started_(other.started_) {}
  Task& operator=(Task&& other) noexcept {
    if (this != &other) {
      reset();
      handle_ = std::exchange(other.handle_, {});
      started_ = other.started_;
    }
    return *this;
  }
  ~Task() { reset(); }

  /// Cancels: destroys the coroutine where it is suspended, with all that it awaits.
  void reset() {
    if (handle_) std::exchange(handle_, {}).destroy();
  }

  explicit operator bool() const { return static_cast<bool>(handle_); }
  bool done() const { return handle_ && handle_.done(); }

  /// Runs up to the first suspension. True when it is done already; otherwise whoever it waits for
  /// will resume it. A coroutine that awaits the Task afterwards continues from there.
  bool start() {
    if (!started_) {
      started_ = true;
      handle_.resume();
    }
    return handle_.done();
  }

  /// Resumes `waiter` once the Task, which was started and is not done, is.
  void when_done(std::coroutine_handle<> waiter) { handle_.promise().continuation = waiter; }

  /// The value of a Task that is done. Rethrows what the coroutine threw.
  R take() { return handle_.promise().take(); }

  /// Starts the Task; if it is not done at once, cancels it and gives nullopt.
  auto run_if_ready() && {
    using Value = std::conditional_t<std::is_void_v<R>, bool, std::optional<R>>;
    const bool ready = start();
    if constexpr (std::is_void_v<R>) {
      if (ready) take();
      if (!ready) reset();
      return Value{ready};
    } else {
      if (ready) return Value{take()};
      reset();
      return Value{};
    }
  }

  struct Awaiter {
    Task* task;
    bool await_ready() const noexcept { return task->handle_.done(); }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) noexcept {
      task->handle_.promise().continuation = awaiting;
      if (task->started_) return std::noop_coroutine();  // it is waiting for somebody else
      task->started_ = true;
      return task->handle_;
    }
    R await_resume() { return task->take(); }
  };
  Awaiter operator co_await() & noexcept { return {this}; }
  /// Awaiting a temporary: the Task lives in the awaiting frame until the full expression ends.
  Awaiter operator co_await() && noexcept { return {this}; }

 private:
  Handle handle_;
  bool started_ = false;
};

namespace detail {
template <class R>
Task<R> TaskPromise<R>::get_return_object() {
  return Task<R>(std::coroutine_handle<TaskPromise<R>>::from_promise(*this));
}
inline Task<void> TaskPromise<void>::get_return_object() {
  return Task<void>(std::coroutine_handle<TaskPromise<void>>::from_promise(*this));
}
}  // namespace detail

}  // namespace reprise
