#include "wasm/opcodes.hpp"

#include <gtest/gtest.h>

namespace reprise::wasm {
namespace {

TEST(Opcodes, EveryRowIsFoundByItsEncoding) {
  for (uint32_t i = 0; i < kOpcodeCount; ++i) {
    const auto op = static_cast<Opcode>(i);
    EXPECT_EQ(find_opcode(info(op).prefix, info(op).code), op) << mnemonic(op);
  }
}

// Landmarks from the specification's index of instructions, one for each region of the encoding.
TEST(Opcodes, EncodingsAreTheSpecifications) {
  EXPECT_EQ(find_opcode(0, 0x6a), Opcode::i32_add);
  EXPECT_EQ(find_opcode(0, 0xbf), Opcode::f64_reinterpret_i64);
  EXPECT_EQ(find_opcode(0, 0xc4), Opcode::i64_extend32_s);
  EXPECT_EQ(find_opcode(0xfb, 30), Opcode::i31_get_u);
  EXPECT_EQ(find_opcode(0xfc, 17), Opcode::table_fill);
  EXPECT_EQ(find_opcode(0xfd, 99), Opcode::i8x16_all_true);
  EXPECT_EQ(find_opcode(0xfd, 255), Opcode::f64x2_convert_low_i32x4_u);
  EXPECT_EQ(find_opcode(0xfd, 0x113), Opcode::i32x4_relaxed_dot_i8x16_i7x16_add_s);
  EXPECT_EQ(find_opcode(0xfe, 0x4e), Opcode::i64_atomic_rmw32_cmpxchg_u);
}

TEST(Opcodes, UnassignedEncodingsAreNotFound) {
  EXPECT_FALSE(find_opcode(0, 0x06));
  EXPECT_FALSE(find_opcode(0, 0xff));
  EXPECT_FALSE(find_opcode(0, 0x1'0000));
  EXPECT_FALSE(find_opcode(0xfd, 154));
  EXPECT_FALSE(find_opcode(0xfb, 31));
  EXPECT_FALSE(find_opcode(0xfe, 0xffff'ffff));
  EXPECT_FALSE(find_opcode(0x01, 0));
}

}  // namespace
}  // namespace reprise::wasm
