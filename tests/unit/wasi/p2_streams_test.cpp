// wasi:io 0.2: what its WIT promises of polls and streams.

#include <unistd.h>

#include "wasi/p2/cli.hpp"
#include "wasi_fixture.hpp"

namespace reprise::wasi::p2 {
namespace {

struct Pipe {
  Pipe() { EXPECT_EQ(pipe(fds.data()), 0); }
  ~Pipe() {
    close_read();
    close_write();
  }
  void put(std::string_view text) {
    EXPECT_EQ(write(fds[1], text.data(), text.size()), std::ssize(text));
  }
  void fill() {
    auto sink = os::fd_sink(fds[1]);
    const std::vector<uint8_t> chunk(4096);
    while (sink->write(chunk)) {
    }
  }
  void empty() {
    auto source = os::fd_source(fds[0]);
    std::vector<uint8_t> chunk(4096);
    while (source->read(chunk)) {
    }
  }
  void close_read() {
    if (fds[0] >= 0) close(std::exchange(fds[0], -1));
  }
  void close_write() {
    if (fds[1] >= 0) close(std::exchange(fds[1], -1));
  }
  std::array<int, 2> fds{};
};

class StreamTest : public WasiTest {
 protected:
  std::shared_ptr<Input> input(const Pipe& pipe) {
    return source_input(loop_, os::fd_source(pipe.fds[0]));
  }
  std::shared_ptr<Output> output(const Pipe& pipe) {
    return sink_output(loop_, os::fd_sink(pipe.fds[1]));
  }
  std::shared_ptr<Input> memory(std::string text) {
    return source_input(loop_, os::memory_source(std::move(text)));
  }
  std::shared_ptr<Output> captured() { return sink_output(loop_, output_); }
};

bool is_closed(const StreamFailure& failure) {
  return !failure.last_operation_failed;
}

TEST_F(StreamTest, ReadGivesWhatIsThere) {
  Pipe pipe;
  auto in = input(pipe);
  EXPECT_FALSE(in->ready());
  EXPECT_EQ(in->read(10), ByteList{});
  pipe.put("abc");
  EXPECT_TRUE(in->ready());
  EXPECT_EQ(in->read(0), ByteList{});
  EXPECT_EQ(in->read(2), list("ab"));
  EXPECT_EQ(in->skip(5), 1u);
  EXPECT_EQ(in->skip(5), 0u);
  pipe.close_write();
  EXPECT_TRUE(in->ready());
  EXPECT_TRUE(is_closed(in->read(10).error()));
  EXPECT_TRUE(is_closed(in->read(0).error()));
}

TEST_F(StreamTest, ReadIsBounded) {
  scratch_.write("big", std::string(200'000, 'x'));
  auto directory = get_directories(host())[0].first;
  auto file = directory.open_at(PathFlags::none, "big", OpenFlags::none, DescriptorFlags::read);
  ASSERT_TRUE(file);
  auto stream = file->read_via_stream(0);
  ASSERT_TRUE(stream);
  EXPECT_EQ(stream->input->read(UINT64_MAX)->size(), kMaxStreamRead);
  uint64_t total = kMaxStreamRead;
  while (auto bytes = stream->input->read(UINT64_MAX)) total += bytes->size();
  EXPECT_EQ(total, 200'000u);
}

TEST_F(StreamTest, BlockingReadWaits) {
  Pipe pipe;
  auto task = blocking_read(suspend_, loop_, input(pipe), 10);
  EXPECT_FALSE(task.start());
  pipe.put("later");
  EXPECT_TRUE(loop_->run(task));
  EXPECT_EQ(task.take(), list("later"));
  EXPECT_EQ(run(blocking_read(suspend_, loop_, input(pipe), 0)), ByteList{});
  pipe.close_write();
  EXPECT_TRUE(is_closed(run(blocking_skip(suspend_, loop_, input(pipe), 4)).error()));
}

class BrokenSource final : public os::ByteSource {
 public:
  os::Expected<size_t> read(std::span<uint8_t>) override {
    return std::unexpected(os::Errno::bad_descriptor);
  }
};

TEST_F(StreamTest, AFailedReadIsToldOnce) {
  auto in = source_input(loop_, std::make_shared<BrokenSource>());
  auto first = in->read(1);
  ASSERT_FALSE(first);
  ASSERT_TRUE(first.error().last_operation_failed);
  EXPECT_EQ(first.error().last_operation_failed->code, os::Errno::bad_descriptor);
  EXPECT_EQ(filesystem_error_code(*first.error().last_operation_failed), ErrorCode::bad_descriptor);
  EXPECT_EQ(first.error().last_operation_failed->to_debug_string(), "bad descriptor");
  EXPECT_TRUE(is_closed(in->read(1).error()));
}

TEST_F(StreamTest, WritingBeyondThePermitTraps) {
  auto out = captured();
  EXPECT_FALSE(out->write(bytes("x")));  // nothing was permitted yet
  EXPECT_TRUE(out->write({}));
  const uint64_t permitted = *out->check_write();
  ASSERT_GE(permitted, 4096u);
  EXPECT_TRUE(*out->write(bytes("hello")));
  EXPECT_TRUE(*out->write_zeroes(2));
  EXPECT_FALSE(out->write(ByteList(permitted)));
  EXPECT_FALSE(out->write_zeroes(UINT64_MAX));
  EXPECT_TRUE(out->flush());
  EXPECT_EQ(output_->text(), std::string_view("hello\0\0", 7));
}

TEST_F(StreamTest, AFullPipePermitsNothing) {
  Pipe pipe;
  auto out = output(pipe);
  EXPECT_GT(*out->check_write(), 0u);
  EXPECT_TRUE(out->ready());
  pipe.fill();
  EXPECT_EQ(out->check_write(), 0u);
  EXPECT_FALSE(out->ready());
  pipe.empty();
  EXPECT_TRUE(out->ready());
  EXPECT_GT(*out->check_write(), 0u);
}

TEST_F(StreamTest, WhatThePipeDidNotTakeIsKept) {
  Pipe pipe;
  auto out = output(pipe);
  ASSERT_GE(*out->check_write(), 4u);
  pipe.fill();  // somebody else was faster
  EXPECT_TRUE(*out->write(bytes("kept")));
  EXPECT_FALSE(out->flushed());
  EXPECT_EQ(out->check_write(), 0u);
  auto flush = blocking_flush(suspend_, loop_, out);
  EXPECT_FALSE(flush.start());
  pipe.empty();
  EXPECT_TRUE(loop_->run(flush));
  EXPECT_TRUE(flush.take());
  EXPECT_EQ(input(pipe)->read(10), list("kept"));
}

TEST_F(StreamTest, BlockingWriteWaitsForRoom) {
  Pipe pipe;
  pipe.fill();
  auto task = blocking_write_and_flush(suspend_, loop_, output(pipe), ByteList(4096, 'x'));
  EXPECT_FALSE(task.start());
  pipe.empty();
  EXPECT_TRUE(loop_->run(task));
  EXPECT_TRUE(*task.take());
  EXPECT_EQ(input(pipe)->read(8192)->size(), 4096u);
}

TEST_F(StreamTest, BlockingWritesTake4096BytesAtMost) {
  EXPECT_FALSE(run(blocking_write_and_flush(suspend_, loop_, captured(), ByteList(4097))));
  EXPECT_FALSE(run(blocking_write_zeroes_and_flush(suspend_, loop_, captured(), 4097)));
  EXPECT_TRUE(*run(blocking_write_zeroes_and_flush(suspend_, loop_, captured(), 4096)));
  EXPECT_EQ(output_->text(), std::string(4096, '\0'));
}

TEST_F(StreamTest, ABrokenPipeIsToldOnceThenClosed) {
  Pipe pipe;
  auto out = output(pipe);
  pipe.close_read();
  ASSERT_TRUE(out->check_write());
  auto written = *out->write(bytes("x"));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().last_operation_failed->code, os::Errno::pipe);
  EXPECT_TRUE(is_closed(out->check_write().error()));
  EXPECT_TRUE(is_closed(out->flush().error()));
  EXPECT_TRUE(out->ready());
  auto blocking = run(blocking_write_and_flush(suspend_, loop_, out, list("x")));
  EXPECT_TRUE(is_closed(blocking->error()));
}

TEST_F(StreamTest, SpliceMovesWhatBothAllow) {
  auto in = memory("hello world");
  auto out = captured();
  EXPECT_EQ(splice(*out, *in, 5), 5u);
  EXPECT_EQ(splice(*out, *in, 0), 0u);
  EXPECT_EQ(run(blocking_splice(suspend_, loop_, out, in, 100)), 6u);
  EXPECT_EQ(output_->text(), "hello world");
  EXPECT_TRUE(is_closed(splice(*out, *in, 5).error()));

  Pipe full;
  full.fill();
  auto source = memory("x");
  EXPECT_EQ(splice(*output(full), *source, 5), 0u);  // nothing was permitted, nothing is lost
  EXPECT_EQ(source->read(5), list("x"));
}

TEST_F(StreamTest, BlockingSpliceWaitsForTheSource) {
  Pipe pipe;
  auto task = blocking_splice(suspend_, loop_, captured(), input(pipe), 100);
  EXPECT_FALSE(task.start());
  pipe.put("spliced");
  EXPECT_TRUE(loop_->run(task));
  EXPECT_EQ(task.take(), 7u);
  EXPECT_EQ(output_->text(), "spliced");
}

TEST_F(StreamTest, PollGivesAllThatAreReady) {
  Pipe quiet;
  auto never = input(quiet);
  auto late = timer(loop_, 2000);
  auto soon = timer(loop_, 1000);
  auto ready = run(poll(suspend_, loop_, {never, late, soon, soon}));
  EXPECT_EQ(ready, (std::vector<uint32_t>{2, 3}));
  EXPECT_EQ(clock_->now(), 1000u);
  clock_->advance(5000);
  quiet.put("x");
  EXPECT_EQ(run(poll(suspend_, loop_, {never, late, soon})), (std::vector<uint32_t>{0, 1, 2}));
  EXPECT_TRUE(loop_->idle());
}

TEST_F(StreamTest, AnEmptyPollTraps) {
  auto result = run(poll(suspend_, loop_, {}));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, TrapKind::host);
}

TEST_F(StreamTest, DurationsCountFromNowAndSaturate) {
  clock_->advance(100);
  auto later = subscribe_duration(host(), 50);
  auto never = subscribe_duration(host(), UINT64_MAX);
  EXPECT_FALSE(later.ready());
  EXPECT_FALSE(never.ready());
  auto nap = block(suspend_, loop_, later.readiness);
  EXPECT_TRUE(loop_->run(nap));
  EXPECT_EQ(clock_->now(), 150u);
  EXPECT_TRUE(subscribe_instant(host(), 150).ready());
  EXPECT_FALSE(subscribe_instant(host(), 151).ready());
  EXPECT_FALSE(never.ready());
}

TEST_F(StreamTest, APollableOutlivesItsStream) {
  Pipe pipe;
  std::optional<InputStream> stream = InputStream{input(pipe)};
  Pollable pollable = stream->subscribe();
  stream.reset();
  EXPECT_FALSE(pollable.ready());
  pipe.put("x");
  EXPECT_TRUE(pollable.ready());
}

TEST_F(StreamTest, ACancelledWaitLeavesNothingBehind) {
  Pipe pipe;
  {
    auto task = blocking_read(suspend_, loop_, input(pipe), 10);
    EXPECT_FALSE(task.start());
    EXPECT_FALSE(loop_->idle());
  }
  EXPECT_TRUE(loop_->idle());
}

class CliTest : public WasiTest {};

TEST_F(CliTest, StandardStreams) {
  options_.standard_input = os::memory_source("typed");
  EXPECT_EQ(get_stdin(host()).input->read(3), list("typ"));
  EXPECT_EQ(get_stdin(host()).input->read(3), list("ed"));
  auto out = get_stdout(host()).output;
  ASSERT_TRUE(out->check_write());
  EXPECT_TRUE(*out->write(bytes("out")));
  auto err = get_stderr(host()).output;
  ASSERT_TRUE(err->check_write());
  EXPECT_TRUE(*err->write(bytes("err")));
  EXPECT_EQ(output_->text(), "out");
  EXPECT_EQ(error_output_->text(), "err");
  EXPECT_FALSE(get_terminal_stdin(host()));
  EXPECT_FALSE(get_terminal_stdout(host()));
  EXPECT_FALSE(get_terminal_stderr(host()));
}

TEST_F(CliTest, ExitIsATrapWithACode) {
  EXPECT_EQ(exit(true).kind, TrapKind::exit);
  EXPECT_EQ(exit(true).exit_code, 0);
  EXPECT_EQ(exit(false).exit_code, 1);
  EXPECT_EQ(exit_with_code(255).exit_code, 255);
}

TEST_F(CliTest, Clocks) {
  clock_->advance(2'000'000'000);
  EXPECT_EQ(monotonic_now(host()), 2'000'000'000u);
  EXPECT_EQ(monotonic_resolution(host()), 1u);
  EXPECT_EQ(wall_now(host()), (Datetime{1'700'000'002, 5}));
  EXPECT_EQ(wall_resolution(host()), (Datetime{0, 1}));
  EXPECT_EQ(timezone_display(host(), {}).name, "UTC");
  EXPECT_EQ(timezone_utc_offset(host(), {UINT64_MAX, 0}), 0);
}

TEST_F(CliTest, RandomBytesAreBounded) {
  EXPECT_EQ(get_random_bytes(host(), 0)->size(), 0u);
  EXPECT_EQ(get_random_bytes(host(), 1000)->size(), 1000u);
  EXPECT_NE(*get_random_u64(host()), *get_random_u64(host()));
  EXPECT_EQ(get_insecure_random_bytes(host(), 9)->size(), 9u);
  EXPECT_NE(*get_insecure_random_u64(host()), *get_insecure_random_u64(host()));
  EXPECT_FALSE(get_random_bytes(host(), UINT64_MAX));
  EXPECT_FALSE(get_insecure_random_bytes(host(), kMaxRandomBytes + 1));
}

}  // namespace
}  // namespace reprise::wasi::p2
