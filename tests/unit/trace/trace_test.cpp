#include <gtest/gtest.h>

#include "trace/json.hpp"
#include "trace/reader.hpp"
#include "trace/sink.hpp"
#include "trace/writer.hpp"

namespace reprise::trace {
namespace {

struct SinkView : Sink {
  explicit SinkView(std::shared_ptr<MemorySink> to) : sink(std::move(to)) {}
  Result<uint64_t> append(Bytes h, Bytes p) override { return sink->append(h, p); }
  std::shared_ptr<MemorySink> sink;
};

TEST(Writer, WhatIsWrittenIsRead) {
  auto memory = std::make_shared<MemorySink>();
  auto writer =
      Writer::create(std::make_unique<SinkView>(memory), {}, SessionBegin{.engine = "test"});
  ASSERT_TRUE(writer) << writer.error().to_string();
  Function now;
  now.id = 0;
  now.interface = "wasi:clocks/wall-clock@0.2.0";
  now.name = "now";
  now.signature = "func() -> u64";
  now.result = "u64";
  (*writer)->append(now);
  const std::vector<uint8_t> value(8, 7);
  for (int i = 0; i < 100000; ++i) {
    EXPECT_EQ((*writer)->call(0, {}), static_cast<uint64_t>(i));
    (*writer)->result(value);
  }
  const std::vector<uint8_t> big(5 << 20, 3);
  (*writer)->call(0, big);
  (*writer)->result(big);
  auto closed = (*writer)->close(End{});
  ASSERT_TRUE(closed) << closed.error().to_string();

  auto reader = Reader::open(std::make_unique<MemorySource>(memory->take()));
  ASSERT_TRUE(reader) << reader.error().to_string();
  uint64_t calls = 0;
  while (true) {
    auto record = (*reader)->next();
    ASSERT_TRUE(record) << record.error().to_string();
    if (!*record) break;
    if ((*record)->kind == Kind::call) ++calls;
    if ((*record)->kind == Kind::result) EXPECT_EQ((*record)->call, calls - 1);
  }
  const ReadSummary summary = (*reader)->summary();
  EXPECT_TRUE(summary.ended);
  EXPECT_TRUE(summary.intact());
  EXPECT_EQ(calls, 100001u);
}

}  // namespace
}  // namespace reprise::trace
