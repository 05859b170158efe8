// Task<R>: work that may suspend.
//
// A Task is a lazily started coroutine that owns everything it was given. Nothing runs until it is
// awaited, started or run; dropping it at any suspension point cancels it, because destroying a
// coroutine frame destroys what lives in it, innermost first. There is one interface for both
// styles, in no colour:
//
//   Task<int> twice(Suspend& suspend, Timer& timer) {
//     co_await timer.sleep(suspend, std::chrono::milliseconds(10));
//     co_return 2;
//   }
//   int a = co_await twice(suspend, timer);       // inside another coroutine
//   std::optional<int> b = twice(suspend, timer).run_if_ready();  // nullopt: it wanted to wait
//
// run() is for programs without an event loop, on a Task whose result can hold an error. Whatever
// the task awaits of a store is refused before it begins, if something linked there may suspend.
//
// Frames come from the arena of the Suspend& (or Call<T>) among the coroutine's parameters
// (frame_arena.hpp). If there is no room for one, the Task has ended with an error of kind `limit`;
// where its result cannot hold one, taking it throws std::bad_alloc.
//
// A function that can suspend takes a Suspend&. One that has none cannot suspend, and need not be
// read with that in mind. Regions that must not be torn apart hold a NoSuspend guard; a suspension
// inside one is a defect of ours and ends the program with a message, in every build type.
//
// Thread rules: a Task is started, resumed and destroyed on the thread of the store it belongs to.

#pragma once

#include <concepts>
#include <coroutine>
#include <cstdint>
#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>

#include "reprise/frame_arena.hpp"
#include "reprise/outcome.hpp"

namespace reprise {

namespace detail {
[[noreturn]] void suspended_inside_no_suspend();
Error no_room_for_frame();
/// The task wanted to wait where nobody would have resumed it.
Error would_wait();
}  // namespace detail

/// The capability to suspend, with the arena for the frames of those who do. It is lent by whoever
/// drives the work (a store's call, an event loop), and outlives every coroutine that it was lent
/// to.
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

  FrameArena& frames() { return frames_; }

 private:
  friend class NoSuspend;
  uint32_t forbidden_ = 0;
  FrameArena frames_;
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

/// The arena of the first parameter that has one.
inline FrameArena* arena_of() {
  return nullptr;
}
template <class First, class... Rest>
FrameArena* arena_of(First& first, Rest&... rest) {
  if constexpr (std::same_as<First, Suspend>) {
    return &first.frames();
  } else if constexpr (requires {
                         { first.suspend() } -> std::same_as<Suspend&>;
                       }) {
    return &first.suspend().frames();
  } else {
    return arena_of(rest...);
  }
}

/// A std::expected whose error can be made of an Error.
template <class R>
inline constexpr bool can_fail = false;
template <class R, class E>
inline constexpr bool can_fail<std::expected<R, E>> = std::constructible_from<E, Error>;

struct TaskPromiseBase {
  std::coroutine_handle<> continuation = std::noop_coroutine();
  std::exception_ptr exception;
  /// It runs inside of run(): nobody would resume what waits.
  bool synchronous = false;

  template <class... A>
  static void* operator new(size_t size, A&... arguments) noexcept {
    FrameArena* const arena = arena_of(arguments...);
    return arena ? arena->allocate(size) : FrameArena::allocate_without_arena(size);
  }
  static void operator delete(void* frame) noexcept { FrameArena::release(frame); }

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
  static Task<R> get_return_object_on_allocation_failure() noexcept;
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
  static Task<void> get_return_object_on_allocation_failure() noexcept;
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
  /// One that has ended without ever having had a frame.
  static Task without_frame() noexcept {
    Task task;
    task.no_frame_ = true;
    return task;
  }
  Task(Task&& other) noexcept
      : handle_(std::exchange(other.handle_, {})),
        started_(other.started_),
        no_frame_(other.no_frame_) {}
  Task& operator=(Task&& other) noexcept {
    if (this != &other) {
      reset();
      handle_ = std::exchange(other.handle_, {});
      started_ = other.started_;
      no_frame_ = other.no_frame_;
    }
    return *this;
  }
  ~Task() { reset(); }

  /// Cancels: destroys the coroutine where it is suspended, with all that it awaits.
  void reset() {
    if (handle_) std::exchange(handle_, {}).destroy();
  }

  explicit operator bool() const { return handle_ || no_frame_; }
  bool done() const { return no_frame_ || (handle_ && handle_.done()); }

  /// Runs up to the first suspension. True when it is done already; otherwise whoever it waits for
  /// will resume it. A coroutine that awaits the Task afterwards continues from there.
  bool start() {
    if (no_frame_) return true;
    if (!started_) {
      started_ = true;
      handle_.resume();
    }
    return handle_.done();
  }

  /// Resumes `waiter` once the Task, which was started and is not done, is.
  void when_done(std::coroutine_handle<> waiter) { handle_.promise().continuation = waiter; }

  /// The value of a Task that is done. Rethrows what the coroutine threw.
  R take() {
    if (no_frame_) {
      if constexpr (detail::can_fail<R>)
        return std::unexpected(typename R::error_type(detail::no_room_for_frame()));
      throw std::bad_alloc();
    }
    return handle_.promise().take();
  }

  /// Runs the Task to its end. If it wants to wait all the same, it is cancelled, and that is the
  /// error.
  R run() &&
      requires(detail::can_fail<R>) {
        if (handle_) handle_.promise().synchronous = true;
        if (start()) return take();
        reset();
        return std::unexpected(typename R::error_type(detail::would_wait()));
      }

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
    bool await_ready() const noexcept { return task->done(); }
    template <class P>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<P> awaiting) noexcept {
      if constexpr (std::derived_from<P, detail::TaskPromiseBase>)
        task->handle_.promise().synchronous = awaiting.promise().synchronous;
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
  bool no_frame_ = false;
};

namespace detail {
template <class R>
Task<R> TaskPromise<R>::get_return_object() {
  return Task<R>(std::coroutine_handle<TaskPromise<R>>::from_promise(*this));
}
template <class R>
Task<R> TaskPromise<R>::get_return_object_on_allocation_failure() noexcept {
  return Task<R>::without_frame();
}
inline Task<void> TaskPromise<void>::get_return_object_on_allocation_failure() noexcept {
  return Task<void>::without_frame();
}
inline Task<void> TaskPromise<void>::get_return_object() {
  return Task<void>(std::coroutine_handle<TaskPromise<void>>::from_promise(*this));
}
}  // namespace detail

}  // namespace reprise
