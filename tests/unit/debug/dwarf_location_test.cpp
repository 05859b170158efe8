// The machine that evaluates location expressions, by expressions made for it.

#include "debug/dwarf/context.hpp"
#include "debug/dwarf/lists.hpp"
#include "debug/dwarf/location.hpp"
#include "dwarf_guest.hpp"

namespace reprise::debug::dwarf {
namespace {

class SmallFrame : public FrameState {
 public:
  std::optional<WasmBits> local(uint32_t index) const override {
    if (index == 9) return WasmBits{1, 2};  // a v128
    return index < 4 ? std::optional(WasmBits{0x100 + index, 0}) : std::nullopt;
  }
  std::optional<WasmBits> global(uint32_t index) const override {
    return index == 0 ? std::optional(WasmBits{0x40, 0}) : std::nullopt;
  }
  std::optional<WasmBits> operand(uint32_t index) const override {
    return WasmBits{0x200 + index, 0};
  }
  bool read_memory(uint64_t address, std::span<uint8_t> out) const override {
    if (address + out.size() > 0x1000) return false;
    for (size_t i = 0; i < out.size(); ++i) out[i] = static_cast<uint8_t>(address + i);
    return true;
  }
};

/// A unit with a base type of each kind that conversions take; see kInfo.
class DwarfLocation : public testing::Test {
 protected:
  static constexpr uint8_t kSigned8 = 12;  // entry's offset in the unit
  static constexpr uint8_t kUnsigned16 = 15;
  static constexpr uint8_t kFloat = 18;

  DwarfLocation() : context_(sections(), nullptr) {}

  static DebugSections sections() {
    // 1: unit with children; 2: base type with byte size and encoding (data1 each).
    static const std::vector<uint8_t> abbrev{1,    0x11, 1,    0,    0, 2, 0x24, 0,
                                             0x0b, 0x0b, 0x3e, 0x0b, 0, 0, 0};
    static const std::vector<uint8_t> info{18, 0, 0, 0, 4, 0, 0, 0, 0, 0, 4,
                                           1,  2, 1, 5, 2, 2, 7, 2, 4, 4, 0};
    DebugSections out;
    out.abbrev = abbrev;
    out.info = info;
    return out;
  }

  Result<Value> located(std::vector<uint8_t> expression) {
    return locate(expression, {}, {context_.units()[0].get(), {}, 0, &frame_});
  }
  /// The value that the expression computes.
  std::string computed(std::vector<uint8_t> expression) {
    expression.push_back(0x9f);  // stack_value
    auto value = located(std::move(expression));
    if (!value) return value.error().message;
    auto number = read_number(*value, 8, frame_);
    return number ? std::to_string(static_cast<int64_t>(*number)) : number.error().message;
  }

  SmallFrame frame_;
  Context context_;
};

TEST_F(DwarfLocation, ReadsLocalsGlobalsAndOperands) {
  EXPECT_EQ(computed({0xed, 0, 2}), std::to_string(0x102));
  EXPECT_EQ(computed({0xed, 1, 0}), std::to_string(0x40));
  EXPECT_EQ(computed({0xed, 2, 5}), std::to_string(0x205));
  EXPECT_EQ(computed({0xed, 3, 0, 0, 0, 0}), std::to_string(0x40));
  EXPECT_EQ(computed({0xed, 0, 7}), "the frame does not have its value any more");
  EXPECT_EQ(computed({0xed, 7, 0}), "the frame does not have its value any more");
}

TEST_F(DwarfLocation, AnExpressionWithoutValueIsAnAddress) {
  auto value = located({0xed, 0, 1, 0x23, 8});  // local 1 + 8
  ASSERT_TRUE(value.has_value());
  EXPECT_EQ(value->address, 0x109u);
  EXPECT_EQ(*read_number(*value, 2, frame_), 0x0a09u);
  // Addresses are of 32 bits here.
  EXPECT_EQ(located({0x09, 0xff})->address, 0xffffffffu);
}

TEST_F(DwarfLocation, KeepsAllOfAVector) {
  auto value = located({0xed, 0, 9, 0x9f});
  ASSERT_TRUE(value.has_value());
  ASSERT_EQ(value->bytes.size(), 16u);
  EXPECT_EQ(value->bytes[0], 1);
  EXPECT_EQ(value->bytes[8], 2);
}

TEST_F(DwarfLocation, Computes) {
  EXPECT_EQ(computed({0x08, 200}), "200");                             // const1u
  EXPECT_EQ(computed({0x09, 200}), "-56");                             // const1s
  EXPECT_EQ(computed({0x0b, 0xfe, 0xff}), "-2");                       // const2s
  EXPECT_EQ(computed({0x0d, 0xff, 0xff, 0xff, 0xff}), "-1");           // const4s
  EXPECT_EQ(computed({0x10, 0x80, 0x01}), "128");                      // constu
  EXPECT_EQ(computed({0x11, 0x7f}), "-1");                             // consts
  EXPECT_EQ(computed({0x37, 0x33, 0x1c}), "4");                        // 7 - 3
  EXPECT_EQ(computed({0x09, 0xf9, 0x32, 0x1b}), "-3");                 // -7 / 2
  EXPECT_EQ(computed({0x37, 0x32, 0x1d}), "1");                        // 7 % 2
  EXPECT_EQ(computed({0x33, 0x34, 0x1e}), "12");                       // 3 * 4
  EXPECT_EQ(computed({0x33, 0x1f}), "-3");                             // neg
  EXPECT_EQ(computed({0x30, 0x20}), "-1");                             // not
  EXPECT_EQ(computed({0x09, 0xfd, 0x19}), "3");                        // abs
  EXPECT_EQ(computed({0x31, 0x08, 70, 0x24}), "0");                    // 1 << 70
  EXPECT_EQ(computed({0x09, 0xf0, 0x32, 0x26}), "-4");                 // -16 >> 2
  EXPECT_EQ(computed({0x09, 0xff, 0x31, 0x2d}), "1");                  // -1 < 1
  EXPECT_EQ(computed({0x31, 0x32, 0x16, 0x1c}), "1");                  // swap: 2 - 1
  EXPECT_EQ(computed({0x31, 0x32, 0x14, 0x22, 0x22}), "4");            // over: 1 + 2 + 1
  EXPECT_EQ(computed({0x31, 0x32, 0x33, 0x17, 0x13, 0x1c}), "2");      // rot: 3 1 2, drop, 3 - 1
  EXPECT_EQ(computed({0x31, 0x32, 0x33, 0x15, 2, 0x22}), "4");         // pick the third: 3 + 1
  EXPECT_EQ(computed({0x08, 0x10, 0x94, 2}), std::to_string(0x1110));  // deref_size
}

TEST_F(DwarfLocation, Branches) {
  // 1, if it isn't zero: over lit5 to lit6.
  EXPECT_EQ(computed({0x31, 0x28, 4, 0, 0x35, 0x2f, 1, 0, 0x36}), "6");
  EXPECT_EQ(computed({0x30, 0x28, 4, 0, 0x35, 0x2f, 1, 0, 0x36}), "5");
  EXPECT_EQ(computed({0x2f, 0xfd, 0xff}), "its location takes too long to find");
  EXPECT_EQ(computed({0x2f, 0x00, 0x70}), "its location makes no sense");
}

TEST_F(DwarfLocation, Converts) {
  EXPECT_EQ(computed({0x08, 0xff, 0xa8, kSigned8}), "-1");
  EXPECT_EQ(computed({0x0d, 0xff, 0xff, 0xff, 0xff, 0xa8, kUnsigned16}), "65535");
  // Arithmetic stays in its type.
  EXPECT_EQ(computed({0x08, 0x7f, 0xa8, kSigned8, 0x31, 0xa8, kSigned8, 0x22}), "-128");
  EXPECT_EQ(computed({0x31, 0xa8, kFloat}), "its location converts to a type that is no integer");
  EXPECT_EQ(computed({0x31, 0xa8, 13}), "its location converts to a type that is no integer");
}

TEST_F(DwarfLocation, PutsPiecesTogether) {
  // Two bytes of local 0, two bytes nobody kept, one byte of memory at 0x21.
  auto value = located({0xed, 0, 0, 0x9f, 0x93, 2, 0x93, 2, 0x08, 0x21, 0x93, 1});
  ASSERT_TRUE(value.has_value());
  EXPECT_EQ(value->bytes, (std::vector<uint8_t>{0x00, 0x01, 0, 0, 0x21}));
  EXPECT_TRUE(read_bytes(*value, 2, frame_).has_value());
  EXPECT_EQ(read_bytes(*value, 3, frame_).error().message, "optimized out");
  EXPECT_EQ(*read_number(value->part({}, 4), 1, frame_), 0x21u);
  EXPECT_EQ(located({0x93, 0xff, 0xff, 0x7f}).error().message, "it is in too many pieces");
}

TEST_F(DwarfLocation, SaysWhyThereIsNothing) {
  EXPECT_EQ(located({}).error().message, "optimized out");
  EXPECT_EQ(computed({0xa3, 1, 0x50}), "optimized out");  // entry_value
  EXPECT_EQ(computed({0x22}), "its location makes no sense");
  EXPECT_EQ(computed({0x31, 0x30, 0x1b}), "its location divides by zero");
  EXPECT_EQ(computed({0x91, 4}), "its function has no frame base");
  EXPECT_EQ(computed({0x50}), "its location needs DWARF operation 0x50");  // reg0
  EXPECT_EQ(computed({0x0a, 0xff, 0xff, 0x06}), "no memory at 0xffff");    // deref
  EXPECT_EQ(located({0x0c, 1}).error().message, "its location makes no sense");
  EXPECT_EQ(computed(std::vector<uint8_t>(300, 0x30)), "its location is too complex");
}

TEST_F(DwarfLocation, AnImplicitValueIsItsBytes) {
  auto value = located({0x9e, 2, 7, 8});
  ASSERT_TRUE(value.has_value());
  EXPECT_EQ(*read_number(*value, 2, frame_), 0x0807u);
}

/// Lists of version 5 with each kind of entry. The unit has a table of addresses: 0x10, 0x20, 0x30.
class DwarfLists : public testing::Test {
 protected:
  DwarfLists() : context_(sections(), nullptr) {}

  static DebugSections sections() {
    static const std::vector<uint8_t> abbrev{1, 0x11, 0, 0, 0, 0};
    static const std::vector<uint8_t> info{9, 0, 0, 0, 5, 0, 1, 4, 0, 0, 0, 0, 1};
    static const std::vector<uint8_t> addr{16, 0, 0,    0, 5, 0, 4,    0, 0x10, 0,
                                           0,  0, 0x20, 0, 0, 0, 0x30, 0, 0,    0};
    static const std::vector<uint8_t> ranges{1, 0,                       // the base is address 0
                                             4, 1, 2,                    // base + 1 to base + 2
                                             2, 1, 2,                    // address 1 to address 2
                                             3, 2, 5,                    // address 2, 5 bytes
                                             5, 0, 1, 0, 0,              // the base is 0x100
                                             4, 0, 4,                    // 0x100 to 0x104
                                             6, 0, 2, 0, 0, 1, 2, 0, 0,  // 0x200 to 0x201
                                             7, 0, 3, 0, 0, 3,           // 0x300, 3 bytes
                                             4, 9, 9,                    // empty
                                             0};
    static const std::vector<uint8_t> locations{
        4,    0x40, 0x41, 1, 0x31,  // 0x40: lit1
        5,    1,    0x3f,           // elsewhere: lit15
        7,    0x50, 0,    0, 0,    0x52, 0,    0, 0, 1, 0x32, 8,
        0x60, 0,    0,    0, 2,    1,    0x33, 3, 2, 4, 1,    0x34,  // address 2, 4 bytes
        0};
    DebugSections out;
    out.abbrev = abbrev;
    out.info = info;
    out.addr = addr;
    out.rnglists = ranges;
    out.loclists = locations;
    return out;
  }

  int at(uint64_t address) {
    uint32_t budget = 100;
    auto found = find_location(unit(), {Form::sec_offset, 0, {}}, address, budget);
    return found && found->size() == 1 ? found->front() - 0x30 : -1;
  }
  const Unit& unit() const { return *context_.units()[0]; }

  Context context_;
};

TEST_F(DwarfLists, RangesHaveSevenSpellings) {
  uint32_t budget = 100;
  std::vector<std::pair<uint64_t, uint64_t>> found;
  for (const AddressRange& range : read_ranges(unit(), {Form::sec_offset, 0, {}}, budget))
    found.emplace_back(range.begin, range.end);
  EXPECT_EQ(found, (std::vector<std::pair<uint64_t, uint64_t>>{{0x11, 0x12},
                                                               {0x20, 0x30},
                                                               {0x30, 0x35},
                                                               {0x100, 0x104},
                                                               {0x200, 0x201},
                                                               {0x300, 0x303}}));
}

TEST_F(DwarfLists, ABudgetEndsThem) {
  uint32_t budget = 2;
  EXPECT_EQ(read_ranges(unit(), {Form::sec_offset, 0, {}}, budget).size(), 2u);
  EXPECT_EQ(budget, 0u);
}

TEST_F(DwarfLists, LocationsMayHaveADefault) {
  EXPECT_EQ(at(0x40), 1);
  EXPECT_EQ(at(0x51), 2);
  EXPECT_EQ(at(0x61), 3);
  EXPECT_EQ(at(0x33), 4);
  EXPECT_EQ(at(0x99), 15);
}

TEST_F(DwarfLists, EndWithTheirSection) {
  uint32_t budget = 100;
  EXPECT_TRUE(read_ranges(unit(), {Form::sec_offset, 10'000, {}}, budget).empty());
  EXPECT_FALSE(find_location(unit(), {Form::loclistx, ~uint64_t{0}, {}}, 0x40, budget));
}

}  // namespace
}  // namespace reprise::debug::dwarf
