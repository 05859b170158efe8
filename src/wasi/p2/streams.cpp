// wasi:io/streams: the rules every stream follows, whatever it reads from or writes to.

#include <algorithm>

#include "wasi/p2/io.hpp"

namespace reprise::wasi::p2 {

namespace {

std::unexpected<StreamFailure> closed() {
  return std::unexpected(StreamFailure{});
}

std::unexpected<StreamFailure> failed(os::Errno error) {
  return std::unexpected(StreamFailure{IoError{error}});
}

std::unexpected<Trap> too_much(std::string_view function) {
  return std::unexpected(
      Trap::host("wasi:io/streams: " + std::string(function) + ": more bytes than permitted"));
}

}  // namespace

StreamResult<ByteList> Input::read(uint64_t length) {
  if (closed_) return closed();
  ByteList bytes(std::min(length, kMaxStreamRead));
  if (bytes.empty()) return bytes;
  const auto n = read_some(bytes);
  if (n && *n != 0) {
    bytes.resize(*n);
    return bytes;
  }
  if (!n && n.error() == os::Errno::would_block) return ByteList{};
  closed_ = true;
  return n ? StreamResult<ByteList>(closed()) : StreamResult<ByteList>(failed(n.error()));
}

StreamResult<uint64_t> Input::skip(uint64_t length) {
  auto bytes = read(length);
  if (!bytes) return std::unexpected(bytes.error());
  return bytes->size();
}

/// Tries to get rid of what is pending.
void Output::drain() {
  while (!pending_.empty() && !error_ && !closed_) {
    const auto n = write_some(pending_);
    if (n) {
      pending_.erase(pending_.begin(), pending_.begin() + static_cast<ptrdiff_t>(*n));
    } else if (n.error() == os::Errno::would_block) {
      return;
    } else {
      error_ = n.error();
      pending_.clear();
    }
  }
}

/// What an operation has to report first. An error is told once; then the stream is closed.
std::optional<StreamFailure> Output::failure() {
  if (closed_) return StreamFailure{};
  if (!error_) return std::nullopt;
  closed_ = true;
  return StreamFailure{IoError{*error_}};
}

StreamResult<uint64_t> Output::check_write() {
  drain();
  if (auto told = failure()) return std::unexpected(*told);
  permitted_ = pending_.empty() ? capacity() : 0;
  return permitted_;
}

TrapOr<StreamResult<void>> Output::write(std::span<const uint8_t> contents) {
  if (contents.size() > permitted_) return too_much("write");
  permitted_ -= contents.size();
  if (auto told = failure()) return StreamResult<void>(std::unexpected(*told));
  pending_.insert(pending_.end(), contents.begin(), contents.end());
  drain();
  if (auto told = failure()) return StreamResult<void>(std::unexpected(*told));
  return StreamResult<void>();
}

TrapOr<StreamResult<void>> Output::write_zeroes(uint64_t length) {
  if (length > permitted_) return too_much("write-zeroes");
  return write(ByteList(length));
}

StreamResult<void> Output::flush() {
  drain();
  if (auto told = failure()) return std::unexpected(*told);
  return {};
}

bool Output::ready() {
  drain();
  return closed_ || error_ || (pending_.empty() && capacity() != 0);
}

void Output::add_to(os::WaitSet& set) {
  add_writable_to(set);
}

Task<StreamResult<ByteList>> blocking_read(Suspend& suspend, std::shared_ptr<os::Loop> loop,
                                           std::shared_ptr<Input> input, uint64_t length) {
  while (true) {
    auto bytes = input->read(length);
    if (!bytes || !bytes->empty() || length == 0) co_return bytes;
    co_await block(suspend, loop, input);
  }
}

Task<StreamResult<uint64_t>> blocking_skip(Suspend& suspend, std::shared_ptr<os::Loop> loop,
                                           std::shared_ptr<Input> input, uint64_t length) {
  auto bytes = co_await blocking_read(suspend, std::move(loop), std::move(input), length);
  if (!bytes) co_return std::unexpected(bytes.error());
  co_return bytes->size();
}

Task<TrapOr<StreamResult<void>>> blocking_write_and_flush(Suspend& suspend,
                                                          std::shared_ptr<os::Loop> loop,
                                                          std::shared_ptr<Output> output,
                                                          ByteList contents) {
  if (contents.size() > kMaxBlockingWrite) co_return too_much("blocking-write-and-flush");
  // outlives: rest: it looks into `contents`, which is this coroutine's own and never changes
  std::span<const uint8_t> rest = contents;
  while (!rest.empty()) {
    co_await block(suspend, loop, output);
    const auto permitted = output->check_write();
    if (!permitted) co_return StreamResult<void>(std::unexpected(permitted.error()));
    const auto now = rest.first(std::min<uint64_t>(rest.size(), *permitted));
    auto written = output->write(now);
    if (!written) co_return std::unexpected(std::move(written.error()));
    if (!*written) co_return std::move(*written);
    rest = rest.subspan(now.size());
  }
  co_return co_await blocking_flush(suspend, std::move(loop), std::move(output));
}

Task<TrapOr<StreamResult<void>>> blocking_write_zeroes_and_flush(Suspend& suspend,
                                                                 std::shared_ptr<os::Loop> loop,
                                                                 std::shared_ptr<Output> output,
                                                                 uint64_t length) {
  if (length > kMaxBlockingWrite) co_return too_much("blocking-write-zeroes-and-flush");
  co_return co_await blocking_write_and_flush(suspend, std::move(loop), std::move(output),
                                              ByteList(length));
}

Task<StreamResult<void>> blocking_flush(Suspend& suspend, std::shared_ptr<os::Loop> loop,
                                        std::shared_ptr<Output> output) {
  while (true) {
    if (auto flushed = output->flush(); !flushed) co_return flushed;
    if (output->flushed()) co_return StreamResult<void>();
    co_await block(suspend, loop, output);
  }
}

StreamResult<uint64_t> splice(Output& output, Input& source, uint64_t length,
                              const SpliceObserver& observer) {
  const auto permitted = output.check_write();
  if (!permitted) return permitted;
  auto bytes = source.read(std::min(*permitted, length));
  if (!bytes) return std::unexpected(bytes.error());
  // Never more than was permitted above, so this cannot trap.
  if (auto written = *output.write(*bytes); !written) return std::unexpected(written.error());
  if (observer) observer(*bytes);
  return bytes->size();
}

Task<StreamResult<uint64_t>> blocking_splice(Suspend& suspend, std::shared_ptr<os::Loop> loop,
                                             std::shared_ptr<Output> output,
                                             std::shared_ptr<Input> source, uint64_t length,
                                             SpliceObserver observer) {
  co_await block(suspend, loop, output);
  co_await block(suspend, loop, source);
  co_return splice(*output, *source, length, observer);
}

}  // namespace reprise::wasi::p2
