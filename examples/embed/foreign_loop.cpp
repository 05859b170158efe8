// Driving stores from somebody else's loop: here plain epoll, which knows nothing of us. A
// host function waits in an awaitable that puts its coroutine where the loop finds it; the loop
// resumes it. start() begins an operation, and done() says when it has ended. A Scheduler lets
// the store ask the loop for what nobody else would do, such as to stop a guest that waits too
// long.

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <coroutine>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

#include "example.hpp"
#include "reprise/linker.hpp"

namespace {

constexpr std::string_view kModule = R"((module
  (import "host" "read" (func $read (result i32)))
  (func (export "run") (result i32) (i32.add (call $read) (call $read)))))";

/// The loop of another library.
class Epoll {
 public:
  /// Told when its descriptor can be read.
  class Source {
   public:
    virtual ~Source() = default;
    virtual void fire() = 0;
  };
  void add(int fd, Source* source) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = source;
    epoll_ctl(descriptor_, EPOLL_CTL_ADD, fd, &event);
  }
  void remove(int fd) { epoll_ctl(descriptor_, EPOLL_CTL_DEL, fd, nullptr); }

  Epoll() : descriptor_(epoll_create1(EPOLL_CLOEXEC)) {}
  ~Epoll() { close(descriptor_); }
  Epoll(const Epoll&) = delete;
  Epoll& operator=(const Epoll&) = delete;

  /// An awaitable: until the descriptor can be read. A coroutine that is cancelled is destroyed,
  /// and takes the wait back.
  class Readable final : public Source {
   public:
    Readable(Epoll& loop, reprise::Suspend& suspend, int fd)
        : loop_(loop), suspend_(suspend), fd_(fd) {}
    Readable(const Readable&) = delete;
    Readable& operator=(const Readable&) = delete;
    ~Readable() override { disarm(); }
    bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<> waiter) {
      suspend_.check();  // whoever really suspends asks first
      waiter_ = waiter;
      loop_.add(fd_, this);
    }
    void await_resume() {}
    void fire() override {
      disarm();
      std::exchange(waiter_, {}).resume();
    }

   private:
    void disarm() {
      if (waiter_) loop_.remove(fd_);
    }
    Epoll& loop_;
    reprise::Suspend& suspend_;
    int fd_;
    std::coroutine_handle<> waiter_;
  };
  Readable readable(reprise::Suspend& suspend, int fd) { return {*this, suspend, fd}; }

  void turn() {
    epoll_event event{};
    if (epoll_wait(descriptor_, &event, 1, -1) == 1) static_cast<Source*>(event.data.ptr)->fire();
  }

 private:
  int descriptor_;
};

/// What a store asks of a loop.
class EpollScheduler final : public reprise::Scheduler, private Epoll::Source {
 public:
  explicit EpollScheduler(Epoll& loop) : loop_(loop), wakeup_(eventfd(0, EFD_CLOEXEC)) {
    loop_.add(wakeup_, this);
  }
  ~EpollScheduler() override {
    loop_.remove(wakeup_);
    close(wakeup_);
  }
  EpollScheduler(const EpollScheduler&) = delete;
  EpollScheduler& operator=(const EpollScheduler&) = delete;

  /// From any thread.
  void post(std::move_only_function<void()> callback) override {
    {
      const std::lock_guard lock(mutex_);
      posted_.push_back(std::move(callback));
    }
    eventfd_write(wakeup_, 1);
  }
  reprise::Task<void> sleep(reprise::Suspend& suspend, std::chrono::nanoseconds time) override {
    return sleep_on(suspend, &loop_, time);
  }

 private:
  struct Timer {
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    ~Timer() { close(fd); }
  };
  static reprise::Task<void> sleep_on(reprise::Suspend& suspend, Epoll* loop,
                                      std::chrono::nanoseconds time) {
    if (time.count() <= 0) co_return;
    const Timer timer;
    itimerspec when{};
    when.it_value.tv_sec = time.count() / 1'000'000'000;
    when.it_value.tv_nsec = time.count() % 1'000'000'000;
    timerfd_settime(timer.fd, 0, &when, nullptr);
    co_await loop->readable(suspend, timer.fd);
  }
  void fire() override {
    eventfd_t count = 0;
    eventfd_read(wakeup_, &count);
    std::vector<std::move_only_function<void()>> batch;
    {
      const std::lock_guard lock(mutex_);
      batch.swap(posted_);
    }
    for (auto& callback : batch) callback();
  }

  Epoll& loop_;
  int wakeup_;
  std::mutex mutex_;
  std::vector<std::move_only_function<void()>> posted_;
};

struct App {
  Epoll* loop = nullptr;
  int pipe = -1;
};

reprise::Task<int32_t> read_byte(reprise::Call<App> call) {
  co_await call.data().loop->readable(call.suspend(), call.data().pipe);
  unsigned char byte = 0;
  if (read(call.data().pipe, &byte, 1) != 1) co_return -1;
  co_return byte;
}

}  // namespace

int main() {
  using namespace reprise;
  using example::need;
  int ends[2];
  if (pipe(ends) != 0) return 1;
  Epoll loop;
  const Engine engine = need(Engine::create());
  const Module module = need(Module::read(engine, kModule, "read.wat"));
  auto store = need(Store<App>::create(engine, App{&loop, ends[0]}));
  Linker<App> linker;
  need(linker.core_func("host", "read", read_byte));
  const CoreInstance instance = need(*linker.instantiate(store, module).run_if_ready());
  auto call = need(instance.func<int32_t()>("run")).call(store);

  std::thread writer([&] {
    const unsigned char bytes[] = {40, 2};
    for (const unsigned char& byte : bytes) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      if (write(ends[1], &byte, 1) != 1) return;
    }
  });
  int turns = 0;
  for (call.start(); !call.done(); ++turns) loop.turn();
  writer.join();
  std::printf("%d, after %d turns of epoll\n", need(call.take()), turns);

  // Nothing is written any more: the guest waits until it is stopped.
  need(store.set_scheduler(std::make_shared<EpollScheduler>(loop)));
  store.metering().set_timeout(std::chrono::milliseconds(20));
  auto waiting = need(instance.func<int32_t()>("run")).call(store);
  for (waiting.start(); !waiting.done();) loop.turn();
  std::printf("%s\n", waiting.take().error().to_string().c_str());
  close(ends[0]);
  close(ends[1]);
}
