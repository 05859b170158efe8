// Sources and sinks in memory.

#include "base/os/stdio.hpp"

#include <algorithm>
#include <cstring>

namespace reprise::os {

namespace {

class MemorySource final : public ByteSource {
 public:
  explicit MemorySource(std::string text) : text_(std::move(text)) {}

  Expected<size_t> read(std::span<uint8_t> out) override {
    const size_t n = std::min(out.size(), text_.size() - at_);
    std::copy_n(text_.begin() + static_cast<ptrdiff_t>(at_), n, out.begin());
    at_ += n;
    return n;
  }

 private:
  std::string text_;
  size_t at_ = 0;
};

class DiscardingSink final : public ByteSink {
 public:
  Expected<size_t> write(std::span<const uint8_t> bytes) override { return bytes.size(); }
};

}  // namespace

Expected<size_t> MemorySink::write(std::span<const uint8_t> bytes) {
  const size_t n = std::min(bytes.size(), limit_ - text_.size());
  if (n == 0 && !bytes.empty()) return std::unexpected(Errno::insufficient_space);
  text_.append(reinterpret_cast<const char*>(bytes.data()), n);
  return n;
}

std::shared_ptr<ByteSource> memory_source(std::string text) {
  return std::make_shared<MemorySource>(std::move(text));
}

std::shared_ptr<ByteSource> empty_source() {
  return memory_source({});
}

std::shared_ptr<ByteSink> discarding_sink() {
  return std::make_shared<DiscardingSink>();
}

}  // namespace reprise::os
