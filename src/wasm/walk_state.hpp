// The state of a walk: the two stacks of the validation algorithm (spec: appendix/algorithm), and
// the rules that move them. walk.hpp explains what an emitter sees of it.

#pragma once

#include <span>
#include <vector>

#include "reprise/result.hpp"
#include "wasm/decode_table.hpp"
#include "wasm/module.hpp"

namespace reprise::wasm {

struct FunctionShape {
  uint32_t parameter_slots = 0;
  uint32_t local_slots = 0;    // parameters included
  uint32_t operand_slots = 0;  // the greatest height in reachable code
  uint32_t result_slots = 0;
  uint32_t frame_slots() const { return local_slots + operand_slots; }
};

enum class LabelKind : uint8_t { function, block, loop, if_, else_, try_table };

/// An entry of the control stack. An `if` becomes `else_` at its `else`; at on_end, kind `if_`
/// therefore means that there was no `else`.
struct Label {
  LabelKind kind = LabelKind::function;
  bool is_emitted = false;      // it was entered in reachable code
  bool is_unreachable = false;  // the code from here to its end (or else) is unreachable
  uint32_t ordinal =
      0;  // counts structured instructions of the function in order; 0 is the function
  uint32_t value_height = 0;        // values on the operand stack below its parameters
  uint32_t slot = 0;                // frame slot of its first parameter, result, and branch value
  uint32_t initialized_height = 0;  // see WalkScratch::initialized_log

  std::span<const ValueType> parameters() const { return parameters_; }
  std::span<const ValueType> results() const {
    return has_one_result_ ? std::span(&one_result_, 1) : results_;
  }
  std::span<const ValueType> branch_types() const {
    return kind == LabelKind::loop ? parameters() : results();
  }
  uint32_t parameter_slots() const { return slots_of(parameters()); }
  uint32_t result_slots() const { return slots_of(results()); }
  uint32_t branch_slots() const { return slots_of(branch_types()); }

  // Set by the walk: the block type, either inline (at most one result) or from a function type.
  bool has_one_result_ = false;
  ValueType one_result_;
  std::span<const ValueType> parameters_;
  std::span<const ValueType> results_;
};

enum class CatchKind : uint8_t { catch_, catch_ref, catch_all, catch_all_ref };

/// A clause of try_table. It branches to `label`, a depth counted from *outside* the try_table, so
/// to `state.label(label + 1)` during on_block.
struct Catch {
  CatchKind kind;
  uint32_t tag;  // catch_ and catch_ref
  uint32_t label;
};

/// One instruction, decoded and checked. Which of the immediates mean something depends on
/// info(op).immediate; the others keep values of earlier instructions.
struct Instruction {
  Opcode op = Opcode::nop;
  /// Of the opcode's first byte, from the start of the module.
  uint32_t offset = 0;

  /// The first index: local, global, function, table, memory, type, tag, segment, or label depth.
  uint32_t index = 0;
  /// The second: call_indirect's and table.init's table; memory.init's memory; the source of
  /// *.copy; a field number; array.new_fixed's count; the segment of array.new_data and its kin.
  uint32_t index2 = 0;
  /// A constant's bits (i32 zero-extended; low half of v128 and shuffle), or the offset of a memory
  /// access.
  uint64_t bits = 0;
  uint64_t bits_high = 0;  // high half of v128 and shuffle
  uint8_t align_log2 = 0;  // memory accesses, as declared
  uint8_t lane = 0;
  BranchHint hint = BranchHint::none;  // if, br_if
  /// on_else, on_end: control can fall into this point from the instruction before.
  bool falls = false;

  /// The type that the instruction is about:
  ///   local.*, global.*     the local's, the global's type
  ///   drop, select*         that of the value dropped, selected
  ///   table.*               the (destination) table's element type
  ///   ref.null, ref.func    the reference pushed
  ///   ref.test, ref.cast    the type tested for; br_on_cast*: the source type, and type2 the
  ///   target ref.as_non_null, br_on_null, br_on_non_null, ref.is_null: the operand's type
  ///   struct.get*, array.get*, struct.set, array.set, array.fill…: the unpacked field's type
  ValueType type;
  ValueType type2;
  /// Calls, tail calls (callee's type), throw (the tag's); and its canonical id. For instructions
  /// with a type index, type_id is that type.
  const FuncType* callee = nullptr;
  TypeId type_id;
  /// br_table: depths, the default last. Valid during the event only, as are `catches`.
  std::span<const uint32_t> labels;
  std::span<const Catch> catches;

  // The operand stack. For the branches that may fall through, this counts what is popped and
  // pushed when they do, and values that only the taken branch carries are not in it:
  //   br_if, if        the condition;  br_table: the index alone, whose branch values lie below
  //   br               nothing; return, throw, tail calls: all that they take
  //   br_on_null       takes the reference, leaves it non-null; taken, it is dropped
  //   br_on_non_null   takes the reference; taken, it is the last branch value
  //   br_on_cast*      takes the reference and leaves it; taken, it is the last branch value
  uint32_t operand_count = 0;
  uint32_t result_count = 0;
  uint32_t base = 0;  // frame slot of the first operand, and of the first result
  uint32_t operand_slots = 0;
  uint32_t result_slots = 0;
  /// The frame slot above the topmost operand: base + operand_slots.
  uint32_t top() const { return base + operand_slots; }

  /// local.*: its frame slot.
  uint32_t local_slot = 0;
};

/// Space that walks use again and again; one per thread.
struct WalkScratch {
  std::vector<ValueType> values;
  std::vector<Label> labels;
  std::vector<ValueType> local_types;
  std::vector<uint32_t> local_slots;
  /// Locals without a default value must be set before they are read: whether each was, and which
  /// were set in what order, so that the end of a block can take it back.
  std::vector<bool> initialized;
  std::vector<uint32_t> initialized_log;
  std::vector<uint32_t> targets;
  std::vector<Catch> catches;
};

enum class Step : uint8_t { skip, plain, block, else_, end, finished, failed };

class WalkState {
 public:
  WalkState(const Module& module, uint32_t function, WalkScratch& scratch);

  const Module& module() const { return module_; }
  uint32_t function() const { return function_; }
  const FuncType& type() const { return type_; }

  // Locals.
  std::span<const ValueType> locals() const { return scratch_.local_types; }
  uint32_t local_slot(uint32_t local) const { return scratch_.local_slots[local]; }

  // The operand stack, after the instruction.
  std::span<const ValueType> values() const { return scratch_.values; }
  uint32_t value_count() const { return static_cast<uint32_t>(scratch_.values.size()); }
  /// The frame slot above the topmost operand.
  uint32_t top() const { return top_; }
  /// True in code that control can reach, as validation sees it.
  bool reachable() const { return reachable_; }

  // The control stack, after the instruction.
  uint32_t label_count() const { return static_cast<uint32_t>(scratch_.labels.size()); }
  const Label& label(uint32_t depth) const {
    return scratch_.labels[scratch_.labels.size() - 1 - depth];
  }
  /// The label that `end` just closed.
  const Label& ended() const { return ended_; }

  FunctionShape shape() const;

  // For walk_function.
  bool begin();
  Step step(Instruction& out);
  Error take_error() { return std::move(error_); }

 private:
  // Decoding. All of these return false after they have set error_.
  bool read_u8(uint8_t& out);
  bool read_u32(uint32_t& out) {
    if (at_ != end_ && *at_ < 0x80) [[likely]] {
      out = *at_++;
      return true;
    }
    return read_long_u32(out);
  }
  bool read_long_u32(uint32_t& out);
  bool read_u64(uint64_t& out);
  bool read_s32(uint64_t& out);
  bool read_s64(uint64_t& out);
  bool read_fixed(void* out, size_t size);
  bool read_opcode(Opcode& out) {
    instruction_ = at_;
    if (at_ != end_) [[likely]] {
      const uint16_t found = kDecodeTable.one_byte[*at_];
      if (found != DecodeTable::kNone) [[likely]] {
        ++at_;
        out = static_cast<Opcode>(found);
        return true;
      }
    }
    return read_prefixed_opcode(out);
  }
  bool read_prefixed_opcode(Opcode& out);
  bool read_heap_type(HeapType& out);
  bool read_value_type(ValueType& out);
  bool read_block_type(Label& out);
  bool read_labels();
  bool read_catches();
  bool read_memarg(Instruction& i, Immediate kind);
  bool read_lane(Instruction& i, uint32_t lanes);
  bool read_shuffle(Instruction& i);
  bool read_br_on_cast(Instruction& i);
  bool read_immediates(Instruction& i, Immediate kind);
  bool read_locals();

  // Indices that must exist.
  bool check_index(uint32_t index, size_t count, const char* what) {
    if (index < count) [[likely]]
      return true;
    return unknown(index, what);
  }
  [[gnu::cold]] bool unknown(uint32_t index, const char* what);
  bool check_memory(uint32_t index);
  bool check_data(uint32_t index);
  bool check_type(Instruction& i);
  const FuncType* func_type(Instruction& i);
  const StructType* struct_type(Instruction& i);
  const ArrayType* array_type(TypeId id);

  // The operand stack.
  void push(ValueType type) {
    scratch_.values.push_back(type);
    top_ += type.slots();
    if (top_ > highest_) [[unlikely]]
      note_height();
  }
  void note_height() {
    if (reachable_) highest_ = top_;
  }
  bool push_all(std::span<const ValueType> types);
  /// Takes the topmost value, whatever it is; bottom from the empty stack of unreachable code.
  bool pop_any(ValueType& out);
  bool pop(ValueType expected);
  bool pop_all(std::span<const ValueType> types);
  /// A reference, or bottom.
  bool pop_reference(ValueType& out);
  /// Nothing is left but what unreachable code may pop without end, so popping on proves nothing.
  /// Asking keeps the work of an instruction with ten thousand operands within what was pushed for
  /// it.
  bool only_bottoms() const { return unreachable_ && scratch_.values.size() == height_; }
  bool pop_i32() { return pop(kI32); }
  void note_popped() {
    low_values_ = value_count();
    low_top_ = top_;
  }
  /// The values are on top; they stay, typed as `types` from now on.
  bool retype_top(std::span<const ValueType> types);
  bool check_top(std::span<const ValueType> types);
  void set_unreachable();
  ValueType address_type(uint32_t memory) const { return module_.memories[memory].address(); }
  ValueType table_address(uint32_t table) const { return module_.tables[table].type.address(); }

  // The control stack.
  const Label& innermost() const { return scratch_.labels.back(); }
  bool push_label(LabelKind kind);
  bool check_label(uint32_t depth);
  bool check_end_of_block();
  bool check_missing_else();
  Step step_block(Instruction& i);
  Step step_else(Instruction& i);
  Step step_end(Instruction& i);
  void refresh_label();
  void forget_initialized(uint32_t height);

  // The rules of instructions whose signature is not in the table.
  bool apply_signature(Instruction& i);
  bool apply_local(Instruction& i);
  bool note_initialized(const Instruction& i);
  bool account_rule(Instruction& i);
  bool apply_rule(Instruction& i);
  bool rule_branch(Instruction& i);
  bool rule_br_table(Instruction& i);
  bool rule_branch_on_reference(Instruction& i);
  bool rule_call(Instruction& i);
  bool rule_select(Instruction& i);
  bool rule_global(Instruction& i);
  bool rule_table(Instruction& i);
  bool rule_table_bulk(Instruction& i);
  bool rule_memory_bulk(Instruction& i);
  bool rule_reference(Instruction& i);
  bool rule_reference_conversion(Instruction& i);
  bool rule_cast(Instruction& i);
  bool rule_br_on_cast(Instruction& i);
  bool rule_struct(Instruction& i);
  bool rule_array_new(Instruction& i);
  bool rule_array(Instruction& i);
  bool rule_array_bulk(Instruction& i);
  bool rule_throw(Instruction& i);
  bool check_packing(const Instruction& i, const FieldType& field);
  bool check_catch(const Catch& clause);
  BranchHint hint_at(uint32_t offset);

  uint64_t file_offset(const uint8_t* at) const {
    return module_.source.base + static_cast<uint64_t>(at - module_.source.bytes.data());
  }
  [[gnu::cold]] bool malformed(std::string message);
  [[gnu::cold]] bool invalid(std::string message);
  [[gnu::cold]] bool limit(std::string message);
  [[gnu::cold]] bool mismatch(std::span<const ValueType> required);

  const Module& module_;
  const TypeRegistry& registry_;
  const uint32_t function_;
  const FuncType& type_;
  WalkScratch& scratch_;
  const uint8_t* at_;
  const uint8_t* const end_;
  const uint8_t* instruction_;  // the first byte of the current one
  std::span<const FunctionBranchHint> hints_;

  // How far down the instruction took the operand stack.
  uint32_t low_values_ = 0;
  uint32_t low_top_ = 0;
  bool ends_ = false;  // what follows the instruction is unreachable

  // Of the innermost label, at hand.
  uint32_t height_ = 0;
  bool unreachable_ = false;

  bool reachable_ = true;
  bool tracks_initialized_ = false;
  uint32_t local_slots_ = 0;
  uint32_t top_ = 0;
  uint32_t highest_ = 0;
  uint32_t ordinals_ = 0;
  Label ended_;
  Error error_;
};

}  // namespace reprise::wasm
