// wasi:io 0.2: errors, pollables and byte streams.
//
// A resource is a thin owner: what it stands for lives in a shared object (Input, Output,
// Readiness), so that a pollable outlives the stream it was made from without harm, and a suspended
// call holds what it works on by value, not by reference into a table that may change meanwhile.
//
// Nothing here blocks except the functions that return a Task; those suspend on the event loop.

#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/os/files.hpp"
#include "base/os/loop.hpp"
#include "base/os/stdio.hpp"
#include "reprise/task.hpp"
#include "reprise/trap.hpp"

namespace reprise::wasi::p2 {

using ByteList = std::vector<uint8_t>;

/// Bytes that one `blocking-write-and-flush` takes (wasi:io/streams says 4096).
inline constexpr uint64_t kMaxBlockingWrite = 4096;
/// Bytes that one `read` gives at most.
inline constexpr uint64_t kMaxStreamRead = uint64_t{64} << 10;

/// resource error.
struct IoError {
  os::Errno code = os::Errno::io;
  std::string to_debug_string() const { return std::string(to_string(code)); }
};

/// variant stream-error: last-operation-failed if it holds an error, closed if not.
struct StreamFailure {
  std::optional<IoError> last_operation_failed;
};

template <class T>
using StreamResult = std::expected<T, StreamFailure>;

/// What a pollable waits for.
class Readiness {
 public:
  virtual ~Readiness() = default;
  virtual bool ready() = 0;
  /// Adds what will make it ready. Only called when it is not.
  virtual void add_to(os::WaitSet& set) = 0;
};

/// resource pollable.
struct Pollable {
  std::shared_ptr<Readiness> readiness;

  bool ready() const { return readiness->ready(); }
};

/// pollable.block.
Task<> block(Suspend& suspend, std::shared_ptr<os::Loop> loop,
             std::shared_ptr<Readiness> readiness);

/// wasi:io/poll.poll: the indices of those that are ready, ascending. Traps on an empty list.
Task<TrapOr<std::vector<uint32_t>>> poll(Suspend& suspend, std::shared_ptr<os::Loop> loop,
                                         std::vector<std::shared_ptr<Readiness>> list);

/// Ready from an instant of the loop's clock on: what wasi:clocks subscribes to.
std::shared_ptr<Readiness> timer(std::shared_ptr<os::Loop> loop, uint64_t instant);

/// The readable end behind an input-stream.
class Input : public Readiness {
 public:
  /// `read`: at most `length` bytes, none if none are there.
  StreamResult<ByteList> read(uint64_t length);
  /// `skip`.
  StreamResult<uint64_t> skip(uint64_t length);

 protected:
  /// Reads into a non-empty span; 0 at the end, Errno::would_block if it would.
  virtual os::Expected<size_t> read_some(std::span<uint8_t> out) = 0;

 private:
  bool closed_ = false;
};

/// The writable end behind an output-stream.
///
/// `check_write` permits only what the destination takes at once, so that a write goes straight
/// through. Should the destination take less after all (somebody else filled the pipe in between),
/// the rest is kept, and nothing more is permitted until it is gone.
class Output : public Readiness {
 public:
  StreamResult<uint64_t> check_write();
  /// Traps beyond what check_write permitted.
  TrapOr<StreamResult<void>> write(std::span<const uint8_t> contents);
  TrapOr<StreamResult<void>> write_zeroes(uint64_t length);
  /// Starts a flush, which is done when flushed().
  StreamResult<void> flush();
  bool flushed() const { return pending_.empty(); }

  bool ready() override;
  void add_to(os::WaitSet& set) override;

 protected:
  /// Bytes that write_some takes now without blocking; 0 if it would block.
  virtual uint64_t capacity() = 0;
  virtual os::Expected<size_t> write_some(std::span<const uint8_t> bytes) = 0;
  /// Only called when capacity() is 0.
  virtual void add_writable_to(os::WaitSet& set) = 0;

 private:
  void drain();
  std::optional<StreamFailure> failure();

  ByteList pending_;
  uint64_t permitted_ = 0;
  std::optional<os::Errno> error_;  // met, and not yet told
  bool closed_ = false;
};

/// resource input-stream.
struct InputStream {
  std::shared_ptr<Input> input;
  Pollable subscribe() const { return {input}; }
};

/// resource output-stream.
struct OutputStream {
  std::shared_ptr<Output> output;
  /// 1 and 2 for standard output and error, else 0.
  uint8_t standard = 0;
  Pollable subscribe() const { return {output}; }
};

Task<StreamResult<ByteList>> blocking_read(Suspend& suspend, std::shared_ptr<os::Loop> loop,
                                           std::shared_ptr<Input> input, uint64_t length);
Task<StreamResult<uint64_t>> blocking_skip(Suspend& suspend, std::shared_ptr<os::Loop> loop,
                                           std::shared_ptr<Input> input, uint64_t length);
Task<TrapOr<StreamResult<void>>> blocking_write_and_flush(Suspend& suspend,
                                                          std::shared_ptr<os::Loop> loop,
                                                          std::shared_ptr<Output> output,
                                                          ByteList contents);
Task<TrapOr<StreamResult<void>>> blocking_write_zeroes_and_flush(Suspend& suspend,
                                                                 std::shared_ptr<os::Loop> loop,
                                                                 std::shared_ptr<Output> output,
                                                                 uint64_t length);
Task<StreamResult<void>> blocking_flush(Suspend& suspend, std::shared_ptr<os::Loop> loop,
                                        std::shared_ptr<Output> output);
/// Told of the bytes that a splice has written: the guest does not see them.
using SpliceObserver = std::function<void(std::span<const uint8_t>)>;
StreamResult<uint64_t> splice(Output& output, Input& source, uint64_t length,
                              const SpliceObserver& observer = {});
Task<StreamResult<uint64_t>> blocking_splice(Suspend& suspend, std::shared_ptr<os::Loop> loop,
                                             std::shared_ptr<Output> output,
                                             std::shared_ptr<Input> source, uint64_t length,
                                             SpliceObserver observer = {});

/// Streams over standard streams and over files.
std::shared_ptr<Input> source_input(std::shared_ptr<os::Loop> loop,
                                    std::shared_ptr<os::ByteSource> source);
std::shared_ptr<Output> sink_output(std::shared_ptr<os::Loop> loop,
                                    std::shared_ptr<os::ByteSink> sink);
std::shared_ptr<Input> file_input(std::shared_ptr<os::Loop> loop, std::shared_ptr<os::File> file,
                                  uint64_t offset);
std::shared_ptr<Output> file_output(std::shared_ptr<os::Loop> loop, std::shared_ptr<os::File> file,
                                    uint64_t offset);
std::shared_ptr<Output> append_output(std::shared_ptr<os::Loop> loop,
                                      std::shared_ptr<os::File> file);

}  // namespace reprise::wasi::p2
