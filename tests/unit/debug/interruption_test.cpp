// A wish to stop is about what was asked for before it, and is lost in no gap: not between the
// reading of a request and the move that it asks for, nor between two moves of one command.

#include <gtest/gtest.h>

#include <future>

#include "debug/dap/json.hpp"
#include "debug/dap/message.hpp"
#include "debug/dap/session.hpp"
#include "debug/gdb/packet.hpp"
#include "debug/gdb/server.hpp"
#include "recording.hpp"

namespace reprise::debug {
namespace {

using testing::Recording;

constexpr std::string_view kCounts = R"((module
  (func $work (param $n i32)
    (loop $again
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (br_if $again (local.get $n))))
  (func (export "_start") (call $work (i32.const 1000)) unreachable)))";

/// A client that has said all before the first thing is answered: everything that the listening
/// thread does with it is done before the first answer is out.
class EagerClient {
 public:
  explicit EagerClient(std::string said) : said_(std::move(said)) {}

  ClientWire wire() {
    return {.read = [this](std::span<char> buffer) -> size_t {
              if (told_) heard_.set_value();
              if (std::exchange(told_, true)) return 0;
              std::copy(said_.begin(), said_.end(), buffer.begin());
              return said_.size();
            },
            .write =
                [this](std::string_view bytes) {
                  if (answered_.empty()) heard_.get_future().wait();
                  answered_ += bytes;
                },
            .hang_up = [] {}};
  }
  const std::string& answered() const { return answered_; }

 private:
  const std::string said_;
  std::string answered_;
  std::promise<void> heard_;
  bool told_ = false;
};

/// What `stopped` events say of the reason, in order.
std::string stops_in_editor(const Recording& recording,
                            std::initializer_list<std::string_view> commands) {
  std::string said;
  int number = 0;
  for (const std::string_view command : commands) {
    const dap::Json request = {{"seq", ++number},
                               {"type", "request"},
                               {"command", command},
                               {"arguments", {{"stopAt", "start"}}}};
    said += dap::frame_message(dap::to_text(request));
  }
  EagerClient client(said);
  dap::SessionOptions options;
  options.debugger.trace = recording.path();
  dap::serve(std::move(options), client.wire());
  std::string reasons;
  dap::MessageReader reader;
  reader.feed(client.answered());
  while (const auto message = reader.next()) {
    const dap::Json event = dap::Json::parse(*message);
    if (dap::text(event, "event") == "stopped")
      reasons += dap::text(dap::member(event, "body"), "reason") + ' ';
  }
  return reasons;
}

TEST(Interruption, OfAnEditorIsAboutWhatCameBefore) {
  const Recording recording = Recording::of_text(kCounts);
  EXPECT_EQ(stops_in_editor(recording, {"launch", "configurationDone", "continue", "disconnect"}),
            "pause pause ");
  EXPECT_EQ(stops_in_editor(recording, {"launch", "configurationDone", "pause", "continue"}),
            "pause exception ");
  EXPECT_EQ(
      stops_in_editor(recording, {"launch", "configurationDone", "stepIn", "pause", "continue"}),
      "pause pause exception ");
  // Before there is anything to interrupt.
  EXPECT_EQ(stops_in_editor(recording, {"pause", "launch", "configurationDone", "continue"}),
            "entry exception ");
}

/// The signals that stops are told with, in order.
std::string stops_in_gdb(const Recording& recording,
                         std::initializer_list<std::string_view> packets) {
  std::string said = gdb::frame_packet("QStartNoAckMode");
  for (const std::string_view packet : packets)
    said += packet == "\x03" ? std::string(packet) : gdb::frame_packet(packet);
  EagerClient client(said);
  const auto debugger = recording.open();
  if (!debugger) return "no debugger";
  gdb::serve(*debugger, [](std::string_view) { return std::string(); }, client.wire());
  std::string signals;
  gdb::PacketReader reader;
  reader.feed(client.answered());
  while (const auto answer = reader.next())
    if (answer->payload.starts_with('T')) signals += answer->payload.substr(0, 3) + ' ';
  return signals;
}

TEST(Interruption, OfAClientOfGdbsIsAboutWhatCameBefore) {
  const Recording recording = Recording::of_text(kCounts);
  EXPECT_EQ(stops_in_gdb(recording, {"c", "\x03"}), "T02 ");
  EXPECT_EQ(stops_in_gdb(recording, {"\x03", "c"}), "T0b ");
  EXPECT_EQ(stops_in_gdb(recording, {"s", "\x03", "c"}), "T02 T0b ");
  // In a packet it is a byte like any other.
  EXPECT_EQ(stops_in_gdb(recording, {"c", "#"}), "T0b ");
}

TEST(Interruption, WaitsForTheNextCommandUnlessForgotten) {
  const Recording recording = Recording::of_text(kCounts);
  auto debugger = recording.open();
  ASSERT_TRUE(debugger);
  const Time beginning = debugger->now();
  const auto reason = [](const Result<Stop>& stop) {
    return stop ? to_string(stop->reason) : std::string_view(stop.error().message);
  };
  for (const Direction direction : {Direction::forward, Direction::backward}) {
    const Time before = debugger->now();
    for (const auto move : {&Debugger::go, &Debugger::step_instruction, &Debugger::step_line,
                            &Debugger::next_line, &Debugger::step_out}) {
      debugger->interrupt();
      EXPECT_EQ(reason((*debugger.*move)(direction)), "interrupted");
    }
    debugger->interrupt();
    EXPECT_EQ(reason(debugger->seek_fraction(0.5)), "interrupted");
    debugger->interrupt();
    EXPECT_EQ(reason(debugger->seek({1, 2, 3})), "interrupted");
    if (direction == Direction::forward) {
      EXPECT_EQ(debugger->now(), before);
      debugger->interrupt();
      EXPECT_EQ(reason(debugger->seek_end()), "interrupted");
      debugger->interrupt();
      EXPECT_FALSE(debugger->end());
    }
    EXPECT_EQ(reason(debugger->seek_end()), "trap");
  }
  // Told once.
  debugger->interrupt();
  debugger->forget_interrupt();
  EXPECT_EQ(reason(debugger->go(Direction::backward)), "start");
  EXPECT_EQ(debugger->now(), beginning);
}

TEST(Interruption, OfAQuestionLeavesThePresent) {
  const Recording recording = Recording::of_text(kCounts);
  auto debugger = recording.open();
  ASSERT_TRUE(debugger);
  ASSERT_TRUE(debugger->seek_end());
  const Time present = debugger->now();
  debugger->interrupt();
  EXPECT_FALSE(debugger->last_write(MemoryRange{0, 0, 4}));
  EXPECT_EQ(debugger->now(), present);
  debugger->interrupt();
  EXPECT_FALSE(debugger->origin(MemoryRange{0, 0, 4}));
  EXPECT_EQ(debugger->now(), present);
}

}  // namespace
}  // namespace reprise::debug
