// What an emitter hears: the contract that walk.hpp states.

#include "wasm/walk.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "module_builder.hpp"

namespace reprise::wasm {
namespace {

// Writes each event as a line: mnemonic, slots taken, slots left.
struct Transcript {
  std::vector<std::string> lines;
  std::vector<Instruction> instructions;

  void begin(const WalkState&) {}
  void on(const Instruction& i, const WalkState&) {
    lines.push_back(fmt::format("{} [{}+{}] -> [{}+{}]", mnemonic(i.op), i.base, i.operand_slots,
                                i.base, i.result_slots));
    instructions.push_back(i);
  }
  void on_block(const Instruction& i, const WalkState&, const Label& label) {
    lines.push_back(fmt::format("{} at {} takes {} leaves {}", mnemonic(i.op), label.slot,
                                label.parameter_slots(), label.result_slots()));
    instructions.push_back(i);
  }
  void on_else(const Instruction& i, const WalkState&, const Label&) {
    lines.push_back(fmt::format("else{}", i.falls ? "" : ", not fallen into"));
  }
  void on_end(const Instruction& i, const WalkState&, const Label& label) {
    lines.push_back(fmt::format("end of {}{}", label.ordinal, i.falls ? "" : ", not fallen into"));
  }
};

struct Walked {
  FunctionShape shape;
  Transcript transcript;
};

Walked walk(const ModuleBuilder& builder) {
  auto module = read(builder);
  EXPECT_TRUE(module) << module.error().to_string();
  WalkScratch scratch;
  Walked walked;
  auto shape = walk_function(**module, 0, scratch, walked.transcript);
  EXPECT_TRUE(shape) << shape.error().to_string();
  if (shape) walked.shape = *shape;
  return walked;
}

using Lines = std::vector<std::string>;

TEST(Walk, SlotsFollowTheLocalsAndVectorsTakeTwo) {
  // (param i32 v128) (local i64): slots 0, 1-2, 3; the operand stack starts at 4.
  const Code type = {0x60, 2, 0x7f, 0x7b, 1, 0x7b};
  const Code body = {1,    1,    0x7e,     // a local i64
                     0x20, 1,    0x20, 1,  // local.get 1, twice
                     0xfd, 0x51,           // v128.xor
                     0x0b};
  const Walked walked = walk(one_function(type, body));
  EXPECT_EQ(walked.transcript.lines, (Lines{"local.get [4+0] -> [4+2]", "local.get [6+0] -> [6+2]",
                                            "v128.xor [4+4] -> [4+2]", "end of 0"}));
  EXPECT_EQ(walked.transcript.instructions[0].local_slot, 1u);
  EXPECT_EQ(walked.shape.parameter_slots, 3u);
  EXPECT_EQ(walked.shape.local_slots, 4u);
  EXPECT_EQ(walked.shape.operand_slots, 4u);
  EXPECT_EQ(walked.shape.result_slots, 2u);
}

TEST(Walk, UnreachableCodeIsCheckedInSilence) {
  const Code body = {0,    0x02, 0x40,        // block
                     0x0c, 0,                 //   br 0
                     0x41, 1,    0x04, 0x40,  //   i32.const 1, if
                     0x41, 9,    0x1a,        //     i32.const 9, drop
                     0x05, 0x0b,              //   else end
                     0x6a, 0x1a,              //   i32.add, drop
                     0x0b,                    // end
                     0x41, 2,    0x1a, 0x0b};
  const Walked walked = walk(one_function({0x60, 0, 0}, body));
  EXPECT_EQ(walked.transcript.lines,
            (Lines{"block at 0 takes 0 leaves 0", "br [0+0] -> [0+0]", "end of 1, not fallen into",
                   "i32.const [0+0] -> [0+1]", "drop [0+1] -> [0+0]", "end of 0"}));
  EXPECT_EQ(walked.shape.operand_slots, 1u);
}

TEST(Walk, UnreachableCodeIsStillValidated) {
  EXPECT_TRUE(verdict(one_function({0x60, 0, 0}, {0, 0x00, 0x41, 1, 0x42, 1, 0x6a, 0x1a, 0x0b}))
                  .starts_with("invalid: type mismatch"));
  EXPECT_EQ(verdict(one_function({0x60, 0, 0}, {0, 0x00, 0x6a, 0x1a, 0x0b})), "valid");
}

TEST(Walk, BranchesSayWhereTheirValuesGo) {
  // i32.const 7; block (result i32): i32.const 1, i32.const 2, br_if 0; drop, i32.const 3; end; add
  const Code body = {0,    0x41, 7,    0x02, 0x7f, 0x41, 1,    0x41, 2,
                     0x0d, 0,    0x1a, 0x41, 3,    0x0b, 0x6a, 0x0b};
  struct Branches : Transcript {
    uint32_t from = 0, to = 0, slots = 0;
    void on(const Instruction& i, const WalkState& state) {
      if (i.op == Opcode::br_if) {
        const Label& label = state.label(i.index);
        slots = label.branch_slots();
        from = i.base - slots;
        to = label.slot;
      }
      Transcript::on(i, state);
    }
  } branches;
  auto module = read(one_function({0x60, 0, 1, 0x7f}, body)).value();
  WalkScratch scratch;
  ASSERT_TRUE(walk_function(*module, 0, scratch, branches));
  EXPECT_EQ(branches.slots, 1u);
  EXPECT_EQ(branches.from, 1u);
  EXPECT_EQ(branches.to, 1u);
  EXPECT_EQ(branches.lines[4], "br_if [2+1] -> [2+0]");
}

TEST(Walk, ElseAndEndSayWhetherTheyAreFallenInto) {
  // i32.const 1; if (result i32) unreachable else i32.const 5 end
  const Code body = {0, 0x41, 1, 0x04, 0x7f, 0x00, 0x05, 0x41, 5, 0x0b, 0x0b};
  const Walked walked = walk(one_function({0x60, 0, 1, 0x7f}, body));
  EXPECT_EQ(walked.transcript.lines, (Lines{"i32.const [0+0] -> [0+1]", "if at 0 takes 0 leaves 1",
                                            "unreachable [0+0] -> [0+0]", "else, not fallen into",
                                            "i32.const [0+0] -> [0+1]", "end of 1", "end of 0"}));
}

TEST(Walk, AnIfWithoutElseMustLeaveWhatItTook) {
  EXPECT_TRUE(verdict(one_function({0x60, 0, 1, 0x7f}, {0, 0x41, 1, 0x04, 0x7f, 0x00, 0x0b, 0x0b}))
                  .starts_with("invalid: type mismatch"));
}

TEST(Walk, BranchTablesGiveAllTheirTargets) {
  const Code body = {0, 0x02, 0x40, 0x02, 0x40, 0x41, 0, 0x0e, 2, 1, 0, 2, 0x0b, 0x0b, 0x0b};
  struct Targets : Transcript {
    std::vector<uint32_t> depths;
    void on(const Instruction& i, const WalkState&) {
      if (i.op == Opcode::br_table) depths.assign(i.labels.begin(), i.labels.end());
    }
  } targets;
  auto module = read(one_function({0x60, 0, 0}, body)).value();
  WalkScratch scratch;
  ASSERT_TRUE(walk_function(*module, 0, scratch, targets));
  EXPECT_EQ(targets.depths, (std::vector<uint32_t>{1, 0, 2}));
}

TEST(Walk, MemoryAccessesCarryOffsetAndAlignment) {
  const Code body = {0, 0x41, 0, 0x28, 1, 0x90, 3, 0x1a, 0x0b};  // i32.load align=2 offset=400
  const Walked walked = walk(one_function({0x60, 0, 0}, body));
  const Instruction& load = walked.transcript.instructions[1];
  EXPECT_EQ(load.op, Opcode::i32_load);
  EXPECT_EQ(load.bits, 400u);
  EXPECT_EQ(load.align_log2, 1);
  EXPECT_EQ(load.index, 0u);
}

TEST(Walk, ConstantsCarryTheirBits) {
  const Code body = {0, 0x41, 0x7f, 0x1a, 0x42, 0x7f, 0x1a, 0x43, 0, 0, 0x80, 0x3f, 0x1a, 0x0b};
  const Walked walked = walk(one_function({0x60, 0, 0}, body));
  EXPECT_EQ(walked.transcript.instructions[0].bits, 0xffff'ffffu);
  EXPECT_EQ(walked.transcript.instructions[2].bits, ~uint64_t{0});
  EXPECT_EQ(walked.transcript.instructions[4].bits, 0x3f80'0000u);
  EXPECT_EQ(walked.transcript.instructions[4].offset, walked.transcript.instructions[0].offset + 6);
}

TEST(Walk, BranchHintsReachTheirInstruction) {
  ModuleBuilder builder;
  builder.types({1, 0x60, 0, 0}).functions({1, 0});
  builder.custom("metadata.code.branch_hint", {1, 0, 1, 3, 1, 1});  // function 0, offset 3: likely
  builder.code({{0, 0x41, 1, 0x04, 0x40, 0x0b, 0x0b}});
  const Walked walked = walk(builder);
  EXPECT_EQ(walked.transcript.instructions[1].op, Opcode::if_);
  EXPECT_EQ(walked.transcript.instructions[1].hint, BranchHint::likely);
}

TEST(Walk, TryTableGivesItsClauses) {
  ModuleBuilder builder;
  builder.types({2, 0x60, 0, 0, 0x60, 1, 0x7f, 0}).functions({1, 0}).section(13, {1, 0, 1});
  // block (result i32): try_table (catch 0 0): i32.const 3, throw 0; end, i32.const 1, end; drop
  builder.code(
      {{0, 0x02, 0x7f, 0x1f, 0x40, 1, 0, 0, 0, 0x41, 3, 0x08, 0, 0x0b, 0x41, 1, 0x0b, 0x1a, 0x0b}});
  struct Clauses : Transcript {
    std::vector<Catch> clauses;
    uint32_t slot = 99;
    void on_block(const Instruction& i, const WalkState& state, const Label& label) {
      if (label.kind != LabelKind::try_table) return;
      clauses.assign(i.catches.begin(), i.catches.end());
      slot = state.label(clauses[0].label + 1).slot;
    }
  } heard;
  auto module = read(builder);
  ASSERT_TRUE(module) << module.error().to_string();
  WalkScratch scratch;
  auto shape = walk_function(**module, 0, scratch, heard);
  ASSERT_TRUE(shape) << shape.error().to_string();
  ASSERT_EQ(heard.clauses.size(), 1u);
  EXPECT_EQ(heard.clauses[0].kind, CatchKind::catch_);
  EXPECT_EQ(heard.slot, 0u);
}

TEST(Walk, ErrorsHaveKindOffsetAndFunction) {
  auto module = read(one_function({0x60, 0, 0}, {0, 0x20, 0, 0x1a, 0x0b})).value();
  auto result = validate_function(*module, 0);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::invalid);
  EXPECT_EQ(result.error().message, "unknown local 0");
  EXPECT_EQ(result.error().offset, module->functions[0].body.begin + 1);
  EXPECT_EQ(result.error().context, std::vector<std::string>{"function 0"});
}

TEST(Walk, TheOperandStackIsLimited) {
  // A function with a thousand results, called until the limit is passed.
  ModuleBuilder builder;
  ByteWriter type;
  type.u8(1);
  type.u8(0x60);
  type.u8(0);
  type.leb_u32(1000);
  for (int k = 0; k < 1000; ++k) type.u8(0x7f);
  builder.types(type.take()).functions({1, 0});
  Code body = {0};
  for (int k = 0; k < 1001; ++k) body = std::move(body) + Code{0x10, 0};
  builder.code({std::move(body) + Code{0x0b}});
  EXPECT_TRUE(verdict(builder).starts_with("limit: operand stack")) << verdict(builder);
}

struct Refusal {
  const char* name;
  Code body;
  const char* verdict;
};

class WalkRefuses : public testing::TestWithParam<Refusal> {};

TEST_P(WalkRefuses, WithTheSpecificationsWords) {
  const std::string got = verdict(one_function({0x60, 0, 0}, GetParam().body));
  EXPECT_TRUE(got.starts_with(GetParam().verdict)) << got;
}

INSTANTIATE_TEST_SUITE_P(
    All, WalkRefuses,
    testing::Values(
        Refusal{"end", {0, 0x01}, "malformed: unexpected end"},
        Refusal{"after_end", {0, 0x0b, 0x01}, "malformed: section size mismatch"},
        Refusal{"opcode", {0, 0xff, 0x0b}, "malformed: illegal opcode ff"},
        Refusal{"else_alone", {0, 0x05, 0x0b}, "malformed: END opcode expected"},
        Refusal{"label", {0, 0x0c, 1, 0x0b}, "invalid: unknown label"},
        Refusal{"function", {0, 0x10, 1, 0x0b}, "invalid: unknown function"},
        Refusal{"global", {0, 0x23, 0, 0x0b}, "invalid: unknown global"},
        Refusal{"table", {0, 0x25, 0, 0x0b}, "invalid: unknown table"},
        Refusal{"align",
                {0, 0x41, 0, 0x28, 3, 0, 0x1a, 0x0b},
                "invalid: alignment must not be larger than natural"},
        Refusal{"memop",
                {0, 0x41, 0, 0x28, 0x80, 1, 0, 0x1a, 0x0b},
                "malformed: malformed memop flags"},
        Refusal{"memory", {0, 0x41, 0, 0x28, 0x42, 1, 0, 0x1a, 0x0b}, "invalid: unknown memory 1"},
        Refusal{"atomic_align",
                {0, 0x41, 0, 0xfe, 0x10, 1, 0, 0x1a, 0x0b},
                "invalid: atomic alignment"},
        Refusal{"leb",
                {0, 0x41, 0x80, 0x80, 0x80, 0x80, 0x80, 0, 0x1a, 0x0b},
                "malformed: integer representation too long"},
        Refusal{"locals",
                {2, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x7f, 1, 0x7f, 0x0b},
                "malformed: too many locals"},
        Refusal{"many_locals", {1, 0xd1, 0x86, 3, 0x7f, 0x0b}, "limit: too many locals"},
        Refusal{"data_count", {0, 0xfc, 9, 0, 0x0b}, "malformed: data count section required"},
        Refusal{"undeclared", {0, 0xd2, 0, 0x1a, 0x0b}, "invalid: undeclared function reference"},
        Refusal{"left_over", {0, 0x41, 0, 0x0b}, "invalid: type mismatch"},
        Refusal{"underflow",
                {0, 0x6a, 0x1a, 0x0b},
                "invalid: type mismatch: instruction requires [i32 i32] but stack has []"},
        Refusal{"uninitialized",
                {1, 1, 0x64, 0x70, 0x20, 0, 0x1a, 0x0b},
                "invalid: uninitialized local"},
        Refusal{"lane", {0, 0x00, 0xfd, 0x15, 16, 0x1a, 0x0b}, "invalid: invalid lane index"}),
    [](const auto& info) { return std::string(info.param.name); });

// Instructions on aggregates, over these types: 0: the function's; 1: (struct (field (mut i32))
// (field (ref func))); 2: (array i8); 3: (array (mut i32)).
class AggregateRules : public testing::TestWithParam<Refusal> {};

TEST_P(AggregateRules, Hold) {
  ModuleBuilder builder;
  builder.types({4, 0x60, 0, 0, 0x5f, 2, 0x7f, 1, 0x64, 0x70, 0, 0x5e, 0x78, 0, 0x5e, 0x7f, 1});
  builder.functions({1, 0}).code({GetParam().body});
  const std::string got = verdict(builder);
  EXPECT_TRUE(got.starts_with(GetParam().verdict)) << got;
}

INSTANTIATE_TEST_SUITE_P(
    All, AggregateRules,
    testing::Values(
        Refusal{"no_default", {0, 0xfb, 1, 1, 0x1a, 0x0b}, "invalid: type mismatch"},
        Refusal{"default_array", {0, 0x41, 1, 0xfb, 7, 2, 0x1a, 0x0b}, "valid"},
        Refusal{"immutable_field", {0, 0x00, 0xfb, 5, 1, 1, 0x0b}, "invalid: immutable field"},
        Refusal{"mutable_field", {0, 0x00, 0xfb, 5, 1, 0, 0x0b}, "valid"},
        Refusal{"unknown_field", {0, 0x00, 0xfb, 2, 1, 2, 0x1a, 0x0b}, "invalid: unknown field 2"},
        Refusal{"immutable_array", {0, 0x00, 0xfb, 14, 2, 0x0b}, "invalid: immutable array"},
        Refusal{"packed_get", {0, 0x00, 0xfb, 11, 2, 0x1a, 0x0b}, "invalid: type mismatch"},
        Refusal{"packed_get_u", {0, 0x00, 0xfb, 13, 2, 0x1a, 0x0b}, "valid"},
        Refusal{"copy", {0, 0x00, 0xfb, 17, 3, 2, 0x0b}, "invalid: array types do not match"},
        Refusal{"fixed", {0, 0x41, 1, 0x41, 2, 0xfb, 8, 3, 2, 0x1a, 0x0b}, "valid"},
        Refusal{"fixed_short", {0, 0x41, 1, 0xfb, 8, 3, 2, 0x1a, 0x0b}, "invalid: type mismatch"},
        // Bottoms stand for all operands but one, which is of the wrong type.
        Refusal{"fixed_bottom",
                {0, 0x00, 0x42, 1, 0xfb, 8, 3, 0x90, 0x4e, 0x1a, 0x0b},
                "invalid: type mismatch"},
        Refusal{"new_bottom", {0, 0x00, 0xfb, 0, 1, 0x1a, 0x0b}, "valid"},
        Refusal{"not_a_struct", {0, 0x00, 0xfb, 0, 2, 0x1a, 0x0b}, "invalid: type mismatch"},
        // ref.null 1, ref.cast (ref 3): both are below any, so it is a cast that always traps.
        Refusal{"cast_sideways", {0, 0xd0, 1, 0xfb, 22, 3, 0x1a, 0x0b}, "valid"},
        // ref.null func, ref.cast (ref 3): another hierarchy.
        Refusal{"cast_across", {0, 0xd0, 0x70, 0xfb, 22, 3, 0x1a, 0x0b}, "invalid: type mismatch"}),
    [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace reprise::wasm
