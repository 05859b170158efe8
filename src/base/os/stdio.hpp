// Byte streams with the outside: standard input, output and error.
//
// Neither kind blocks: a read that finds nothing says `would_block`, and whoever wants to wait asks
// the event loop about `wait_fd()`. The inherited descriptors are shared with other processes, so
// their flags are left alone; readiness is asked of the kernel before each operation instead, and a
// write to a pipe never exceeds what a ready pipe takes whole.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/os/errno.hpp"

namespace reprise::os {

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  /// Reads at most out.size() bytes; 0 means the end of input (for a non-empty `out`).
  /// Errno::would_block when nothing is there yet.
  virtual Expected<size_t> read(std::span<uint8_t> out) = 0;
  /// What to wait on for reading; none when a read never says would_block.
  virtual std::optional<int> wait_fd() const { return std::nullopt; }
  virtual bool is_terminal() const { return false; }
};

class ByteSink {
 public:
  virtual ~ByteSink() = default;
  /// Writes some of `bytes`, at least one if there are any, and says how many.
  /// Errno::would_block when none can be taken now.
  virtual Expected<size_t> write(std::span<const uint8_t> bytes) = 0;
  virtual std::optional<int> wait_fd() const { return std::nullopt; }
  /// How much one write surely takes when `wait_fd()` is writable, or when there is none.
  virtual size_t ready_capacity() const { return size_t{64} << 10; }
  virtual bool is_terminal() const { return false; }
};

/// A descriptor of this process (not closed on destruction).
std::shared_ptr<ByteSource> fd_source(int fd);
std::shared_ptr<ByteSink> fd_sink(int fd);

/// Gives `text`, then the end of input.
std::shared_ptr<ByteSource> memory_source(std::string text);
/// Is at its end.
std::shared_ptr<ByteSource> empty_source();
/// Takes everything and keeps nothing.
std::shared_ptr<ByteSink> discarding_sink();

/// Keeps what is written, up to a limit.
class MemorySink final : public ByteSink {
 public:
  explicit MemorySink(size_t limit = size_t{64} << 20) : limit_(limit) {}
  Expected<size_t> write(std::span<const uint8_t> bytes) override;
  std::string_view text() const { return text_; }
  std::string take() { return std::exchange(text_, {}); }

 private:
  size_t limit_;
  std::string text_;
};

}  // namespace reprise::os
