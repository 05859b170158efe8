// A stack machine for the handful of instructions that constant expressions are made of.

#include "runtime/const_expression.hpp"

#include "base/check.hpp"

namespace reprise::runtime {

namespace {

class Evaluator {
 public:
  Evaluator(StoreCore& store, const Instance& instance) : store_(store), instance_(instance) {}

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
        push({ref_of_func(store_.id_of(*instance_.functions[i.index]))});
        break;
      case ref_i31:
        push({ref_of_i31(static_cast<uint32_t>(pop().low))});
        break;
      case any_convert_extern:
      case extern_convert_any:
        break;
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
  const Instance& instance_;
  std::vector<ConstValue> stack_;
};

}  // namespace

Result<ConstValue> evaluate(StoreCore& store, const Instance& instance,
                            const wasm::ConstExpression& expression) {
  Evaluator evaluator(store, instance);
  for (const wasm::ConstInstruction& i : instance.module().code(expression))
    REPRISE_TRY(evaluator.step(i));
  return evaluator.pop();
}

}  // namespace reprise::runtime
