// Source lines of real programs: what is at an instruction, and where a line or a function is.

#include <fmt/format.h>

#include "debug/dwarf/add_source.hpp"
#include "debug/dwarf/names.hpp"
#include "dwarf_guest.hpp"

namespace reprise::debug {
namespace {

std::string to_text(const SourceLocation& location) {
  const size_t slash = location.file.rfind('/');
  return fmt::format("{}:{}:{}",
                     slash == std::string::npos ? location.file : location.file.substr(slash + 1),
                     location.line, location.column);
}

std::string frames(const DebugInfo& info, uint64_t offset) {
  std::string out;
  for (const SourceFrame& frame : info.frames_at(offset))
    out += fmt::format("{} {}{}\n", frame.function, to_text(frame.location),
                       frame.is_inlined ? " inlined" : "");
  return out;
}

std::string places(const std::vector<CodePlace>& places) {
  std::string out;
  for (const CodePlace& place : places)
    out += fmt::format("0x{:x} {} {}\n", place.offset, place.function, to_text(place.location));
  return out;
}

TEST(DwarfLines, KnowsLineAndColumnOfAnInstruction) {
  auto info = open_guest("inventory_O0");
  EXPECT_TRUE(info->has_debug_info());
  EXPECT_EQ(frames(*info, 0x281), "label inventory.c:35:10\n");
  EXPECT_EQ(info->line_at(0x281)->file, "/guests/inventory.c");
  EXPECT_FALSE(info->line_at(0));
  EXPECT_FALSE(info->line_at(1'000'000));
  EXPECT_EQ(info->files(), std::vector<std::string>{"/guests/inventory.c"});
  EXPECT_EQ(info->problems(), std::vector<std::string>{});
}

TEST(DwarfLines, FindsBreakpointPlacesOfALine) {
  auto info = open_guest("inventory_O0");
  const uint32_t line = line_with("inventory.c", "the planted fault: the terminator");
  EXPECT_EQ(places(info->places_of_line("inventory.c", line)), "0x34a label inventory.c:37:3\n");
  EXPECT_EQ(places(info->places_of_line("/guests/inventory.c", line)),
            "0x34a label inventory.c:37:3\n");
  EXPECT_EQ(places(info->places_of_line("./guests/inventory.c", line)),
            "0x34a label inventory.c:37:3\n");
  EXPECT_EQ(places(info->places_of_line("tory.c", line)), "");
  EXPECT_EQ(places(info->places_of_line("inventory.c", 100'000)), "");
}

TEST(DwarfLines, ALineWithoutCodeMeansTheNextOneThatHasSome) {
  auto info = open_guest("inventory_O0");
  const auto of_comment = info->places_of_line("inventory.c", 1);
  const auto of_function =
      info->places_of_line("inventory.c", line_with("inventory.c", "static void label("));
  EXPECT_FALSE(of_comment.empty());
  EXPECT_EQ(places(of_comment), places(of_function));
}

TEST(DwarfLines, AFunctionsFirstLineIsBehindWhatSetsUpItsFrame) {
  auto info = open_guest("ledger_O0");
  const auto found = info->places_of_line("ledger.rs", line_with("ledger.rs", "pub fn pick("));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(places(found), places(info->places_of_function("ledger::pick")));
}

TEST(DwarfLines, FindsFunctionsByTheirLastNames) {
  auto info = open_guest("shop_O0");
  const std::string full = places(info->places_of_function("shop::Cart::total"));
  EXPECT_EQ(places(info->places_of_function("Cart::total")), full);
  EXPECT_EQ(places(info->places_of_function("::shop::Cart::total")), full);
  EXPECT_EQ(full, "0x14a6 shop::Cart::total shop.cpp:72:11\n");
  EXPECT_TRUE(info->places_of_function("art::total").empty());
  EXPECT_TRUE(info->places_of_function("").empty());
}

TEST(DwarfLines, FindsTemplatesWithoutTheirArguments) {
  auto info = open_guest("shop_O0");
  const std::string swap = places(info->places_of_function("swap<shop::Line *>"));
  EXPECT_NE(swap, "");
  EXPECT_NE(places(info->places_of_function("swap")).find(swap), std::string::npos);
  EXPECT_NE(places(info->places_of_function("std::swap")).find(swap), std::string::npos);
  EXPECT_TRUE(info->places_of_function("vector::swap").empty());
}

TEST(DwarfNames, LeaveOutTemplateArguments) {
  const auto bare = dwarf::without_template_arguments;
  EXPECT_EQ(bare("Stack<std::pair<int, char> >::push<A<B>>"), "Stack::push");
  EXPECT_EQ(bare("call_once<fn() -> u32, ()>"), "call_once");
  EXPECT_EQ(bare("Line::operator<"), "Line::operator<");
  EXPECT_EQ(bare("Line<int>::operator<=>"), "Line::operator<=>");
  EXPECT_EQ(bare("Box<int>::operator->"), "Box::operator->");
  EXPECT_EQ(bare("cut<short"), "cut");
  EXPECT_EQ(bare(">"), ">");
}

TEST(DwarfLines, FindsInlinedFunctions) {
  auto info = open_guest("ledger_O2");
  const auto scaled = info->places_of_function("scaled");
  ASSERT_FALSE(scaled.empty());
  EXPECT_EQ(frames(*info, scaled[0].offset),
            "core::num::{impl#8}::wrapping_add uint_macros.rs:1184:13 inlined\n"
            "ledger::scaled ledger.rs:31:5 inlined\n"
            "ledger::Ledger::patch ledger.rs:38:22\n");
}

Frame frame(std::string module, std::string function, std::optional<uint64_t> offset) {
  return {std::move(module), 0, std::move(function), offset, std::nullopt};
}

TEST(DwarfLines, FillsABacktrace) {
  auto info = open_guest("ledger_O2");
  Trap trap = Trap::of(TrapKind::unreachable);
  const uint64_t offset = info->places_of_function("scaled")[0].offset;
  trap.frames = {frame("app", "", offset), frame("other", "start", offset),
                 frame("app", "host", std::nullopt)};
  add_source(trap,
             [&](const Frame& asked) { return asked.module == "app" ? info.get() : nullptr; });
  EXPECT_EQ(trap.to_string(),
            fmt::format("unreachable\n"
                        "  0: app!core::num::{{impl#8}}::wrapping_add (inlined) @ 0x{0:x} at "
                        "/usr/src/rustc-1.63.0/library/core/src/num/uint_macros.rs:1184:13\n"
                        "  1: app!ledger::scaled (inlined) @ 0x{0:x} at /guests/ledger.rs:31:5\n"
                        "  2: app!ledger::Ledger::patch @ 0x{0:x} at /guests/ledger.rs:38:22\n"
                        "  3: other!start @ 0x{0:x}\n"
                        "  4: app!host",
                        offset));
}

TEST(DwarfLines, ABacktraceNeverGrowsBeyondItsLimit) {
  auto info = open_guest("ledger_O2");
  Trap trap = Trap::of(TrapKind::unreachable);
  const uint64_t offset = info->places_of_function("scaled")[0].offset;
  trap.frames.assign(Trap::kMaxBacktraceFrames, frame("", "", offset));
  add_source(trap, *info);
  EXPECT_EQ(trap.frames.size(), Trap::kMaxBacktraceFrames);
}

TEST(DwarfLines, AModuleWithoutDebugInformationHasNoAnswers) {
  const std::vector<uint8_t> empty{0, 'a', 's', 'm', 1, 0, 0, 0};
  auto info = DebugInfo::open(empty, nullptr);
  ASSERT_TRUE(info.has_value());
  EXPECT_FALSE((*info)->has_debug_info());
  EXPECT_TRUE((*info)->frames_at(4).empty());
  EXPECT_TRUE((*info)->files().empty());
  EXPECT_FALSE(DebugInfo::open(as_bytes("not a module"), nullptr).has_value());
}

}  // namespace
}  // namespace reprise::debug
