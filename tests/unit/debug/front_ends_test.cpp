// What the debugger's front-ends make of bytes that are cut, damaged or not theirs.

#include <gtest/gtest.h>

#include "debug/dap/base64.hpp"
#include "debug/dap/message.hpp"
#include "debug/gdb/packet.hpp"
#include "debug/terminal/terminal.hpp"
#include "debug/terminal/text.hpp"
#include "debug/wire_address.hpp"
#include "recording.hpp"

namespace reprise::debug {
namespace {

TEST(GdbPacket, FramesAndTakesApart) {
  EXPECT_EQ(gdb::frame_packet("OK"), "$OK#9a");
  EXPECT_EQ(gdb::frame_packet("a#b"),
            "$a}\x03"
            "b#43");
  gdb::PacketReader reader;
  const std::string sent = "+" + gdb::frame_packet("qSupp#o}rted") + "\x03-";
  std::string kinds;
  for (const char byte : sent) {
    reader.feed({&byte, 1});
    while (auto incoming = reader.next()) {
      kinds += std::to_string(static_cast<int>(incoming->kind));
      if (incoming->kind == gdb::Incoming::Kind::packet)
        EXPECT_EQ(incoming->payload, "qSupp#o}rted");
    }
  }
  EXPECT_EQ(kinds, "1032");
}

TEST(GdbPacket, RefusesDamage) {
  gdb::PacketReader reader;
  reader.feed("noise$OK#9b$OK#zz$OK#9a");
  EXPECT_EQ(reader.next()->kind, gdb::Incoming::Kind::damaged);
  EXPECT_EQ(reader.next()->kind, gdb::Incoming::Kind::damaged);
  EXPECT_EQ(reader.next()->payload, "OK");
  EXPECT_FALSE(reader.next());
}

TEST(GdbPacket, GivesUpOnEndlessPackets) {
  gdb::PacketReader reader;
  reader.feed("$" + std::string(gdb::kMaxPacket + 1, 'a'));
  EXPECT_EQ(reader.next()->kind, gdb::Incoming::Kind::damaged);
  EXPECT_FALSE(reader.next());
}

TEST(GdbPacket, ReadsHexadecimal) {
  std::string_view text = "1f,20";
  EXPECT_EQ(gdb::take_hex(text), 0x1fu);
  EXPECT_EQ(text, ",20");
  text = "12345678123456789";
  EXPECT_FALSE(gdb::take_hex(text));
  EXPECT_EQ(gdb::from_hex("4f4b"), "OK");
  EXPECT_FALSE(gdb::from_hex("4f4"));
  EXPECT_FALSE(gdb::from_hex("4g"));
  EXPECT_EQ(gdb::little_endian_hex(0x1234, 4), "34120000");
}

TEST(WireAddress, IsThatOfLldb) {
  const WireAddress code = WireAddress::of({.module = 2, .offset = 0x1ab});
  EXPECT_EQ(code.encode(), 0x40000002000001abu);
  EXPECT_EQ(WireAddress::decode(0x40000002000001ab).code(), (CodeLocation{2, 0x1ab}));
  EXPECT_EQ(WireAddress::decode(0x1234).kind, WireAddress::Kind::memory);
  EXPECT_EQ(WireAddress::decode(UINT64_MAX).kind, WireAddress::Kind::invalid);
}

TEST(DapMessage, FramesAndTakesApart) {
  const std::string sent =
      dap::frame_message("{}") + "Content-Type: x\r\nContent-Length:3\r\n\r\nabc";
  dap::MessageReader reader;
  std::string bodies;
  for (const char byte : sent) {
    reader.feed({&byte, 1});
    while (auto body = reader.next()) bodies += *body + ";";
  }
  EXPECT_EQ(bodies, "{};abc;");
  EXPECT_FALSE(reader.is_broken());
}

TEST(DapMessage, KnowsWhatItCannotRead) {
  for (const std::string& bad :
       {std::string("Content-Length: x\r\n\r\n"), std::string("GET /\r\n\r\n"),
        std::string("Content-Length: 99999999999\r\n\r\n"),
        std::string(dap::kMaxHeader + 1, 'a')}) {
    dap::MessageReader reader;
    reader.feed(bad);
    EXPECT_FALSE(reader.next());
    EXPECT_TRUE(reader.is_broken()) << bad.substr(0, 40);
  }
}

TEST(Base64, Pads) {
  const auto encoded = [](std::string_view text) { return dap::to_base64(as_bytes(text)); };
  EXPECT_EQ(encoded(""), "");
  EXPECT_EQ(encoded("f"), "Zg==");
  EXPECT_EQ(encoded("fo"), "Zm8=");
  EXPECT_EQ(encoded("foo"), "Zm9v");
  EXPECT_EQ(encoded("foobar"), "Zm9vYmFy");
}

TEST(Terminal, SaysWhichSymbolFileIsMissing) {
  const auto told = [](const std::string& section) {
    const auto recording =
        testing::Recording::of_text("(module " + section + R"((func (export "_start"))))");
    const auto debugger = recording.open();
    std::string printed;
    Terminal terminal(*debugger, {.print = [&](std::string_view text) { printed += text; },
                                  .source_directories = {}});
    EXPECT_TRUE(terminal.execute("info modules"));
    return printed.substr(printed.find("no debug"));
  };
  EXPECT_EQ(told(""), "no debug information\n");
  EXPECT_EQ(told(R"((@custom "build_id" "\02\ab\12"))"),
            "no debug information: that of ab12.debug.wasm is not found\n");
  EXPECT_EQ(told(R"((@custom "external_debug_info" "\08/x/a.dwo"))"),
            "no debug information: that of a.dwo is not found\n");
}

/// A terminal on a recording, whose commands give what they print.
class TypedSession {
 public:
  explicit TypedSession(std::string_view wat)
      : recording_(testing::Recording::of_text(wat)), debugger_(recording_.open()) {
    (*this)("end");
  }

  std::string operator()(std::string_view command) {
    printed_.clear();
    terminal_.execute(command);
    return printed_;
  }

 private:
  testing::Recording recording_;
  std::unique_ptr<Debugger> debugger_;
  std::string printed_;
  Terminal terminal_{
      *debugger_,
      {.print = [this](std::string_view text) { printed_ += text; }, .source_directories = {}}};
};

constexpr std::string_view kAdds = R"((module
  (memory 1)
  (global $sum (mut i32) (i32.const 4))
  (func $add (param i32)
    (global.set $sum (i32.add (global.get $sum) (local.get 0)))
    (i32.store (i32.const 8) (local.get 0)))
  (func (export "_start") (call $add (i32.const 3)) (call $add (i32.const -20)))))";

TEST(Terminal, DoesNotSearchALongRunForLinesThatThereAreNot) {
  TypedSession session(kAdds);
  for (const std::string_view command : {"s", "n", "rs", "rn"})
    EXPECT_TRUE(session(command).starts_with("the program has no source lines")) << command;
}

TEST(Terminal, SaysWhyABreakpointsConditionCannotBeAsked) {
  TypedSession session(kAdds);
  session("break add if nope == 1");
  const std::string stop = session("rc");
  EXPECT_TRUE(
      stop.starts_with("breakpoint 1: its condition cannot be evaluated: there is no "
                       "variable 'nope' here\n"))
      << stop;
}

TEST(Terminal, ShowsAWatchedGlobalAsANumber) {
  TypedSession session(kAdds);
  session("watch global 0");
  const std::string stop = session("rc");
  EXPECT_TRUE(stop.starts_with("watchpoint 1: global 0 is written: 7 → -13 (0xfffffff3): "))
      << stop;
}

TEST(Terminal, DoesNotWatchWhatIsNotThere) {
  TypedSession session(kAdds);
  EXPECT_EQ(session("watch global 1"), "there is no global 1; see `info globals`\n");
  EXPECT_EQ(session("last-write global 1"), "there is no global 1; see `info globals`\n");
  session("break add");
  session("rc");
  EXPECT_EQ(session("watch 0x10000000000"), "there is no memory at 0x10000000000\n");
  EXPECT_EQ(session("last-write 0x20000:4"), "there is no memory at 0x20000\n");
  EXPECT_EQ(session("watch 0xfffc:4"), "watchpoint 2: 0xfffc:4, 4 bytes at 0xfffc\n");
}

TEST(Words, AreTakenFromTheLeft) {
  Words words("  catch  /a b/ \"two words\" rest \n");
  EXPECT_EQ(words.word(), "catch");
  EXPECT_EQ(words.format(), "a");
  EXPECT_EQ(words.word(), "b/");
  EXPECT_EQ(words.word(), "two words");
  EXPECT_EQ(words.rest(), "rest");
  Words unclosed("\"abc");
  EXPECT_EQ(unclosed.word(), "abc");
  EXPECT_TRUE(unclosed.empty());
  EXPECT_EQ(unclosed.word(), "");
}

TEST(Words, CountIsOneIfNothingIsSaid) {
  EXPECT_EQ(*Words("").count_or_one(), 1u);
  EXPECT_EQ(*Words("0x10").count_or_one(), 16u);
  EXPECT_FALSE(Words("0").count_or_one());
  EXPECT_FALSE(Words("3 4").count_or_one());
  EXPECT_FALSE(Words("x").count_or_one());
}

TEST(Numbers, PercentagesMayHaveFractions) {
  EXPECT_EQ(parse_percentage("12.5"), 12.5);
  EXPECT_EQ(parse_percentage("0"), 0);
  EXPECT_EQ(parse_percentage("100"), 100);
  for (const char* wrong : {"", "101", "-1", "nan", "inf", "12.5.1", "0x10", "1e1"})
    EXPECT_FALSE(parse_percentage(wrong)) << wrong;
}

TEST(Numbers, AreReadFromPrintedValues) {
  EXPECT_EQ(leading_number("0x1234 \"abc\""), 0x1234);
  EXPECT_EQ(leading_number("-3"), -3);
  EXPECT_EQ(leading_number("65 'A'"), 65);
  EXPECT_FALSE(leading_number("{.x = 1}"));
  EXPECT_FALSE(leading_number("0x"));
  EXPECT_FALSE(leading_number(""));
}

TEST(Text, IsCutByCharacters) {
  EXPECT_EQ(cut_to_width("abc", 3), "abc");
  EXPECT_EQ(cut_to_width("abcd", 3), "ab…");
  EXPECT_EQ(cut_to_width("äöüß", 4), "äöüß");
  EXPECT_EQ(cut_to_width("äöüßx", 4), "äöü…");
}

}  // namespace
}  // namespace reprise::debug
