// Expressions, in the frames of real programs.

#include <fmt/format.h>

#include "debug/dwarf/format.hpp"
#include "debug/dwarf/members.hpp"
#include "debug/dwarf/number_text.hpp"
#include "debug/dwarf/variables.hpp"
#include "dwarf_frame.hpp"

namespace reprise::debug {
namespace {

struct Stop {
  explicit Stop(const std::string& name)
      : info(open_guest(name.substr(0, name.rfind('_')))), frame(name) {}

  std::string operator()(std::string_view expression) const {
    auto value = evaluate(*info, expression, frame.offset(), frame);
    return value ? format(*value, frame) : "error: " + value.error().to_string();
  }
  std::string type(std::string_view expression) const {
    auto value = evaluate(*info, expression, frame.offset(), frame);
    return value ? type_name(*value) : value.error().to_string();
  }

  std::shared_ptr<const DebugInfo> info;
  WrittenFrame frame;
};

TEST(DwarfExpression, ReachesPartsOfThingsInC) {
  const Stop in_run("inventory_O0_run");
  EXPECT_EQ(in_run("matrix[1][2]"), "3");
  EXPECT_EQ(in_run("matrix[0]"), "{1, 2, 3}");
  EXPECT_EQ(in_run.type("matrix[0]"), "int[3]");
  EXPECT_EQ(in_run("matrix[careful][n]"), "error: the array has 3 elements, and no [3]");
  EXPECT_EQ(in_run("pool[0].name"), "\"hammer\\xfe\"");
  EXPECT_EQ(in_run("head->name[0]"), "99 'c'");
  EXPECT_EQ(in_run(" ( * head ) . kind "), "kind_toy");
  EXPECT_EQ(in_run("head.count"), "30");
  EXPECT_EQ(in_run("head->extra.raw[3]"), "63");
  EXPECT_EQ(in_run("head[0].offset"), "-3");
  EXPECT_EQ(in_run("&pool[1]"), "0x440");
  EXPECT_EQ(in_run.type("&pool[1]"), "Item*");
  EXPECT_EQ(in_run("(&pool[1])->price"), "0.25");
  EXPECT_EQ(in_run("*&n"), "3");
  EXPECT_EQ(in_run("&matrix[1]"),
            fmt::format("0x{:x}", 12 + std::stoull(in_run("&matrix"), nullptr, 16)));
  EXPECT_EQ(in_run("0x1f"), "31");
  // What the planted fault left behind.
  EXPECT_EQ(in_run("head->next"), "0x4fe");
}

TEST(DwarfExpression, Reckons) {
  const Stop in_run("inventory_O0_run");
  EXPECT_EQ(in_run("n + 2 * 3"), "9");
  EXPECT_EQ(in_run("(n + 2) * 3"), "15");
  EXPECT_EQ(in_run("10 - 4 - 3"), "3");
  EXPECT_EQ(in_run("-n - 1"), "-4");
  EXPECT_EQ(in_run("7 / -2"), "-3");
  EXPECT_EQ(in_run("7 % 4 == n && 1 / 0"), "error: that divides by zero");
  EXPECT_EQ(in_run("7 % 4 == n && !0 || 1 / 0"), "1");
  EXPECT_EQ(in_run("0 && ((1 / 0)) && 1 / 0 || n"), "1");
  EXPECT_EQ(in_run("(0 && matrix[1 / 0][0]) + 2"), "2");
  EXPECT_EQ(in_run("n == 3"), "1");
  EXPECT_EQ(in_run("n < 3 || n >= 4"), "0");
  EXPECT_EQ(in_run("0x13 & 6 | 8"), "10");
  EXPECT_EQ(in_run("head->offset < 0"), "1");
  EXPECT_EQ(in_run("head == 0"), "0");
  EXPECT_EQ(in_run("matrix[n - 2][2]"), "3");
  EXPECT_EQ(in_run("0x7fffffffffffffff + 1"), "-9223372036854775808");
  EXPECT_EQ(in_run("(0-0x7fffffffffffffff-1) / -1"), "-9223372036854775808");
  EXPECT_EQ(in_run("n +"), "error: the expression ends too early");
  EXPECT_EQ(in_run("matrix + 1"), "error: a value of type int[2][3] is no integer");
}

TEST(NumberText, PrintsWideNumbersAsTheirLanguagesDo) {
  using dwarf::Encoding;
  const auto bytes = [](uint64_t low, uint64_t high) {
    std::vector<uint8_t> out;
    for (const uint64_t part : {low, high})
      for (int shift = 0; shift < 64; shift += 8)
        out.push_back(static_cast<uint8_t>(part >> shift));
    return out;
  };
  const uint64_t ones = UINT64_MAX;
  EXPECT_EQ(wide_number_text(bytes(0, 0), Encoding::unsigned_), "0");
  EXPECT_EQ(wide_number_text(bytes(ones, ones), Encoding::unsigned_),
            "340282366920938463463374607431768211455");
  EXPECT_EQ(wide_number_text(bytes(ones - 4, ones), Encoding::signed_), "-5");
  EXPECT_EQ(wide_number_text(bytes(0, uint64_t{1} << 63), Encoding::signed_),
            "-170141183460469231731687303715884105728");
  EXPECT_EQ(wide_number_text(bytes(0, 0x3fff'8000'0000'0000), Encoding::floating), "1.5");
  EXPECT_EQ(wide_number_text(bytes(0, 0xc000'4000'0000'0000), Encoding::floating), "-2.5");
  EXPECT_EQ(wide_number_text(bytes(0, 0), Encoding::floating), "0.0");
  EXPECT_EQ(wide_number_text(bytes(10, 1), Encoding::none), "0x1000000000000000a");
}

TEST(DwarfExpression, KnowsEnumerators) {
  const Stop in_c("inventory_O0_run");
  EXPECT_EQ(in_c("kind_food"), "kind_food");
  EXPECT_EQ(in_c("head->kind == kind_toy"), "1");
  EXPECT_EQ(in_c("head->kind != kind_toy"), "0");
  EXPECT_EQ(in_c("kind_food + 1"), "6");
  const Stop in_cpp("shop_O0_run");
  EXPECT_EQ(in_cpp("tea.color == Color::green"), "1");
  EXPECT_EQ(in_cpp("tea.color == shop::Color::red"), "0");
  EXPECT_EQ(in_cpp("Color::blue"), "error: there is no variable 'Color::blue' here");
}

TEST(DwarfExpression, CastsAndMovesPointers) {
  const Stop in_run("inventory_O0_run");
  EXPECT_EQ(in_run.type("(Item*)0x440"), "Item*");
  EXPECT_EQ(in_run("((struct Item*)0x440)->price"), "0.25");
  EXPECT_EQ(in_run("(*(&pool[0] + 1)).price"), in_run("(&pool[0])[1].price"));
  EXPECT_EQ(in_run("(&pool[0])[1].price"), "0.25");
  EXPECT_EQ(in_run("&pool[1] - &pool[0] > 0"), "1");
  EXPECT_EQ(in_run("(char)0x141"), "65 'A'");
  EXPECT_EQ(in_run("(unsigned char)-1 & 0xff"), "255");
  EXPECT_EQ(in_run("(nothing*)1"), "error: there is no variable 'nothing' here");
}

TEST(DwarfExpression, ReachesPartsOfThingsInCpp) {
  const Stop in_run("shop_O0_run");
  EXPECT_EQ(in_run("cart.lines_[1].name"), "\"tea\"");
  EXPECT_EQ(in_run("cart.lines_[1].cents"), "450");
  EXPECT_EQ(in_run("cart.lines_[2]"), "error: there are 2 elements, and no [2]");
  EXPECT_EQ(in_run("tea.amount"), "3");
  EXPECT_EQ(in_run("owned->y"), "-4");
  EXPECT_EQ(in_run("*owned"), "{.x = 3, .y = -4}");
  EXPECT_EQ(in_run("*box.self"), "2.5");
  EXPECT_EQ(in_run("at->x"), "1");
  EXPECT_EQ(in_run("sizes[2]"), "3");
  EXPECT_EQ(in_run("words[1]"), "\"two\"");
  EXPECT_EQ(in_run.type("words[1]"), "std::string");
}

TEST(DwarfExpression, SeesMembersOfThis) {
  const Stop in_add("shop_O0_add");
  EXPECT_EQ(in_add("discount_"), "std::nullopt");
  EXPECT_EQ(in_add("this->discount_"), "std::nullopt");
  EXPECT_EQ(in_add("lines_[1].amount"), "3");
}

TEST(DwarfExpression, ReachesPartsOfThingsInRust) {
  const Stop in_run("ledger_O0_run");
  EXPECT_EQ(in_run("ledger.entries[2]"), "2000000002");
  EXPECT_EQ(in_run("ledger.account.name"), "\"main \\\"book\\\"\"");
  EXPECT_EQ(in_run("ledger.owner"), "\"main \\\"book\\\"\"");
  EXPECT_EQ(in_run("pair.1"), "'é'");
  EXPECT_EQ(in_run("boxed.0"), "-3");
  EXPECT_EQ(in_run("numbers[2]"), "8");
  EXPECT_EQ(in_run("slice[1]"), "8");
  EXPECT_EQ(in_run("ledger.limit.0"), "2");
  EXPECT_EQ(in_run("first.account.0"), "-7");
}

TEST(DwarfExpression, SaysWhatIsWrong) {
  const Stop in_run("inventory_O0_run");
  for (const auto& [expression, error] : std::initializer_list<std::pair<const char*, const char*>>{
           {"", "the expression ends too early"},
           {"nothing", "there is no variable 'nothing' here"},
           {"n +", "the expression ends too early"},
           {"head->", "the name of a member is missing"},
           {"head->size", "Item has no member 'size'"},
           {"n.x", "int has no member 'x'"},
           {"*n", "a value of type int is no pointer"},
           {"*12", "a number is no pointer to anything"},
           {"&12", "this value is not in memory: it has no address"},
           {"&pool[0].count", "this value is not in memory: it has no address"},
           {"n[0]", "a value of type int has no elements"},
           {"pool[0", "a ']' is missing"},
           {"(n", "a ')' is missing"},
           {"pool[head]", "an index must be an integer"},
           {"pool[pool[3].next]", "an index must be an integer"},
           {"*pool[3].next", "the pointer is null"},
           {"99999999999999999999", "a number is missing or too large"},
           {"12.x", "a number has no members"}})
    EXPECT_EQ(in_run(expression), fmt::format("error: {}", error)) << expression;
  EXPECT_EQ(in_run(std::string(1000, '*') + "n"), "error: the expression is nested too deeply");
  EXPECT_EQ(in_run(std::string(10'000, 'n')), "error: the expression is too long");
}

TEST(DwarfFormat, KeepsWithinItsLimits) {
  const Stop in_run("inventory_O0_run");
  auto value = evaluate(*in_run.info, "pool", in_run.frame.offset(), in_run.frame);
  ASSERT_TRUE(value.has_value());
  EXPECT_EQ(format(*value, in_run.frame, {.max_depth = 0}), "...");
  EXPECT_EQ(format(*value, in_run.frame, {.max_depth = 1, .max_elements = 2}), "{..., ..., ...}");
  EXPECT_LE(format(*value, in_run.frame, {.max_length = 100}).size(), 200u);
  const Stop in_cpp("shop_O0_run");
  auto label = evaluate(*in_cpp.info, "label", in_cpp.frame.offset(), in_cpp.frame);
  ASSERT_TRUE(label.has_value());
  EXPECT_EQ(format(*label, in_cpp.frame, {.max_text = 7}), "\"a label\"...");
}

}  // namespace
}  // namespace reprise::debug
