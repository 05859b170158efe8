#include "wasm/types.hpp"

#include <fmt/format.h>

namespace reprise::wasm {

uint32_t FieldType::data_bytes() const {
  switch (packing) {
    case Packing::i8:
      return 1;
    case Packing::i16:
      return 2;
    case Packing::none:
      break;
  }
  switch (value.kind()) {
    case ValueKind::i32:
    case ValueKind::f32:
      return 4;
    case ValueKind::i64:
    case ValueKind::f64:
      return 8;
    case ValueKind::v128:
      return 16;
    case ValueKind::bottom:
    case ValueKind::ref:
    case ValueKind::ref_null:
      return 0;
  }
  return 0;
}

std::string_view to_string(ExternKind kind) {
  switch (kind) {
    case ExternKind::function:
      return "function";
    case ExternKind::table:
      return "table";
    case ExternKind::memory:
      return "memory";
    case ExternKind::global:
      return "global";
    case ExternKind::tag:
      return "tag";
  }
  return "unknown";
}

std::string_view to_string(AbstractHeapType type) {
  switch (type) {
    case AbstractHeapType::any:
      return "any";
    case AbstractHeapType::eq:
      return "eq";
    case AbstractHeapType::i31:
      return "i31";
    case AbstractHeapType::struct_:
      return "struct";
    case AbstractHeapType::array:
      return "array";
    case AbstractHeapType::none:
      return "none";
    case AbstractHeapType::func:
      return "func";
    case AbstractHeapType::nofunc:
      return "nofunc";
    case AbstractHeapType::extern_:
      return "extern";
    case AbstractHeapType::noextern:
      return "noextern";
    case AbstractHeapType::exn:
      return "exn";
    case AbstractHeapType::noexn:
      return "noexn";
    case AbstractHeapType::bottom:
      return "bottom";
  }
  return "unknown";
}

std::string to_string(HeapType type) {
  if (!type.is_concrete()) return std::string(to_string(type.abstract()));
  if (type.is_group_member()) return fmt::format("member {}", type.group_position());
  return fmt::format("{}", type.id().value);
}

namespace {

// The short name of a nullable reference to an abstract type, where it is not "<heap type>ref".
std::string shorthand(AbstractHeapType type) {
  switch (type) {
    case AbstractHeapType::none:
      return "nullref";
    case AbstractHeapType::nofunc:
      return "nullfuncref";
    case AbstractHeapType::noextern:
      return "nullexternref";
    case AbstractHeapType::noexn:
      return "nullexnref";
    default:
      return std::string(to_string(type)) + "ref";
  }
}

}  // namespace

std::string to_string(ValueType type) {
  switch (type.kind()) {
    case ValueKind::bottom:
      return "bottom";
    case ValueKind::i32:
      return "i32";
    case ValueKind::i64:
      return "i64";
    case ValueKind::f32:
      return "f32";
    case ValueKind::f64:
      return "f64";
    case ValueKind::v128:
      return "v128";
    case ValueKind::ref:
      return fmt::format("(ref {})", to_string(type.heap()));
    case ValueKind::ref_null:
      if (!type.heap().is_concrete()) return shorthand(type.heap().abstract());
      return fmt::format("(ref null {})", to_string(type.heap()));
  }
  return "unknown";
}

AbstractHeapType top_of(AbstractHeapType type) {
  switch (type) {
    case AbstractHeapType::any:
    case AbstractHeapType::eq:
    case AbstractHeapType::i31:
    case AbstractHeapType::struct_:
    case AbstractHeapType::array:
    case AbstractHeapType::none:
      return AbstractHeapType::any;
    case AbstractHeapType::func:
    case AbstractHeapType::nofunc:
      return AbstractHeapType::func;
    case AbstractHeapType::extern_:
    case AbstractHeapType::noextern:
      return AbstractHeapType::extern_;
    case AbstractHeapType::exn:
    case AbstractHeapType::noexn:
      return AbstractHeapType::exn;
    case AbstractHeapType::bottom:
      break;
  }
  return AbstractHeapType::bottom;
}

}  // namespace reprise::wasm
