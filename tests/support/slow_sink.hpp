// A disk that takes nothing until a test lets it.

#pragma once

#include <atomic>
#include <memory>

#include "trace/sink.hpp"

namespace reprise {

class SlowSink final : public trace::Sink {
 public:
  SlowSink(std::unique_ptr<trace::Sink> file, std::atomic<bool>& is_open)
      : file_(std::move(file)), is_open_(is_open) {}
  Result<uint64_t> append(Bytes header, Bytes payload) override {
    is_open_.wait(false);
    return file_->append(header, payload);
  }

 private:
  std::unique_ptr<trace::Sink> file_;
  std::atomic<bool>& is_open_;
};

}  // namespace reprise
