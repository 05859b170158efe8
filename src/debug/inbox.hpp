// Bytes that arrive while a command runs. A debugger's client may ask it to stop at any moment, so
// somebody must listen while the run goes on: a thread that reads, looks at what came, and puts it
// into a queue.
//
//   Inbox inbox(read, [&](std::string_view bytes) { if (asks_to_stop(bytes)) debugger.interrupt();
//   }); while (auto bytes = inbox.take()) ...
//
// `read` blocks, fills a part of the buffer, and answers 0 at the end. The destructor waits for the
// thread, so whoever made `read` must let it come to an end first.

#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>

namespace reprise::debug {

/// A client, wherever it is.
struct ClientWire {
  /// Waits, fills a part of the buffer, and answers 0 at the end.
  std::function<size_t(std::span<char>)> read;
  std::function<void(std::string_view)> write;
  /// From another thread: ends `read`.
  std::function<void()> hang_up;
};

class Inbox {
 public:
  Inbox(const ClientWire& wire, std::function<void(std::string_view)> arrived)
      : wire_(wire), arrived_(std::move(arrived)), thread_([this] { listen(); }) {}
  ~Inbox() {
    wire_.hang_up();
    thread_.join();
  }
  Inbox(const Inbox&) = delete;
  Inbox& operator=(const Inbox&) = delete;

  /// Waits for something; nothing when the other side has closed.
  std::optional<std::string> take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !queue_.empty() || closed_; });
    if (queue_.empty()) return std::nullopt;
    std::string bytes = std::move(queue_.front());
    queue_.pop_front();
    return bytes;
  }

 private:
  void listen() {
    char buffer[1 << 14];
    while (const size_t count = wire_.read(buffer)) {
      const std::string_view bytes(buffer, count);
      arrived_(bytes);
      const std::scoped_lock lock(mutex_);
      queue_.emplace_back(bytes);
      changed_.notify_one();
    }
    const std::scoped_lock lock(mutex_);
    closed_ = true;
    changed_.notify_one();
  }

  const ClientWire& wire_;
  std::function<void(std::string_view)> arrived_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> queue_;
  bool closed_ = false;
  std::thread thread_;  // the last: it uses all others
};

}  // namespace reprise::debug
