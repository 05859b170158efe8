// Where streams end outside: standard streams and files.

#include "wasi/p2/io.hpp"

namespace reprise::wasi::p2 {

namespace {

using os::Expected;
using os::Interest;

bool fd_ready(os::Loop& loop, std::optional<int> fd, Interest interest) {
  return !fd || loop.is_ready(*fd, interest);
}

class SourceInput final : public Input {
 public:
  SourceInput(std::shared_ptr<os::Loop> loop, std::shared_ptr<os::ByteSource> source)
      : loop_(std::move(loop)), source_(std::move(source)) {}

  bool ready() override { return fd_ready(*loop_, source_->wait_fd(), Interest::read); }
  void add_to(os::WaitSet& set) override { set.readable(*source_->wait_fd()); }

 protected:
  Expected<size_t> read_some(std::span<uint8_t> out) override { return source_->read(out); }

 private:
  std::shared_ptr<os::Loop> loop_;
  std::shared_ptr<os::ByteSource> source_;
};

class FileInput final : public Input {
 public:
  FileInput(std::shared_ptr<os::Loop> loop, std::shared_ptr<os::File> file, uint64_t offset)
      : loop_(std::move(loop)), file_(std::move(file)), offset_(offset) {}

  bool ready() override { return fd_ready(*loop_, file_->wait_fd(), Interest::read); }
  void add_to(os::WaitSet& set) override { set.readable(*file_->wait_fd()); }

 protected:
  Expected<size_t> read_some(std::span<uint8_t> out) override {
    auto n = file_->read(out, offset_);
    if (n) offset_ += *n;
    return n;
  }

 private:
  std::shared_ptr<os::Loop> loop_;
  std::shared_ptr<os::File> file_;
  uint64_t offset_;
};

class SinkOutput final : public Output {
 public:
  SinkOutput(std::shared_ptr<os::Loop> loop, std::shared_ptr<os::ByteSink> sink)
      : loop_(std::move(loop)), sink_(std::move(sink)) {}

 protected:
  uint64_t capacity() override {
    return fd_ready(*loop_, sink_->wait_fd(), Interest::write) ? sink_->ready_capacity() : 0;
  }
  Expected<size_t> write_some(std::span<const uint8_t> bytes) override {
    return sink_->write(bytes);
  }
  void add_writable_to(os::WaitSet& set) override {
    if (auto fd = sink_->wait_fd()) set.writable(*fd);
  }

 private:
  std::shared_ptr<os::Loop> loop_;
  std::shared_ptr<os::ByteSink> sink_;
};

class FileOutput : public Output {
 public:
  FileOutput(std::shared_ptr<os::Loop> loop, std::shared_ptr<os::File> file)
      : loop_(std::move(loop)), file_(std::move(file)) {}

 protected:
  uint64_t capacity() override {
    if (!file_->wait_fd()) return kMaxStreamRead;
    return loop_->is_ready(*file_->wait_fd(), Interest::write) ? kMaxBlockingWrite : 0;
  }
  void add_writable_to(os::WaitSet& set) override {
    if (auto fd = file_->wait_fd()) set.writable(*fd);
  }
  os::File& file() { return *file_; }

 private:
  std::shared_ptr<os::Loop> loop_;
  std::shared_ptr<os::File> file_;
};

class OffsetOutput final : public FileOutput {
 public:
  OffsetOutput(std::shared_ptr<os::Loop> loop, std::shared_ptr<os::File> file, uint64_t offset)
      : FileOutput(std::move(loop), std::move(file)), offset_(offset) {}

 protected:
  Expected<size_t> write_some(std::span<const uint8_t> bytes) override {
    auto n = file().write(bytes, offset_);
    if (n) offset_ += *n;
    return n;
  }

 private:
  uint64_t offset_;
};

class AppendOutput final : public FileOutput {
 public:
  using FileOutput::FileOutput;

 protected:
  Expected<size_t> write_some(std::span<const uint8_t> bytes) override {
    return file().append(bytes);
  }
};

}  // namespace

std::shared_ptr<Input> source_input(std::shared_ptr<os::Loop> loop,
                                    std::shared_ptr<os::ByteSource> source) {
  return std::make_shared<SourceInput>(std::move(loop), std::move(source));
}

std::shared_ptr<Output> sink_output(std::shared_ptr<os::Loop> loop,
                                    std::shared_ptr<os::ByteSink> sink) {
  return std::make_shared<SinkOutput>(std::move(loop), std::move(sink));
}

std::shared_ptr<Input> file_input(std::shared_ptr<os::Loop> loop, std::shared_ptr<os::File> file,
                                  uint64_t offset) {
  return std::make_shared<FileInput>(std::move(loop), std::move(file), offset);
}

std::shared_ptr<Output> file_output(std::shared_ptr<os::Loop> loop, std::shared_ptr<os::File> file,
                                    uint64_t offset) {
  return std::make_shared<OffsetOutput>(std::move(loop), std::move(file), offset);
}

std::shared_ptr<Output> append_output(std::shared_ptr<os::Loop> loop,
                                      std::shared_ptr<os::File> file) {
  return std::make_shared<AppendOutput>(std::move(loop), std::move(file));
}

}  // namespace reprise::wasi::p2
