// Driving stores from somebody else's loop: here plain epoll, which knows nothing of us. A
// host function waits in an awaitable that puts its coroutine where the loop finds it; the loop
// resumes it. start() begins an operation, and done() says when it has ended. That is all.

#include <sys/epoll.h>
#include <unistd.h>

#include <coroutine>
#include <cstdint>
#include <thread>

#include "example.hpp"
#include "reprise/linker.hpp"

namespace {

constexpr std::string_view kModule = R"((module
  (import "host" "read" (func $read (result i32)))
  (func (export "run") (result i32) (i32.add (call $read) (call $read)))))";

/// The loop of another library.
class Epoll {
 public:
  Epoll() : descriptor_(epoll_create1(EPOLL_CLOEXEC)) {}
  ~Epoll() { close(descriptor_); }
  Epoll(const Epoll&) = delete;
  Epoll& operator=(const Epoll&) = delete;

  /// An awaitable: until the descriptor can be read. A coroutine that is cancelled is destroyed,
  /// and takes the wait back.
  class Readable {
   public:
    Readable(Epoll& loop, reprise::Suspend& suspend, int fd)
        : loop_(loop), suspend_(suspend), fd_(fd) {}
    Readable(const Readable&) = delete;
    Readable& operator=(const Readable&) = delete;
    ~Readable() { disarm(); }
    bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<> waiter) {
      suspend_.check();  // whoever really suspends asks first
      waiter_ = waiter;
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.ptr = this;
      epoll_ctl(loop_.descriptor_, EPOLL_CTL_ADD, fd_, &event);
    }
    void await_resume() {}
    void fire() {
      disarm();
      std::exchange(waiter_, {}).resume();
    }

   private:
    void disarm() {
      if (waiter_) epoll_ctl(loop_.descriptor_, EPOLL_CTL_DEL, fd_, nullptr);
    }
    Epoll& loop_;
    reprise::Suspend& suspend_;
    int fd_;
    std::coroutine_handle<> waiter_;
  };
  Readable readable(reprise::Suspend& suspend, int fd) { return {*this, suspend, fd}; }

  void turn() {
    epoll_event event{};
    if (epoll_wait(descriptor_, &event, 1, -1) == 1) static_cast<Readable*>(event.data.ptr)->fire();
  }

 private:
  int descriptor_;
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
  close(ends[0]);
  close(ends[1]);
}
