// Where a trace goes. A sink takes whole chunks, one after another, and says at which offset each
// came to lie. It is called by one thread at a time (the writer's own), may block, and may fail: a
// failure ends the recording, never the run that is being recorded.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "reprise/result.hpp"

namespace reprise::trace {

class Sink {
 public:
  virtual ~Sink() = default;
  /// Appends `header` and `payload` as one chunk and gives its offset. When it fails, nothing of
  /// the chunk should stay behind where that can be helped; readers cope if something does.
  virtual Result<uint64_t> append(Bytes header, Bytes payload) = 0;
  /// Asks for what was appended to survive a power failure. Called when a trace is closed.
  virtual Result<void> sync() { return ok(); }
};

/// Keeps the trace in memory, up to `limit` bytes. In blocks, so that nothing is copied again when
/// there is more of it.
class MemorySink : public Sink {
 public:
  explicit MemorySink(uint64_t limit = UINT64_MAX) : limit_(limit) {}
  Result<uint64_t> append(Bytes header, Bytes payload) override;
  /// A copy, taken safely while a writer is at work.
  std::vector<uint8_t> bytes() const;
  uint64_t size() const;
  std::vector<uint8_t> take();

 private:
  static constexpr size_t kBlock = 1 << 20;

  void add(Bytes bytes);
  std::vector<uint8_t> joined() const;

  mutable std::mutex mutex_;
  std::vector<std::vector<uint8_t>> blocks_;  // each with room for kBlock bytes
  uint64_t size_ = 0;
  uint64_t limit_;
};

/// Hands each chunk to a function.
class CallbackSink : public Sink {
 public:
  using Function = std::function<Result<void>(Bytes header, Bytes payload)>;
  explicit CallbackSink(Function function) : function_(std::move(function)) {}
  Result<uint64_t> append(Bytes header, Bytes payload) override;

 private:
  Function function_;
  uint64_t size_ = 0;
};

/// A file, readable and writable by its owner only. A regular file that stands there is replaced by
/// a new one (who reads the old one keeps it); a device or pipe is written to.
class FileSink : public Sink {
 public:
  static Result<std::unique_ptr<FileSink>> create(const std::string& path);
  ~FileSink() override;
  FileSink(const FileSink&) = delete;
  FileSink& operator=(const FileSink&) = delete;
  Result<uint64_t> append(Bytes header, Bytes payload) override;
  Result<void> sync() override;
  const std::string& path() const { return path_; }

 private:
  FileSink(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  int fd_;
  std::string path_;
  uint64_t size_ = 0;
};

/// Lets several writers (sessions) share one file: give each an own SharedSink over the same
/// target, and each writer an own stream number.
class SharedSink : public Sink {
 public:
  struct Target {
    explicit Target(std::unique_ptr<Sink> to) : sink(std::move(to)) {}
    std::mutex mutex;
    std::unique_ptr<Sink> sink;
  };
  explicit SharedSink(std::shared_ptr<Target> target) : target_(std::move(target)) {}
  Result<uint64_t> append(Bytes header, Bytes payload) override;
  Result<void> sync() override;

 private:
  std::shared_ptr<Target> target_;
};

}  // namespace reprise::trace
