// A stack machine for the handful of instructions that constant expressions are made of.

#include "runtime/const_expression.hpp"

#include <cstring>

#include "base/check.hpp"

namespace reprise::runtime {

namespace {

class Evaluator {
 public:
  Evaluator(StoreCore& store, Instance& instance) : store_(store), instance_(instance) {}

  Result<void> step(const wasm::ConstInstruction& i) {
    using enum wasm::Opcode;
    switch (i.op) {
      case i32_const:
      case i64_const:
      case f32_const:
      case f64_const:
      case v128_const:
        push({i.bits, i.bits_high});
        break;
      case global_get: {
        const Slot* value = instance_.globals[i.index];
        push({value[0], value[1]});
        break;
      }
      case ref_null:
        push({kNullRef});
        break;
      case ref_func:
        push({ref_of_func(store_.function_of(instance_, i.index))});
        break;
      case ref_i31:
        push({ref_of_i31(static_cast<uint32_t>(pop().low))});
        break;
      case any_convert_extern:
      case extern_convert_any:
        break;
      case struct_new:
      case struct_new_default:
        return make_struct(i);
      case array_new:
      case array_new_default:
      case array_new_fixed:
        return make_array(i);
      default:
        return arithmetic(i.op);
    }
    return ok();
  }

  ConstValue pop() {
    REPRISE_CHECK(!stack_.empty());
    const ConstValue value = stack_.back();
    stack_.pop_back();
    return value;
  }

 private:
  void push(ConstValue value) { stack_.push_back(value); }

  static std::unexpected<Error> exhausted() {
    return fail(ErrorKind::limit, "the store's heap is exhausted");
  }

  /// What constant expressions allocate was asked for with the instance.
  template <class F>
  Slot allocate(F attempt) {
    const Slot made = attempt();
    if (made != kNullRef || store_.heap().wanted() == 0) return made;
    store_.heap().grant(store_.heap().wanted());
    return attempt();
  }

  // Nothing is collected here: what the stack holds is known to nobody else.

  Result<void> make_struct(const wasm::ConstInstruction& i) {
    Heap& heap = store_.heap();
    const Slot made = allocate([&] { return heap.allocate_struct(i.type); });
    if (made == kNullRef) return exhausted();
    if (i.op == wasm::Opcode::struct_new) {
      const Heap::Layout& layout = heap.layout(i.type);
      const auto& fields = store_.types()[i.type].struct_type()->fields;
      for (size_t n = fields.size(); n != 0; --n) {
        const ConstValue value = pop();
        Slot* field = heap.slots(made) + layout.field_slots[n - 1];
        field[0] = value.low;
        if (fields[n - 1].value.slots() == 2) field[1] = value.high;
      }
    }
    push({made});
    return ok();
  }

  Result<void> make_array(const wasm::ConstInstruction& i) {
    Heap& heap = store_.heap();
    const bool fixed = i.op == wasm::Opcode::array_new_fixed;
    const uint32_t length = fixed ? i.index : static_cast<uint32_t>(pop().low);
    const Slot made = allocate([&] { return heap.allocate_array(i.type, length); });
    if (made == kNullRef) return exhausted();
    const uint32_t log2 = Heap::element_log2(store_.types()[i.type].array()->element);
    const auto write = [&](uint32_t index, const ConstValue& value) {
      const Slot slots[2] = {value.low, value.high};
      std::memcpy(heap.elements(made) + (size_t{index} << log2), slots, size_t{1} << log2);
    };
    if (fixed) {
      for (uint32_t n = length; n != 0; --n) write(n - 1, pop());
    } else if (i.op == wasm::Opcode::array_new) {
      const ConstValue value = pop();
      for (uint32_t n = 0; n < length; ++n) write(n, value);
    }
    push({made});
    return ok();
  }

  Result<void> arithmetic(wasm::Opcode op) {
    using enum wasm::Opcode;
    const Slot b = pop().low;
    const Slot a = pop().low;
    switch (op) {
      case i32_add:
        push({static_cast<uint32_t>(a + b)});
        break;
      case i32_sub:
        push({static_cast<uint32_t>(a - b)});
        break;
      case i32_mul:
        push({static_cast<uint32_t>(a * b)});
        break;
      case i64_add:
        push({a + b});
        break;
      case i64_sub:
        push({a - b});
        break;
      case i64_mul:
        push({a * b});
        break;
      default:
        return fail(ErrorKind::unsupported,
                    "constant expression with " + std::string(wasm::mnemonic(op)));
    }
    return ok();
  }

  StoreCore& store_;
  Instance& instance_;
  std::vector<ConstValue> stack_;
};

}  // namespace

Result<ConstValue> evaluate(StoreCore& store, Instance& instance,
                            const wasm::ConstExpression& expression) {
  Evaluator evaluator(store, instance);
  for (const wasm::ConstInstruction& i : instance.module().code(expression))
    REPRISE_TRY(evaluator.step(i));
  return evaluator.pop();
}

}  // namespace reprise::runtime
