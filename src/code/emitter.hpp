// The emitter of register code: what the walk drives to lower a function.
//
// Beside the walk's operand stack it keeps one descriptor per value, saying where the value is
// *now*: in its home (the fixed slot of its height), still in a local that was read, or a constant.
// Reading a local or pushing a constant emits nothing; the instruction that uses the value names
// the local's slot or carries the constant. What can end such a loan is handled where it happens:
// writing the local, entering a block (both paths behind it must find the same homes), a call's
// arguments. On top of that
//
//   - local.set right behind the instruction that made the value redirects that instruction's
//   result;
//   - a comparison right before a branch becomes one instruction with it;
//   - an operand that the instruction before has made is taken from a register (dispatch.hpp).
//
// All three look at the last instruction only, and labels end their reach. Distances of fused
// branches have 16 bits; where a function is so large that one doesn't fit, it is lowered again
// without fusing.

#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "code/function_map.hpp"
#include "code/lowering.hpp"
#include "runtime/code.hpp"
#include "runtime/memory.hpp"
#include "wasm/walk.hpp"

namespace reprise::code {

struct EmitOptions {
  runtime::Bounds bounds = runtime::Bounds::guard_pages;
  bool fuse_branches = true;
  bool fuel = false;
  /// Observed code: a probe before each instruction, and every value in its home as soon as it is
  /// there. Ticks are the same.
  bool is_observed = false;
  /// Filled if it is not null.
  FunctionMap* map = nullptr;
};

class Emitter {
 public:
  /// `cells` are the module's, for direct calls.
  Emitter(const wasm::Module& module, runtime::ModuleCode& code, EmitOptions options);

  // Events of the walk.
  void begin(const wasm::WalkState& state);
  void on(const wasm::Instruction& i, const wasm::WalkState& state);
  void on_block(const wasm::Instruction& i, const wasm::WalkState& state, const wasm::Label& label);
  void on_else(const wasm::Instruction& i, const wasm::WalkState& state, const wasm::Label& label);
  void on_end(const wasm::Instruction& i, const wasm::WalkState& state, const wasm::Label& label);

  /// After a walk that succeeded: writes what needed to be known of the whole function.
  void finish(const wasm::FunctionShape& shape, uint32_t charge);

  const std::vector<Word>& words() const { return words_; }
  /// What try_tables catch, innermost first.
  std::vector<runtime::CatchRange> take_catches();
  /// The frame before the instruction that the walk meets next.
  void describe(const wasm::WalkState& state, FrameLayout& layout) const;
  /// The word that is emitted next.
  uint32_t here() const { return static_cast<uint32_t>(words_.size()); }
  Place local_place(uint32_t frame_slot) const {
    return operand_place(frame_slot) - static_cast<Place>(runtime::kFrameHeaderSlots);
  }
  /// The slot of the value that is `n` from the bottom, if it is there.
  std::optional<Place> home_of(size_t n) const {
    if (values_[n].kind != Value::Kind::home) return std::nullopt;
    return values_[n].home;
  }
  /// A fused branch was too far: lower again with fuse_branches off.
  bool is_too_far() const { return too_far_; }
  /// Something valid that isn't done here, or a limit.
  const std::optional<Error>& error() const { return error_; }

 private:
  static constexpr uint32_t kNothing = ~0u;
  static constexpr Place kNoPlace = INT32_MAX;

  struct Value {
    enum class Kind : uint8_t { home, local, constant };
    Kind kind = Kind::home;
    uint8_t slots = 1;
    Place home = 0;
    Place local = 0;
    uint64_t bits = 0;
    uint64_t bits_high = 0;
  };

  struct Patch {
    enum class Field : uint8_t { near, far, table, clause };
    Field field;
    uint32_t word;   // the instruction; clause: the range of catches
    uint32_t entry;  // table, clause: which
    uint32_t next;   // of the same label
  };

  struct Target {
    bool is_loop = false;
    uint32_t start = 0;           // of a loop
    uint32_t patches = kNothing;  // a list, of branches forward
    uint32_t else_patch = kNothing;
    uint32_t catches = kNothing;  // of a try_table: its range
  };

  // emitter.cpp: words, places, values.
  void note(const wasm::Instruction& i, bool is_reached = true);
  void emit(Word word) {
    seal();
    starts_.push_back(here());
    words_.push_back(word);
  }
  /// Its result is in field a, and may be redirected.
  void emit_result(Word word) {
    last_ = here();
    starts_.push_back(last_);
    made_ = leaves_made(op_of(&word)) ? static_cast<int16_t>(word >> 16) : kNoPlace;
    words_.push_back(word);
  }
  void emit_more(Word word) { words_.push_back(word); }
  /// The last instruction is not wanted after all.
  void take_back() {
    words_.resize(last_);
    starts_.pop_back();
    seal();
  }
  void pair_up();
  /// Nothing is known of the instruction before.
  void seal() {
    last_ = kNothing;
    made_ = kNoPlace;
  }
  /// `op`, or its form with `made` if `place` is where the instruction before put its result.
  Op with_made(Op op, Place place) const {
    return place == made_ ? form_with_made(op).value_or(op) : op;
  }
  void unsupported(std::string what);

  Place operand_place(uint32_t frame_slot) const {
    return static_cast<Place>(frame_slot) - static_cast<Place>(local_slots_);
  }
  Place frame_start() const { return local_place(0); }

  void push_home(Place home, uint32_t slots);
  void push_results(const wasm::Instruction& i, const wasm::WalkState& state);
  void push_types(std::span<const wasm::ValueType> types, uint32_t frame_slot);
  void push_local(Place local, uint32_t slots, Place home);
  Value pop();
  Value& top(uint32_t depth = 0) { return values_[values_.size() - 1 - depth]; }
  void cut(size_t height);
  /// Where the value can be read; emits a constant to its home.
  Place use(const Value& value);
  void move(const Value& value, Place to);
  void materialize(Value& value);
  /// The topmost `count` values.
  void materialize_top(uint32_t count);
  /// Values that are still in locals go home: all of them, or those in `local`.
  void settle_locals();
  void settle_local(Place local);
  static bool fits_constant_bits(uint64_t bits, bool is_64, int16_t* out);

  // emitter_control.cpp
  void bind(uint32_t& patches);
  void add_patch(uint32_t& list, Patch patch);
  void patch_to_here(const Patch& patch);
  void jump(Target& target);
  /// Removes the comparison that made the condition on top, if it is the last instruction.
  struct Condition {
    Op op{};  // a comparison, or br_if for "the slot at a isn't zero"
    Place a = 0;
    Place b = 0;
    bool is_fused = false;
  };
  Condition take_condition();
  /// A branch forward, taken if the condition holds (or doesn't); to be patched.
  Patch branch_forward(const Condition& condition, bool negated);
  void branch_back(const Condition& condition, uint32_t target);
  bool needs_moves(const wasm::Label& label, uint32_t count);
  void move_to_label(const wasm::Label& label);
  void br(const wasm::WalkState& state, uint32_t depth);
  void br_if(const wasm::WalkState& state, uint32_t depth, const Condition& condition);
  void br_table(const wasm::Instruction& i, const wasm::WalkState& state);
  /// A branch in code that is jumped over when it isn't taken: it changes nothing that is known of
  /// values.
  void taken_path(const wasm::WalkState& state, uint32_t depth);
  void br_on_null(const wasm::Instruction& i, const wasm::WalkState& state);
  void br_on_non_null(const wasm::Instruction& i, const wasm::WalkState& state);
  void return_values(std::span<const wasm::ValueType> types);

  // emitter_fuel.cpp
  void meter(const wasm::Instruction& i);
  void end_row() { row_ = kNothing; }
  static bool ends_row(wasm::Opcode op);
  /// In front of a bulk operation whose length is on top of the stack.
  void meter_bulk(uint32_t log2_unit);

  // emitter_plain.cpp
  void compute(const wasm::Instruction& i, const LoweringRule& rule);
  void binary_int(const wasm::Instruction& i, Op op);
  void equals_zero(const wasm::Instruction& i);
  void load(const wasm::Instruction& i, Op op);
  void store(const wasm::Instruction& i, Op op);
  void wide(const wasm::Instruction& i, const LoweringRule& rule);
  void atomic_wait(const wasm::Instruction& i);
  bool is_guarded(const wasm::Instruction& i) const;
  void set_local(const wasm::Instruction& i);
  void constant(uint64_t bits, uint64_t bits_high, uint32_t slots, const wasm::Instruction& i);
  void select(const wasm::Instruction& i);
  void call(const wasm::Instruction& i, const wasm::WalkState& state);
  void tail_call(const wasm::Instruction& i);
  void bulk(const wasm::Instruction& i);
  bool check_table(uint32_t table);
  void plain(const wasm::Instruction& i, const wasm::WalkState& state);

  // emitter_object.cpp
  uint32_t slot_of_field(wasm::TypeId type, uint32_t field);
  void struct_access(const wasm::Instruction& i);
  void array_access(const wasm::Instruction& i);
  void object_row(const wasm::Instruction& i);
  void object(const wasm::Instruction& i, const wasm::WalkState& state);
  void br_on_cast(const wasm::Instruction& i, const wasm::WalkState& state);
  void begin_try(const wasm::Instruction& i, const wasm::WalkState& state, Target& target);
  void end_try(const Target& target);

  const wasm::Module& module_;
  runtime::ModuleCode& code_;
  const EmitOptions options_;
  std::vector<Word> words_;
  std::vector<uint32_t> starts_;  // of instructions, in words_
  std::vector<Value> values_;
  std::vector<uint32_t> in_locals_;  // indices of values of kind local, ascending
  std::vector<Target> targets_;
  std::vector<Patch> patches_;
  std::vector<uint32_t> returns_;
  std::vector<runtime::CatchRange> catches_;
  std::vector<uint32_t> catch_order_;
  std::unordered_map<uint32_t, std::vector<uint32_t>> field_slots_;
  uint32_t local_slots_ = 0;
  uint32_t loop_start_ = 0;   // of the last loop, or the function's
  uint32_t last_ = kNothing;  // the instruction before, if its result can be redirected
  uint32_t row_ = kNothing;   // the word that pays for the row at hand
  Place made_ = kNoPlace;     // where it put its result, if that is in `made`, too
  bool too_far_ = false;
  std::optional<Error> error_;
};

}  // namespace reprise::code
