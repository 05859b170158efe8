// Damaged debug information: whatever the bytes are, there is an answer, soon, and in bounds. The
// damage is chosen by a generator with a fixed seed, so a failure can be run again.

#include <random>

#include "debug/dwarf/context.hpp"
#include "debug/dwarf/cursor.hpp"
#include "debug/dwarf/format.hpp"
#include "debug/dwarf/variables.hpp"
#include "dwarf_guest.hpp"

namespace reprise::debug {
namespace {

/// A frame in which everything can be read, and nothing makes sense.
class AnyFrame : public FrameState {
 public:
  std::optional<WasmBits> local(uint32_t index) const override {
    return WasmBits{0x9e3779b97f4a7c15 * index, index};
  }
  std::optional<WasmBits> global(uint32_t index) const override { return local(index); }
  std::optional<WasmBits> operand(uint32_t index) const override { return local(index); }
  bool read_memory(uint64_t address, std::span<uint8_t> out) const override {
    for (size_t i = 0; i < out.size(); ++i) out[i] = static_cast<uint8_t>((address + i) * 37 >> 2);
    return address < 0xffff'0000;
  }
};

void ask_variables(const DebugInfo& info, uint64_t offset) {
  const AnyFrame frame;
  auto show = [&](const Variable& variable) {
    auto value = variable.read(frame);
    if (value) format(*value, frame);
  };
  const size_t frames = info.frames_at(offset).size();
  for (size_t i = 0; i < frames; ++i)
    for (const Variable& variable : variables_at(info, offset, i)) show(variable);
  for (const Variable& variable : globals_at(info, offset)) show(variable);
  for (const char* expression : {"head->next->name[1]", "*item", "pool[1]", "&matrix[1]"})
    (void)evaluate(info, expression, offset, frame);
}

/// Asks for everything there is.
void ask_everything(Bytes module) {
  auto info = DebugInfo::open(module, nullptr);
  if (!info) return;
  const uint64_t step = std::max<uint64_t>(1, module.size() / 20);
  for (uint64_t offset = 0; offset < module.size(); offset += step) ask_variables(**info, offset);
  (*info)->files();
  (*info)->places_of_line("inventory.c", 37);
  (*info)->places_of_function("run");
  EXPECT_LE((*info)->problems().size(), 32u);
}

TEST(DwarfDamage, SurvivesChangedBytes) {
  std::mt19937 random(20240607);
  const FileBytes sound = guest_bytes("inventory_O0");
  const FileBytes older = guest_bytes("inventory_O2");
  for (int round = 0; round < 100; ++round) {
    std::vector<uint8_t> bytes = round % 2 ? *sound : *older;
    for (int changes = 1 + static_cast<int>(random() % 20); changes > 0; --changes)
      bytes[8 + random() % (bytes.size() - 8)] = static_cast<uint8_t>(random());
    ask_everything(bytes);
  }
}

TEST(DwarfDamage, SurvivesCuts) {
  for (const char* name : {"inventory_O0", "inventory_O2"}) {
    const FileBytes sound = guest_bytes(name);
    for (size_t size = 0; size < sound->size(); size += 193)
      ask_everything(Bytes(*sound).first(size));
  }
}

DebugSections with_code(Bytes code) {
  DebugSections sections;
  sections.code = code;
  return sections;
}

TEST(DwarfDamage, RefusesTableEntriesThatTakeNoBytes) {
  // .debug_line of version 5 whose one column of directories is "flag_present", which takes no
  // bytes, and of which there are 2^32-1.
  ByteWriter body;
  for (uint8_t byte : {1, 1, 1, 0xfb, 14, 1, 1, 1, 0x19, 0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0})
    body.u8(byte);
  ByteWriter line;
  line.u32_le(static_cast<uint32_t>(8 + body.size()));
  for (uint8_t byte : {5, 0, 4, 0}) line.u8(byte);
  line.u32_le(static_cast<uint32_t>(body.size()));
  line.bytes(body.view());
  // A unit with nothing but DW_AT_stmt_list (data4).
  const std::vector<uint8_t> abbrev{1, 0x11, 0, 0x10, 0x06, 0, 0, 0};
  const std::vector<uint8_t> info{12, 0, 0, 0, 4, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0};
  const std::vector<uint8_t> code(16);
  DebugSections sections = with_code(code);
  sections.abbrev = abbrev;
  sections.info = info;
  sections.line = line.view();
  dwarf::Context context(sections, nullptr);
  ASSERT_EQ(context.units().size(), 1u);
  EXPECT_EQ(context.lines(*context.units()[0])->file_count(), 0u);
  ASSERT_EQ(context.problems().size(), 1u);
  EXPECT_NE(context.problems()[0].find("a line table's header makes no sense"), std::string::npos);
}

TEST(DwarfDamage, OverlappingAbbreviationTablesAreReadAFewTimesAtMost) {
  // Each of 2000 units names a table of its own, each of which is the rest of the section.
  constexpr uint32_t kUnits = 2000;
  ByteWriter info;
  ByteWriter abbrev;
  for (uint32_t i = 0; i < kUnits; ++i) {
    info.u32_le(8);
    for (uint8_t byte : {4, 0}) info.u8(byte);
    info.u32_le(i * 5);
    info.u8(4);
    info.u8(1);
    for (uint8_t byte : {1, 0x11, 0, 0, 0}) abbrev.u8(byte);
  }
  DebugSections sections;
  sections.info = info.view();
  sections.abbrev = abbrev.view();
  dwarf::Context context(sections, nullptr);
  EXPECT_EQ(context.units().size(), kUnits);
  size_t with_table = 0;
  for (const auto& unit : context.units()) with_table += !unit->entries().empty();
  EXPECT_GT(with_table, 0u);
  EXPECT_LE(with_table, 5u);
}

TEST(DwarfDamage, EntriesThatReferInACircleHaveNoName) {
  // Two functions, each the other's specification (ref4), and neither has a name.
  const std::vector<uint8_t> abbrev{1, 0x11, 1, 0, 0, 2, 0x2e, 0, 0x47, 0x13, 0, 0, 0};
  const std::vector<uint8_t> info{19, 0,  0, 0, 4, 0, 0,  0, 0, 0, 4, 1,
                                  2,  17, 0, 0, 0, 2, 12, 0, 0, 0, 0};
  DebugSections sections;
  sections.abbrev = abbrev;
  sections.info = info;
  dwarf::Context context(sections, nullptr);
  const dwarf::Die first = context.at_offset(12);
  ASSERT_TRUE(first);
  EXPECT_EQ(first.reference(dwarf::At::specification), context.at_offset(17));
  EXPECT_EQ(first.name(), "");
  EXPECT_FALSE(first.find(dwarf::At::type));
}

TEST(DwarfCursor, FailsForGoodAtTheFirstReadBeyondTheEnd) {
  const std::vector<uint8_t> bytes{0xe5, 0x8e, 0x26, 0x7f, 'h', 'i', 0, 1};
  dwarf::Cursor cursor(bytes);
  EXPECT_EQ(cursor.uleb(), 624485u);
  EXPECT_EQ(cursor.sleb(), -1);
  EXPECT_EQ(cursor.text(), "hi");
  EXPECT_EQ(cursor.u16(), 0);
  EXPECT_FALSE(cursor.ok());
  EXPECT_EQ(cursor.u8(), 0);
  EXPECT_TRUE(cursor.at_end());
}

}  // namespace
}  // namespace reprise::debug
