// Messages that arrive while a command runs. A debugger's client may ask it to stop at any moment,
// so somebody must listen while the run goes on: a thread that reads, takes apart what came, looks
// at each message, and puts it into a queue. They are numbered from 1.
//
//   Inbox<MessageReader> inbox(wire, [&](uint64_t number, const std::string& message) {
//     if (asks_to_stop(message)) interruption.wanted_by(number);
//   });
//   while (auto arrived = inbox.take()) {
//     interruption.begin(arrived->number);
//     ...
//
// The destructor hangs up, and waits for the thread.

#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace reprise::debug {

/// A client, wherever it is.
struct ClientWire {
  /// Waits, fills a part of the buffer, and answers 0 at the end.
  std::function<size_t(std::span<char>)> read;
  std::function<void(std::string_view)> write;
  /// From another thread: ends `read`.
  std::function<void()> hang_up;
};

/// `Reader`: feed(bytes), next(), which gives a message if one has come whole, and is_broken(),
/// when nothing more can be read.
template <class Reader>
class Inbox {
 public:
  using Message = typename decltype(std::declval<Reader&>().next())::value_type;
  struct Arrived {
    uint64_t number = 0;
    Message message;
  };
  /// By the thread that listens, before the message can be taken.
  using Look = std::function<void(uint64_t number, const Message&)>;

  Inbox(const ClientWire& wire, Look look)
      : wire_(wire), look_(std::move(look)), thread_([this] { listen(); }) {}
  ~Inbox() {
    wire_.hang_up();
    thread_.join();
  }
  Inbox(const Inbox&) = delete;
  Inbox& operator=(const Inbox&) = delete;

  /// Waits for a message; nothing when no more will come.
  std::optional<Arrived> take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !queue_.empty() || closed_; });
    if (queue_.empty()) return std::nullopt;
    Arrived arrived = std::move(queue_.front());
    queue_.pop_front();
    return arrived;
  }

 private:
  void listen() {
    char buffer[1 << 14];
    while (const size_t count = reader_.is_broken() ? 0 : wire_.read(buffer)) {
      reader_.feed({buffer, count});
      while (auto message = reader_.next()) put({++number_, std::move(*message)});
    }
    const std::scoped_lock lock(mutex_);
    closed_ = true;
    changed_.notify_one();
  }

  void put(Arrived arrived) {
    look_(arrived.number, arrived.message);
    const std::scoped_lock lock(mutex_);
    queue_.push_back(std::move(arrived));
    changed_.notify_one();
  }

  const ClientWire& wire_;
  Look look_;
  Reader reader_;        // the thread's
  uint64_t number_ = 0;  // the thread's
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Arrived> queue_;
  bool closed_ = false;
  std::thread thread_;  // the last: it uses all others
};

}  // namespace reprise::debug
