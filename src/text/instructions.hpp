// Instructions, flat and folded, to bytes (spec: text/instructions).
//
// A folded instruction is written after its operands, however deep they nest; blocks nest too. Both
// are kept on a stack in the heap, so that no text makes the parser recurse.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "reprise/result.hpp"
#include "text/annotations.hpp"
#include "text/cursor.hpp"
#include "text/module_scope.hpp"
#include "wasm/opcodes.hpp"

namespace reprise::text {

struct BranchHint {
  uint32_t offset = 0;  // from the start of the instructions
  uint8_t likely = 0;
};

class InstructionEncoder {
 public:
  InstructionEncoder(Cursor& cursor, ModuleScope& scope, Annotations& annotations)
      : cursor_(cursor), scope_(scope), annotations_(annotations) {}

  /// Names of parameters and locals.
  IndexSpace locals{"local"};

  /// All instructions up to the parenthesis that closes what they stand in. Writes no final `end`.
  Result<void> encode_until_right();
  /// One folded instruction.
  Result<void> encode_one_folded();
  /// One instruction without its operands: what an action of a script is made of, too.
  Result<void> encode_plain(ByteWriter& out);

  const ByteWriter& code() const { return code_; }
  const std::vector<BranchHint>& hints() const { return hints_; }

 private:
  enum class FrameKind : uint8_t {
    flat_block,    // block … end
    flat_if,       // if … , may meet else
    flat_else,     // … end
    folded_plain,  // (op operand…): pending until the parenthesis
    folded_block,  // (block …)
    folded_if,     // (if condition… : pending until (then
    folded_then,   // (then …)
    folded_tail,   // after (then …): (else …) or the parenthesis
    folded_else,   // (else …)
    folded_end,    // after (else …): nothing but the parenthesis
  };
  struct Frame {
    FrameKind kind;
    Token token;
    std::optional<std::string> label;
    ByteWriter pending;
    std::optional<uint8_t> hint;
  };

  bool takes_flat() const;
  Result<void> step(bool& done);
  Result<void> open();
  Result<void> open_folded(std::optional<uint8_t> hint);
  Result<void> open_then();
  Result<void> open_else();
  Result<void> close();
  Result<void> flat();
  Result<void> flat_start(wasm::Opcode op, std::optional<uint8_t> hint);
  Result<void> flat_else();
  Result<void> flat_end();
  Result<void> check_label(const Frame& frame);

  std::optional<wasm::Opcode> peek_instruction() const;
  std::optional<std::string> take_label();
  void push_label(const std::optional<std::string>& label) { labels_.push_back(label); }
  Result<std::optional<uint8_t>> take_hint(uint32_t index);
  void emit_hint(std::optional<uint8_t> hint);

  Result<void> block_type(ByteWriter& out);
  Result<void> catch_clauses(ByteWriter& out);
  Result<void> immediates(wasm::Opcode op, const Token& token, ByteWriter& out);
  Result<void> select(ByteWriter& out);
  Result<void> test_or_cast(wasm::Opcode op, ByteWriter& out);
  Result<uint32_t> label();
  Result<void> index(const IndexSpace& space, ByteWriter& out);
  Result<void> index_or_zero(const IndexSpace& space, ByteWriter& out);
  Result<void> segment_and_space(const IndexSpace& segments, const IndexSpace& space,
                                 ByteWriter& out);
  Result<void> two_or_zero(const IndexSpace& space, ByteWriter& out);
  Result<void> call_indirect(ByteWriter& out);
  Result<void> branch_table(ByteWriter& out);
  Result<void> cast_branch(ByteWriter& out);
  Result<void> type_and_field(ByteWriter& out);
  Result<void> memory_argument(uint32_t width, ByteWriter& out);
  Result<void> memory_argument_and_lane(uint32_t width, ByteWriter& out);
  Result<void> memory_offset_align(std::optional<uint32_t> memory, uint32_t width, ByteWriter& out);
  Result<void> lane(ByteWriter& out);
  Result<void> number(wasm::Immediate kind, ByteWriter& out);

  Cursor& cursor_;
  ModuleScope& scope_;
  Annotations& annotations_;
  ByteWriter code_;
  std::vector<BranchHint> hints_;
  std::vector<Frame> frames_;
  std::vector<std::optional<std::string>> labels_;
};

}  // namespace reprise::text
