#include "debug/dwarf/location.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "debug/dwarf/context.hpp"
#include "debug/dwarf/lists.hpp"

namespace reprise::debug::dwarf {

namespace {

/// Branches can go backwards; no compiler's expression runs this long.
constexpr int kMaxSteps = 10'000;
constexpr size_t kMaxStack = 256;
constexpr uint64_t kMaxComposedBytes = 4096;

/// The type that DW_OP_convert gave an entry; none for the generic type.
struct NumberType {
  uint8_t bits = 0;
  Encoding encoding = Encoding::none;
};

struct Entry128 {
  WasmBits bits;
  NumberType type;
  /// Where it was read, as long as nothing was computed with it.
  std::optional<WasmPlace> from = std::nullopt;
};

/// Sign- or zero-extends the low bits to 64.
uint64_t extended(uint64_t value, NumberType type) {
  if (type.bits == 0 || type.bits >= 64) return value;
  const uint64_t mask = (uint64_t{1} << type.bits) - 1;
  const bool is_negative = type.encoding == Encoding::signed_ && (value >> (type.bits - 1) & 1);
  return is_negative ? value | ~mask : value & mask;
}

class Machine {
 public:
  Machine(Bytes expression, const LocationContext& context)
      : context_(context), cursor_(expression), size_(expression.size()) {}

  Result<Value> run(Die type) {
    for (int steps = 0; !cursor_.at_end(); ++steps) {
      if (steps == kMaxSteps) return fail(ErrorKind::limit, "its location takes too long to find");
      REPRISE_TRY(step());
    }
    if (!cursor_.ok()) return fail(ErrorKind::malformed, "its location makes no sense");
    return finish(type);
  }

 private:
  enum class Ending : uint8_t { memory, value, bytes };

  Result<void> step() {
    const uint8_t opcode = cursor_.u8();
    const auto op = static_cast<Op>(opcode);
    if (op >= Op::lit0 && op <= Op::lit31) return push(opcode - static_cast<uint8_t>(Op::lit0));
    if (op >= Op::dup && op <= Op::rot) return shuffle(op);
    if (op >= Op::and_ && op <= Op::xor_ && op != Op::neg && op != Op::not_ &&
        op != Op::plus_uconst)
      return binary(op);
    if (op >= Op::eq && op <= Op::ne) return binary(op);
    switch (op) {
      case Op::addr:
        return push(cursor_.fixed(context_.unit->params().address_size));
      case Op::addrx:
      case Op::constx:
        return push_indexed(cursor_.uleb());
      case Op::const1u:
        return push(cursor_.u8());
      case Op::const1s:
        return push(static_cast<uint64_t>(static_cast<int8_t>(cursor_.u8())));
      case Op::const2u:
        return push(cursor_.u16());
      case Op::const2s:
        return push(static_cast<uint64_t>(static_cast<int16_t>(cursor_.u16())));
      case Op::const4u:
        return push(cursor_.u32());
      case Op::const4s:
        return push(static_cast<uint64_t>(static_cast<int32_t>(cursor_.u32())));
      case Op::const8u:
      case Op::const8s:
        return push(cursor_.u64());
      case Op::constu:
        return push(cursor_.uleb());
      case Op::consts:
        return push(static_cast<uint64_t>(cursor_.sleb()));
      case Op::deref:
        return dereference(context_.unit->params().address_size);
      case Op::deref_size:
        return dereference(cursor_.u8());
      case Op::abs:
      case Op::neg:
      case Op::not_:
      case Op::plus_uconst:
        return unary(op);
      case Op::skip:
        return jump(static_cast<int16_t>(cursor_.u16()));
      case Op::bra: {
        const auto distance = static_cast<int16_t>(cursor_.u16());
        REPRISE_ASSIGN(const uint64_t condition, pop());
        return condition != 0 ? jump(distance) : ok();
      }
      case Op::nop:
        return ok();
      case Op::fbreg:
        return push_frame_offset(cursor_.sleb());
      case Op::wasm_location:
        return push_wasm();
      case Op::convert:
        return convert(cursor_.uleb());
      case Op::stack_value:
        ending_ = Ending::value;
        return ok();
      case Op::implicit_value:
        literal_ = cursor_.bytes(cursor_.uleb());
        ending_ = Ending::bytes;
        return ok();
      case Op::piece: {
        const uint64_t bytes = cursor_.uleb();
        return take_piece(bytes);
      }
      case Op::bit_piece: {
        const uint64_t bits = cursor_.uleb();
        const uint64_t offset = cursor_.uleb();
        if (bits % 8 != 0 || offset != 0) return unsupported(opcode);
        return take_piece(bits / 8);
      }
      default:
        return unsupported(opcode);
    }
  }

  static std::unexpected<Error> unsupported(uint8_t opcode) {
    // What a caller's register held on entry is gone, for one.
    if (static_cast<Op>(opcode) == Op::entry_value) return fail(ErrorKind::usage, "optimized out");
    return fail(ErrorKind::unsupported,
                fmt::format("its location needs DWARF operation 0x{:02x}", opcode));
  }

  Result<void> push(uint64_t value) { return push(Entry128{{value, 0}, {}}); }
  Result<void> push(Entry128 entry) {
    if (stack_.size() == kMaxStack) return fail(ErrorKind::limit, "its location is too complex");
    stack_.push_back(entry);
    return ok();
  }
  Result<Entry128> pop_entry() {
    if (stack_.empty()) return fail(ErrorKind::malformed, "its location makes no sense");
    const Entry128 top = stack_.back();
    stack_.pop_back();
    return top;
  }
  Result<uint64_t> pop() {
    REPRISE_ASSIGN(const Entry128 top, pop_entry());
    return top.bits.low;
  }

  Result<void> push_indexed(uint64_t index) {
    auto address = context_.unit->indexed_address(index);
    if (!address) return fail(ErrorKind::malformed, "its address is not in the table of addresses");
    return push(*address);
  }

  Result<void> push_wasm() {
    const auto kind = static_cast<WasmLocation>(cursor_.u8());
    const uint64_t index = kind == WasmLocation::global_u32 ? cursor_.u32() : cursor_.uleb();
    if (!cursor_.ok() || index > 0xffffffff) return ok();  // run() reports it
    const auto narrow = static_cast<uint32_t>(index);
    const FrameState& frame = *context_.frame;
    std::optional<WasmBits> bits;
    WasmPlace from{.kind = WasmPlace::Kind::local, .index = narrow};
    if (kind == WasmLocation::local) bits = frame.local(narrow);
    if (kind == WasmLocation::global || kind == WasmLocation::global_u32) {
      bits = frame.global(narrow);
      from.kind = WasmPlace::Kind::global;
    }
    if (kind == WasmLocation::operand) {
      bits = frame.operand(narrow);
      from.kind = WasmPlace::Kind::operand;
    }
    if (!bits) return fail(ErrorKind::usage, "the frame does not have its value any more");
    return push(Entry128{*bits, {}, from});
  }

  /// The function's frame base is an expression of its own, which must not need itself.
  Result<void> push_frame_offset(int64_t offset) {
    auto base = context_.function ? context_.function.own(At::frame_base) : std::nullopt;
    if (!base || !base->is_block()) return fail(ErrorKind::usage, "its function has no frame base");
    LocationContext outer = context_;
    outer.function = {};
    Machine machine(base->bytes, outer);
    REPRISE_TRY(machine.run({}));
    REPRISE_ASSIGN(const uint64_t address, machine.pop());
    return push(address + static_cast<uint64_t>(offset));
  }

  Result<void> dereference(uint32_t size) {
    REPRISE_ASSIGN(const uint64_t address, pop());
    Value at;
    at.address = memory_address(address);
    if (size > 8) return fail(ErrorKind::malformed, "its location makes no sense");
    REPRISE_ASSIGN(const uint64_t value, read_number(at, size, *context_.frame));
    return push(value);
  }

  Result<void> shuffle(Op op) {
    const size_t depth = op == Op::pick ? cursor_.u8() : op == Op::over ? 1 : 0;
    const size_t needed = op == Op::swap ? 2 : op == Op::rot ? 3 : depth + 1;
    if (stack_.size() < needed) return fail(ErrorKind::malformed, "its location makes no sense");
    if (op == Op::drop) {
      stack_.pop_back();
    } else if (op == Op::swap) {
      std::swap(stack_.end()[-1], stack_.end()[-2]);
    } else if (op == Op::rot) {
      std::rotate(stack_.end() - 3, stack_.end() - 1, stack_.end());
    } else {
      return push(stack_.end()[-1 - static_cast<std::ptrdiff_t>(depth)]);
    }
    return ok();
  }

  Result<void> unary(Op op) {
    const uint64_t constant = op == Op::plus_uconst ? cursor_.uleb() : 0;
    REPRISE_ASSIGN(Entry128 top, pop_entry());
    uint64_t& value = top.bits.low;
    if (op == Op::plus_uconst) value += constant;
    if (op == Op::not_) value = ~value;
    if (op == Op::neg || (op == Op::abs && static_cast<int64_t>(value) < 0)) value = 0 - value;
    value = extended(value, top.type);
    top.from.reset();
    return push(top);
  }

  Result<void> binary(Op op) {
    REPRISE_ASSIGN(const Entry128 right, pop_entry());
    REPRISE_ASSIGN(const Entry128 left, pop_entry());
    const uint64_t b = right.bits.low;
    const uint64_t a = left.bits.low;
    const auto signed_a = static_cast<int64_t>(a);
    const auto signed_b = static_cast<int64_t>(b);
    if ((op == Op::div || op == Op::mod) && b == 0)
      return fail(ErrorKind::malformed, "its location divides by zero");
    uint64_t out = 0;
    switch (op) {
      case Op::and_:
        out = a & b;
        break;
      case Op::or_:
        out = a | b;
        break;
      case Op::xor_:
        out = a ^ b;
        break;
      case Op::plus:
        out = a + b;
        break;
      case Op::minus:
        out = a - b;
        break;
      case Op::mul:
        out = a * b;
        break;
      case Op::div:
        // The smallest number by -1 wraps around.
        out = signed_b == -1 ? 0 - a : static_cast<uint64_t>(signed_a / signed_b);
        break;
      case Op::mod:
        out = a % b;
        break;
      case Op::shl:
        out = b < 64 ? a << b : 0;
        break;
      case Op::shr:
        out = b < 64 ? a >> b : 0;
        break;
      case Op::shra:
        out = static_cast<uint64_t>(signed_a >> std::min<uint64_t>(b, 63));
        break;
      case Op::eq:
        out = a == b;
        break;
      case Op::ne:
        out = a != b;
        break;
      case Op::lt:
        out = signed_a < signed_b;
        break;
      case Op::le:
        out = signed_a <= signed_b;
        break;
      case Op::gt:
        out = signed_a > signed_b;
        break;
      case Op::ge:
        out = signed_a >= signed_b;
        break;
      default:
        return unsupported(static_cast<uint8_t>(op));
    }
    return push(Entry128{{extended(out, left.type), 0}, left.type});
  }

  Result<void> jump(int16_t distance) {
    const auto target = static_cast<int64_t>(cursor_.offset()) + distance;
    if (target < 0 || static_cast<uint64_t>(target) > size_)
      return fail(ErrorKind::malformed, "its location makes no sense");
    cursor_.seek(static_cast<uint64_t>(target));
    return ok();
  }

  /// To the base type at `offset` of the unit; 0 is the generic type. Between integers only.
  Result<void> convert(uint64_t offset) {
    REPRISE_ASSIGN(Entry128 top, pop_entry());
    NumberType target;
    if (offset != 0) {
      if (offset > context_.unit->end())
        return fail(ErrorKind::malformed, "its location makes no sense");
      const Die type = context_.unit->at_offset(context_.unit->begin() + offset);
      const uint64_t size = type ? type.number(At::byte_size).value_or(0) : 0;
      const uint64_t bits = type ? type.number(At::bit_size).value_or(size * 8) : 0;
      target.bits = bits <= 64 ? static_cast<uint8_t>(bits) : uint8_t{0};
      target.encoding =
          static_cast<Encoding>(type ? type.number(At::encoding).value_or(0) : uint64_t{0});
      if (target.bits == 0 || target.encoding == Encoding::floating)
        return fail(ErrorKind::unsupported, "its location converts to a type that is no integer");
    }
    top.bits.low = extended(top.bits.low, target);
    top.type = target;
    top.from.reset();
    return push(top);
  }

  uint64_t memory_address(uint64_t address) const {
    return context_.unit->params().address_size == 4 ? address & 0xffffffff : address;
  }

  /// What has been described since the last piece becomes the next `size` bytes of the value.
  Result<void> take_piece(uint64_t size) {
    is_composed_ = true;
    if (size > kMaxComposedBytes || composed_.bytes.size() + size > kMaxComposedBytes)
      return fail(ErrorKind::limit, "it is in too many pieces");
    const bool is_described = !stack_.empty() || ending_ == Ending::bytes;
    Result<std::vector<uint8_t>> bytes = std::vector<uint8_t>(size);
    if (is_described) {
      REPRISE_ASSIGN(const Value piece, described({}));
      bytes = read_bytes(piece, size, *context_.frame);
    }
    const bool is_known = is_described && bytes.has_value();
    if (!bytes) bytes = std::vector<uint8_t>(size);
    composed_.bytes.insert(composed_.bytes.end(), bytes->begin(), bytes->end());
    composed_.known.insert(composed_.known.end(), size, is_known);
    stack_.clear();
    ending_ = Ending::memory;
    return ok();
  }

  /// What the expression says of a value that isn't in pieces.
  Result<Value> described(Die type) {
    Value out;
    out.type = type;
    if (ending_ == Ending::bytes) {
      out.bytes.assign(literal_.begin(), literal_.end());
      return out;
    }
    if (stack_.empty()) return fail(ErrorKind::usage, "optimized out");
    const WasmBits top = stack_.back().bits;
    if (ending_ == Ending::memory) {
      out.address = memory_address(top.low);
      return out;
    }
    out.held_in = stack_.back().from;
    for (uint64_t half : {top.low, top.high})
      for (uint32_t shift = 0; shift < 64; shift += 8)
        out.bytes.push_back(static_cast<uint8_t>(half >> shift));
    return out;
  }

  Result<Value> finish(Die type) {
    if (!is_composed_) return described(type);
    composed_.type = type;
    return std::move(composed_);
  }

  const LocationContext& context_;
  Cursor cursor_;
  uint64_t size_;
  std::vector<Entry128> stack_;
  Ending ending_ = Ending::memory;
  Bytes literal_;
  bool is_composed_ = false;
  Value composed_;
};

Value constant_value(const FormValue& value, Die variable) {
  Value out;
  out.type = variable.type();
  if (value.is_block()) {
    out.bytes.assign(value.bytes.begin(), value.bytes.end());
  } else if (value.is_constant()) {
    for (uint32_t shift = 0; shift < 64; shift += 8)
      out.bytes.push_back(static_cast<uint8_t>(value.number >> shift));
  } else {
    const std::string_view text = variable.text(At::const_value);
    out.bytes.assign(text.begin(), text.end());
    out.bytes.push_back(0);
  }
  return out;
}

}  // namespace

Result<Value> locate(Bytes expression, Die type, const LocationContext& context) {
  return Machine(expression, context).run(type);
}

bool is_dropped(Die variable) {
  auto location = variable.own(At::location);
  if (!location || !location->is_block()) return false;
  const Unit& unit = variable.unit();
  Cursor cursor(location->bytes);
  const auto op = static_cast<Op>(cursor.u8());
  std::optional<uint64_t> address;
  if (op == Op::addr) address = cursor.fixed(unit.params().address_size);
  if (op == Op::addrx) address = unit.indexed_address(cursor.uleb());
  const uint64_t largest = unit.params().address_size == 4 ? 0xffffffff : ~uint64_t{0};
  return address && *address >= largest - 1;
}

Result<Value> locate(Die variable, const LocationContext& context) {
  if (auto location = variable.own(At::location)) {
    if (location->is_block()) return locate(location->bytes, variable.type(), context);
    uint32_t budget = variable.unit().list_budget();
    auto expression = find_location(variable.unit(), *location, context.address, budget);
    if (!expression) return fail(ErrorKind::usage, "optimized out");
    return locate(*expression, variable.type(), context);
  }
  if (auto constant = variable.find(At::const_value)) return constant_value(*constant, variable);
  return fail(ErrorKind::usage, "optimized out");
}

}  // namespace reprise::debug::dwarf
