// Where a trace is read from: bytes at offsets. A source may grow while it is read.

#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "reprise/result.hpp"

namespace reprise::trace {

class Source {
 public:
  virtual ~Source() = default;
  /// Fills `out` from `offset`; gives how many bytes there were (less than asked for only at the
  /// end).
  virtual Result<size_t> read(uint64_t offset, std::span<uint8_t> out) = 0;
  virtual Result<uint64_t> size() = 0;
};

/// Bytes in memory, owned or borrowed.
class MemorySource : public Source {
 public:
  explicit MemorySource(std::vector<uint8_t> bytes) : owned_(std::move(bytes)), bytes_(owned_) {}
  explicit MemorySource(Bytes bytes) : bytes_(bytes) {}
  MemorySource(const MemorySource&) = delete;
  MemorySource& operator=(const MemorySource&) = delete;
  Result<size_t> read(uint64_t offset, std::span<uint8_t> out) override;
  Result<uint64_t> size() override { return bytes_.size(); }

 private:
  std::vector<uint8_t> owned_;
  Bytes bytes_;
};

/// A source that somebody else owns, for a second look at the same bytes.
class BorrowedSource : public Source {
 public:
  explicit BorrowedSource(Source& source) : source_(source) {}
  Result<size_t> read(uint64_t offset, std::span<uint8_t> out) override {
    return source_.read(offset, out);
  }
  Result<uint64_t> size() override { return source_.size(); }

 private:
  Source& source_;
};

class FileSource : public Source {
 public:
  static Result<std::unique_ptr<FileSource>> open(const std::string& path);
  ~FileSource() override;
  FileSource(const FileSource&) = delete;
  FileSource& operator=(const FileSource&) = delete;
  Result<size_t> read(uint64_t offset, std::span<uint8_t> out) override;
  Result<uint64_t> size() override;

 private:
  explicit FileSource(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace reprise::trace
