#include "wasm/const_expression.hpp"

#include <fmt/format.h>

#include "wasm/decode_table.hpp"
#include "wasm/limits.hpp"
#include "wasm/type_reader.hpp"

namespace reprise::wasm {

namespace {

// The same algorithm as the walk's (walk_state.cpp), without control flow; an operand stack is all
// there is.
class ConstReader {
 public:
  ConstReader(ByteReader& in, Module& module)
      : in_(in), module_(module), registry_(*module.registry) {}

  Result<ConstExpression> read(ValueType expected) {
    ConstExpression result;
    result.first = static_cast<uint32_t>(module_.const_code.size());
    result.bytes.begin = position();
    while (true) {
      instruction_offset_ = in_.offset();
      REPRISE_ASSIGN(Opcode op, read_opcode());
      if (op == Opcode::end) break;
      ConstInstruction instruction;
      instruction.op = op;
      REPRISE_TRY(read_instruction(instruction));
      module_.const_code.push_back(instruction);
    }
    REPRISE_TRY(pop(expected));
    if (!stack_.empty()) return invalid("type mismatch: values left on the stack");
    result.bytes.end = position();
    result.count = static_cast<uint32_t>(module_.const_code.size()) - result.first;
    return result;
  }

 private:
  uint32_t position() const { return static_cast<uint32_t>(in_.offset() - module_.source.base); }
  std::unexpected<Error> invalid(std::string message) const {
    return fail(ErrorKind::invalid, std::move(message), instruction_offset_);
  }

  Result<Opcode> read_opcode() {
    REPRISE_ASSIGN(uint8_t byte, in_.u8());
    uint8_t prefix = 0;
    uint32_t code = byte;
    if (DecodeTable::is_prefix(byte)) {
      prefix = byte;
      REPRISE_ASSIGN(code, in_.leb_u32());
    }
    const auto op = find_opcode(prefix, code);
    if (!op)
      return fail(ErrorKind::malformed, fmt::format("illegal opcode {:02x}", code),
                  instruction_offset_);
    return *op;
  }

  Result<void> push(ValueType type) {
    stack_.push_back(type);
    return ok();
  }

  Result<void> pop(ValueType expected) {
    if (stack_.empty())
      return invalid(fmt::format("type mismatch: instruction requires [{}] but stack has []",
                                 to_string(expected)));
    const ValueType actual = stack_.back();
    stack_.pop_back();
    if (registry_.matches(actual, expected)) return ok();
    return invalid(fmt::format("type mismatch: instruction requires [{}] but stack has [{}]",
                               to_string(expected), to_string(actual)));
  }

  Result<void> binary(ValueType type) {
    REPRISE_TRY(pop(type));
    REPRISE_TRY(pop(type));
    return push(type);
  }

  Result<void> read_instruction(ConstInstruction& out) {
    switch (out.op) {
      case Opcode::i32_const: {
        REPRISE_ASSIGN(int32_t value, in_.leb_s32());
        out.bits = static_cast<uint32_t>(value);
        return push(kI32);
      }
      case Opcode::i64_const: {
        REPRISE_ASSIGN(int64_t value, in_.leb_s64());
        out.bits = static_cast<uint64_t>(value);
        return push(kI64);
      }
      case Opcode::f32_const: {
        REPRISE_ASSIGN(out.bits, in_.u32_le());
        return push(kF32);
      }
      case Opcode::f64_const: {
        REPRISE_ASSIGN(out.bits, in_.u64_le());
        return push(kF64);
      }
      case Opcode::v128_const: {
        REPRISE_ASSIGN(out.bits, in_.u64_le());
        REPRISE_ASSIGN(out.bits_high, in_.u64_le());
        return push(kV128);
      }
      case Opcode::i32_add:
      case Opcode::i32_sub:
      case Opcode::i32_mul:
        return binary(kI32);
      case Opcode::i64_add:
      case Opcode::i64_sub:
      case Opcode::i64_mul:
        return binary(kI64);
      case Opcode::global_get:
        return read_global_get(out);
      case Opcode::ref_null: {
        REPRISE_ASSIGN(out.heap, read_heap_type(in_, TypeSpace{module_.types}));
        return push(ValueType::reference(out.heap, true));
      }
      case Opcode::ref_func:
        return read_ref_func(out);
      case Opcode::ref_i31:
        REPRISE_TRY(pop(kI32));
        return push(ValueType::reference(AbstractHeapType::i31, false));
      case Opcode::any_convert_extern:
        return convert(AbstractHeapType::extern_, AbstractHeapType::any);
      case Opcode::extern_convert_any:
        return convert(AbstractHeapType::any, AbstractHeapType::extern_);
      case Opcode::struct_new:
      case Opcode::struct_new_default:
        return read_struct_new(out);
      case Opcode::array_new:
      case Opcode::array_new_default:
      case Opcode::array_new_fixed:
        return read_array_new(out);
      default:
        return invalid("constant expression required");
    }
  }

  Result<void> read_global_get(ConstInstruction& out) {
    REPRISE_ASSIGN(out.index, in_.leb_u32());
    if (out.index >= module_.globals.size())
      return invalid(fmt::format("unknown global {}", out.index));
    const GlobalType& global = module_.globals[out.index].type;
    if (global.is_mutable) return invalid("constant expression required: the global is mutable");
    return push(global.value);
  }

  Result<void> read_ref_func(ConstInstruction& out) {
    REPRISE_ASSIGN(out.index, in_.leb_u32());
    if (out.index >= module_.functions.size())
      return invalid(fmt::format("unknown function {}", out.index));
    module_.declared_functions[out.index] = true;
    return push(ValueType::reference(module_.functions[out.index].type, false));
  }

  Result<void> convert(AbstractHeapType from, AbstractHeapType to) {
    const bool nullable = !stack_.empty() && stack_.back().is_nullable();
    REPRISE_TRY(pop(ValueType::reference(from, true)));
    return push(ValueType::reference(to, nullable));
  }

  Result<const SubType*> read_type(ConstInstruction& out) {
    REPRISE_ASSIGN(uint32_t index, in_.leb_u32());
    if (index >= module_.types.size()) return invalid(fmt::format("unknown type {}", index));
    out.type = module_.types[index];
    return &registry_[out.type];
  }

  Result<void> read_struct_new(ConstInstruction& out) {
    REPRISE_ASSIGN(const SubType* type, read_type(out));
    const StructType* structure = type->struct_type();
    if (!structure) return invalid("type mismatch: not a struct type");
    if (out.op == Opcode::struct_new) {
      for (size_t k = structure->fields.size(); k > 0; --k)
        REPRISE_TRY(pop(structure->fields[k - 1].unpacked()));
    } else if (!structure->is_defaultable) {
      return invalid("type mismatch: a field has no default value");
    }
    return push(ValueType::reference(out.type, false));
  }

  Result<void> read_array_new(ConstInstruction& out) {
    REPRISE_ASSIGN(const SubType* type, read_type(out));
    uint32_t count = out.op == Opcode::array_new ? 1 : 0;
    if (out.op == Opcode::array_new_fixed) {
      REPRISE_ASSIGN(count, in_.leb_u32());
      out.index = count;
      if (count > limits::kArrayNewFixedOperands)
        return fail(ErrorKind::limit, "too many operands of array.new_fixed", instruction_offset_);
    }
    const ArrayType* array = type->array();
    if (!array) return invalid("type mismatch: not an array type");
    if (out.op == Opcode::array_new_default && !array->element.value.is_defaultable())
      return invalid("type mismatch: the element has no default value");
    if (out.op != Opcode::array_new_fixed) REPRISE_TRY(pop(kI32));
    for (uint32_t i = 0; i < count; ++i) REPRISE_TRY(pop(array->element.unpacked()));
    return push(ValueType::reference(out.type, false));
  }

  ByteReader& in_;
  Module& module_;
  const TypeRegistry& registry_;
  std::vector<ValueType> stack_;
  uint64_t instruction_offset_ = 0;
};

}  // namespace

Result<ConstExpression> read_const_expression(ByteReader& in, Module& module, ValueType expected) {
  return ConstReader(in, module).read(expected);
}

}  // namespace reprise::wasm
