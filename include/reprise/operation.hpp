// Operation<R>: something that a store was asked to do, and may have to wait for.
//
// It is lazy, owns what it was given, and is used in one of four ways; there is no second interface
// for those who wait and those who don't:
//
//   Outcome<int> a = co_await f.call(store, 1);            // in a coroutine
//   Outcome<int> b = f.call(store, 1).run();               // in a program without a loop
//   auto c = f.call(store, 1).run_if_ready();              // nullopt: it wanted to wait
//   Outcome<int> d = loop.run(f.call(store, 1));           // turns the loop meanwhile
//
// run() refuses before anything of the guest runs when something in the store may suspend (a host
// function that is a coroutine, an asynchronous limiter or hook), and names it. run_if_ready()
// starts all the same, and cancels if it comes to wait.
//
// Dropping an Operation cancels it: what is in flight is undone (a growth, a host call, an
// instantiation), what guest or host code has done already is not; an instance whose guest was in
// the middle of something is closed, and a recording says `cancelled`. Anybody may drop it, at any
// moment, but what runs inside of it: a host function cannot end the call that it is a part of
// (where that is seen, the program ends with a message).
//
// An Operation is no coroutine, and makes none unless it has to wait.
//
// Thread rules: on the store's thread. One that is made elsewhere fails, and touches nothing; to go
// on with one elsewhere, or to drop it there, ends the program with a message. It should be gone
// before its store; if it is not, the store cancels it, and nobody is told.

#pragma once

#include <coroutine>
#include <memory>
#include <optional>
#include <utility>

#include "reprise/host.hpp"
#include "reprise/outcome.hpp"
#include "reprise/task.hpp"

namespace reprise {

namespace detail {

/// There is nothing to take: it has not ended, or was cancelled or moved.
Error nothing_to_take();

/// What is behind an Operation, whatever its result is. See src/embed/work.hpp.
class Work {
 public:
  virtual ~Work() = default;
  /// Why nobody but a coroutine may run it.
  virtual Result<void> may_run() const = 0;
  /// Before start(): nobody will resume it, so what can do without suspending does.
  virtual void be_synchronous() = 0;
  /// Up to its end or its first wait. True: it is done.
  virtual bool start() = 0;
  virtual bool done() const = 0;
  virtual void when_done(std::coroutine_handle<> waiter) = 0;
  virtual std::optional<SuspensionPoint> waits_at() const = 0;
  /// Once it is done: why it has no result.
  virtual std::optional<Failure> take_failure() = 0;
};

}  // namespace detail

template <class R>
class [[nodiscard("an Operation does nothing until it is awaited or run")]] Operation {
 public:
  using value_type = Outcome<R>;
  /// Takes the result of work that has ended well.
  using Finish = Outcome<R> (*)(detail::Work&);

  Operation(std::unique_ptr<detail::Work> work, Finish finish)
      : work_(std::move(work)), finish_(finish) {}
  /// One that has failed before it began.
  explicit Operation(Failure failure) : refused_(std::move(failure)) {}
  Operation(Operation&&) noexcept = default;
  Operation& operator=(Operation&&) noexcept = default;

  /// Cancels. Afterwards it is done, and its result an error.
  void reset() { work_.reset(); }

  Outcome<R> run() && {
    if (work_ && !refuse_synchronous() && !start()) {
      reset();
      return std::unexpected(Failure(detail::would_wait()));
    }
    return take();
  }

  std::optional<Outcome<R>> run_if_ready() && {
    if (work_) work_->be_synchronous();
    if (start()) return take();
    reset();
    return std::nullopt;
  }

  /// Runs up to the first suspension. True when it is done.
  bool start() { return refused_ || !work_ || work_->start(); }
  bool done() const { return refused_ || !work_ || work_->done(); }
  /// Resumes `waiter` when it is done; it was started, and is not.
  void when_done(std::coroutine_handle<> waiter) { work_->when_done(waiter); }
  /// The result, once it is done.
  Outcome<R> take() {
    if (!refused_ && !(work_ && work_->done())) return std::unexpected(detail::nothing_to_take());
    if (!refused_) refused_ = work_->take_failure();
    if (refused_) return std::unexpected(*std::move(refused_));
    return finish_(*work_);
  }
  /// Which row of the table of suspension points it waits at, if it does.
  std::optional<SuspensionPoint> waits_at() const {
    return refused_ || !work_ ? std::nullopt : work_->waits_at();
  }

  class Awaiter {
   public:
    explicit Awaiter(Operation& operation) : operation_(operation) {}
    bool await_ready() const { return operation_.done(); }
    template <class P>
    bool await_suspend(std::coroutine_handle<P> awaiting) {
      if constexpr (std::derived_from<P, detail::TaskPromiseBase>) {
        if (awaiting.promise().synchronous && operation_.work_ && operation_.refuse_synchronous())
          return false;
      }
      if (operation_.start()) return false;
      operation_.when_done(awaiting);
      return true;
    }
    Outcome<R> await_resume() { return operation_.take(); }

   private:
    Operation& operation_;
  };
  Awaiter operator co_await() & { return Awaiter(*this); }
  /// A temporary lives in the awaiting frame until the full expression ends.
  Awaiter operator co_await() && { return Awaiter(*this); }

 private:
  /// True: it has failed because nobody here could resume it.
  bool refuse_synchronous() {
    if (refused_) return true;
    work_->be_synchronous();
    auto allowed = work_->may_run();
    if (!allowed) refused_ = Failure(std::move(allowed.error()));
    return refused_.has_value();
  }

  std::unique_ptr<detail::Work> work_;
  Finish finish_ = nullptr;
  std::optional<Failure> refused_;
};

}  // namespace reprise
