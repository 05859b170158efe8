// The typing rules that a row of opcodes.def cannot hold (spec: valid/instructions). Each rule pops
// what the instruction takes, then pushes what it leaves; WalkState::account_rule relies on that
// order.

#include <fmt/format.h>

#include "wasm/limits.hpp"
#include "wasm/walk_state.hpp"

namespace reprise::wasm {

namespace {

constexpr ValueType abstract_ref(AbstractHeapType heap, bool nullable) {
  return ValueType::reference(heap, nullable);
}

// spec: syntax/types §reference type difference.
constexpr ValueType difference(ValueType from, ValueType taken) {
  return taken.is_nullable() ? from.with_nullable(false) : from;
}

constexpr ValueType smaller_address(ValueType a, ValueType b) {
  return a == kI64 && b == kI64 ? kI64 : kI32;
}

}  // namespace

bool WalkState::apply_rule(Instruction& i) {
  switch (i.op) {
    case Opcode::unreachable:
      ends_ = true;
      return true;
    case Opcode::throw_:
    case Opcode::throw_ref:
      return rule_throw(i);
    case Opcode::br:
    case Opcode::br_if:
    case Opcode::return_:
      return rule_branch(i);
    case Opcode::br_table:
      return rule_br_table(i);
    case Opcode::br_on_null:
    case Opcode::br_on_non_null:
      return rule_branch_on_reference(i);
    case Opcode::br_on_cast:
    case Opcode::br_on_cast_fail:
      return rule_br_on_cast(i);
    case Opcode::call:
    case Opcode::call_indirect:
    case Opcode::call_ref:
    case Opcode::return_call:
    case Opcode::return_call_indirect:
    case Opcode::return_call_ref:
      return rule_call(i);
    case Opcode::drop:
      return pop_any(i.type);
    case Opcode::select:
    case Opcode::select_typed:
      return rule_select(i);
    case Opcode::global_get:
    case Opcode::global_set:
      return rule_global(i);
    case Opcode::table_get:
    case Opcode::table_set:
    case Opcode::table_size:
    case Opcode::table_grow:
    case Opcode::table_fill:
      return rule_table(i);
    case Opcode::table_init:
    case Opcode::table_copy:
      return rule_table_bulk(i);
    case Opcode::memory_init:
    case Opcode::memory_copy:
      return rule_memory_bulk(i);
    case Opcode::ref_null:
    case Opcode::ref_func:
    case Opcode::ref_is_null:
    case Opcode::ref_as_non_null:
    case Opcode::ref_eq:
      return rule_reference(i);
    case Opcode::ref_i31:
    case Opcode::i31_get_s:
    case Opcode::i31_get_u:
    case Opcode::any_convert_extern:
    case Opcode::extern_convert_any:
      return rule_reference_conversion(i);
    case Opcode::ref_test:
    case Opcode::ref_test_null:
    case Opcode::ref_cast:
    case Opcode::ref_cast_null:
      return rule_cast(i);
    case Opcode::struct_new:
    case Opcode::struct_new_default:
    case Opcode::struct_get:
    case Opcode::struct_get_s:
    case Opcode::struct_get_u:
    case Opcode::struct_set:
      return rule_struct(i);
    case Opcode::array_new:
    case Opcode::array_new_default:
    case Opcode::array_new_fixed:
    case Opcode::array_new_data:
    case Opcode::array_new_elem:
      return rule_array_new(i);
    case Opcode::array_get:
    case Opcode::array_get_s:
    case Opcode::array_get_u:
    case Opcode::array_set:
    case Opcode::array_len:
      return rule_array(i);
    case Opcode::array_fill:
    case Opcode::array_copy:
    case Opcode::array_init_data:
    case Opcode::array_init_elem:
      return rule_array_bulk(i);
    default:
      return malformed(fmt::format("illegal opcode {}", mnemonic(i.op)));
  }
}

// ---- Branches ----

bool WalkState::rule_branch(Instruction& i) {
  if (i.op == Opcode::br_if) {
    i.hint = hint_at(i.offset);
    return pop_i32() && retype_top(label(i.index).branch_types());
  }
  ends_ = true;
  if (i.op == Opcode::br) return check_top(label(i.index).branch_types());
  return pop_all(type_.results);
}

bool WalkState::rule_br_table(Instruction& i) {
  if (!pop_i32()) return false;
  const auto& targets = scratch_.targets;
  for (uint32_t depth : targets)
    if (!check_label(depth)) return false;
  const size_t arity = label(targets.back()).branch_types().size();
  uint32_t previous = targets.back();
  if (!check_top(label(previous).branch_types())) return false;
  for (uint32_t depth : targets) {
    if (depth == previous) continue;
    const auto types = label(depth).branch_types();
    if (types.size() != arity) return invalid("type mismatch: targets of br_table differ in arity");
    if (!check_top(types)) return false;
    previous = depth;
  }
  i.labels = targets;
  ends_ = true;
  return true;
}

bool WalkState::rule_branch_on_reference(Instruction& i) {
  const auto types = label(i.index).branch_types();
  if (!pop_reference(i.type)) return false;
  const ValueType non_null = i.type.is_bottom() ? abstract_ref(AbstractHeapType::bottom, false)
                                                : i.type.with_nullable(false);
  if (i.op == Opcode::br_on_null) {
    if (!retype_top(types)) return false;
    push(non_null);
    return true;
  }
  if (types.empty() || !registry_.matches(non_null, types.back()))
    return invalid("type mismatch: the label does not take the reference");
  return retype_top(types.first(types.size() - 1));
}

bool WalkState::rule_br_on_cast(Instruction& i) {
  const ValueType from = i.type;
  const ValueType to = i.type2;
  const bool on_success = i.op == Opcode::br_on_cast;
  if (!registry_.matches(to, from))
    return invalid("type mismatch: the cast's target must be a subtype of its source");
  const ValueType carried = on_success ? to : difference(from, to);
  const auto types = label(i.index).branch_types();
  if (types.empty() || !registry_.matches(carried, types.back()))
    return invalid("type mismatch: the label does not take the reference");
  if (!pop(from) || !retype_top(types.first(types.size() - 1))) return false;
  push(on_success ? difference(from, to) : to);
  return true;
}

bool WalkState::rule_throw(Instruction& i) {
  ends_ = true;
  if (i.op == Opcode::throw_ref) return pop(kExnref);
  i.type_id = module_.tags[i.index].type;
  i.callee = registry_.func(i.type_id);
  return pop_all(i.callee->parameters);
}

// spec: valid/instructions §catch clauses. Labels count from outside the try_table.
bool WalkState::check_catch(const Catch& clause) {
  if (!check_label(clause.label)) return false;
  std::span<const ValueType> parameters;
  if (clause.kind == CatchKind::catch_ || clause.kind == CatchKind::catch_ref) {
    if (!check_index(clause.tag, module_.tags.size(), "tag")) return false;
    parameters = registry_.func(module_.tags[clause.tag].type)->parameters;
  }
  const bool with_exception =
      clause.kind == CatchKind::catch_ref || clause.kind == CatchKind::catch_all_ref;
  const auto types = label(clause.label).branch_types();
  bool good = types.size() == parameters.size() + (with_exception ? 1 : 0);
  for (size_t k = 0; good && k < parameters.size(); ++k)
    good = registry_.matches(parameters[k], types[k]);
  if (good && with_exception)
    good = registry_.matches(abstract_ref(AbstractHeapType::exn, false), types.back());
  return good || invalid("type mismatch: the label does not take what the clause catches");
}

// ---- Calls ----

const FuncType* WalkState::func_type(Instruction& i) {
  const FuncType* type = registry_.func(i.type_id);
  if (!type) invalid(fmt::format("type mismatch: type {} is not a function type", i.index));
  return type;
}

bool WalkState::rule_call(Instruction& i) {
  if (i.op == Opcode::call || i.op == Opcode::return_call)
    i.type_id = module_.functions[i.index].type;
  i.callee = func_type(i);
  if (!i.callee) return false;
  if (i.op == Opcode::call_ref || i.op == Opcode::return_call_ref) {
    if (!pop(ValueType::reference(i.type_id, true))) return false;
  } else if (i.op == Opcode::call_indirect || i.op == Opcode::return_call_indirect) {
    if (!registry_.matches(module_.tables[i.index2].type.element, kFuncref))
      return invalid("type mismatch: the table does not hold functions");
    if (!pop(table_address(i.index2))) return false;
  }
  if (!pop_all(i.callee->parameters)) return false;
  const bool is_tail = i.op == Opcode::return_call || i.op == Opcode::return_call_indirect ||
                       i.op == Opcode::return_call_ref;
  if (!is_tail) return push_all(i.callee->results);
  ends_ = true;
  const auto& results = i.callee->results;
  bool good = results.size() == type_.results.size();
  for (size_t k = 0; good && k < results.size(); ++k)
    good = registry_.matches(results[k], type_.results[k]);
  return good || invalid("type mismatch: the callee's results are not those of this function");
}

// ---- Variables and tables ----

bool WalkState::rule_select(Instruction& i) {
  if (!pop_i32()) return false;
  if (i.op == Opcode::select_typed) {
    if (!pop(i.type) || !pop(i.type)) return false;
  } else {
    ValueType first;
    ValueType second;
    if (!pop_any(second) || !pop_any(first)) return false;
    i.type = first.is_bottom() ? second : first;
    if (first.is_reference() || second.is_reference())
      return invalid("type mismatch: select of references needs a type");
    if (!second.is_bottom() && second != i.type)
      return invalid(fmt::format("type mismatch: select between {} and {}", to_string(first),
                                 to_string(second)));
  }
  push(i.type);
  return true;
}

bool WalkState::rule_global(Instruction& i) {
  const GlobalType& global = module_.globals[i.index].type;
  i.type = global.value;
  if (i.op == Opcode::global_get) {
    push(i.type);
    return true;
  }
  if (!global.is_mutable) return invalid("immutable global");
  return pop(i.type);
}

bool WalkState::rule_table(Instruction& i) {
  i.type = module_.tables[i.index].type.element;
  const ValueType address = table_address(i.index);
  switch (i.op) {
    case Opcode::table_get:
      if (!pop(address)) return false;
      push(i.type);
      return true;
    case Opcode::table_set:
      return pop(i.type) && pop(address);
    case Opcode::table_size:
      push(address);
      return true;
    case Opcode::table_grow:
      if (!pop(address) || !pop(i.type)) return false;
      push(address);
      return true;
    default:
      return pop(address) && pop(i.type) && pop(address);  // table.fill
  }
}

bool WalkState::rule_table_bulk(Instruction& i) {
  if (i.op == Opcode::table_init) {
    i.type = module_.tables[i.index2].type.element;
    if (!registry_.matches(module_.elements[i.index].type, i.type))
      return invalid("type mismatch: the segment's type does not match the table's");
    return pop_i32() && pop_i32() && pop(table_address(i.index2));
  }
  i.type = module_.tables[i.index].type.element;
  if (!registry_.matches(module_.tables[i.index2].type.element, i.type))
    return invalid("type mismatch: the source's type does not match the destination's");
  const ValueType to = table_address(i.index);
  const ValueType from = table_address(i.index2);
  return pop(smaller_address(to, from)) && pop(from) && pop(to);
}

bool WalkState::rule_memory_bulk(Instruction& i) {
  if (i.op == Opcode::memory_init) return pop_i32() && pop_i32() && pop(address_type(i.index2));
  const ValueType to = address_type(i.index);
  const ValueType from = address_type(i.index2);
  return pop(smaller_address(to, from)) && pop(from) && pop(to);
}

// ---- References ----

bool WalkState::rule_reference(Instruction& i) {
  switch (i.op) {
    case Opcode::ref_null:
      push(i.type);
      return true;
    case Opcode::ref_func:
      if (!module_.is_declared(i.index)) return invalid("undeclared function reference");
      i.type_id = module_.functions[i.index].type;
      i.type = ValueType::reference(i.type_id, false);
      push(i.type);
      return true;
    case Opcode::ref_is_null:
      if (!pop_reference(i.type)) return false;
      push(kI32);
      return true;
    case Opcode::ref_as_non_null:
      if (!pop_reference(i.type)) return false;
      push(i.type.is_bottom() ? abstract_ref(AbstractHeapType::bottom, false)
                              : i.type.with_nullable(false));
      return true;
    default: {  // ref.eq
      const ValueType eq = abstract_ref(AbstractHeapType::eq, true);
      if (!pop(eq) || !pop(eq)) return false;
      push(kI32);
      return true;
    }
  }
}

bool WalkState::rule_reference_conversion(Instruction& i) {
  switch (i.op) {
    case Opcode::ref_i31:
      if (!pop_i32()) return false;
      push(abstract_ref(AbstractHeapType::i31, false));
      return true;
    case Opcode::i31_get_s:
    case Opcode::i31_get_u:
      if (!pop(abstract_ref(AbstractHeapType::i31, true))) return false;
      push(kI32);
      return true;
    default:
      break;
  }
  const bool to_any = i.op == Opcode::any_convert_extern;
  const auto from = to_any ? AbstractHeapType::extern_ : AbstractHeapType::any;
  const auto to = to_any ? AbstractHeapType::any : AbstractHeapType::extern_;
  const bool nullable = value_count() > height_ && scratch_.values.back().is_nullable();
  if (!pop(abstract_ref(from, true))) return false;
  push(abstract_ref(to, nullable));
  return true;
}

// The operand may be anything of the target's hierarchy (spec: valid/instructions §ref.test,
// ref.cast).
bool WalkState::rule_cast(Instruction& i) {
  if (!pop(abstract_ref(registry_.top(i.type.heap()), true))) return false;
  const bool is_test = i.op == Opcode::ref_test || i.op == Opcode::ref_test_null;
  push(is_test ? kI32 : i.type);
  return true;
}

// ---- Aggregates ----

const StructType* WalkState::struct_type(Instruction& i) {
  const StructType* type = registry_[i.type_id].struct_type();
  if (!type) invalid(fmt::format("type mismatch: type {} is not a struct type", i.index));
  return type;
}

const ArrayType* WalkState::array_type(TypeId id) {
  const ArrayType* type = registry_[id].array();
  if (!type) invalid("type mismatch: not an array type");
  return type;
}

bool WalkState::check_packing(const Instruction& i, const FieldType& field) {
  const bool is_plain = i.op == Opcode::struct_get || i.op == Opcode::array_get;
  if (is_plain == (field.packing == Packing::none)) return true;
  return invalid(is_plain ? "type mismatch: a packed field is read with _s or _u"
                          : "type mismatch: only a packed field is read with _s or _u");
}

bool WalkState::rule_struct(Instruction& i) {
  const StructType* type = struct_type(i);
  if (!type) return false;
  if (i.op == Opcode::struct_new || i.op == Opcode::struct_new_default) {
    if (i.op == Opcode::struct_new) {
      for (size_t k = type->fields.size(); k > 0 && !only_bottoms(); --k)
        if (!pop(type->fields[k - 1].unpacked())) return false;
    } else if (!type->is_defaultable) {
      return invalid("type mismatch: a field has no default value");
    }
    push(ValueType::reference(i.type_id, false));
    return true;
  }
  if (!check_index(i.index2, type->fields.size(), "field")) return false;
  const FieldType& field = type->fields[i.index2];
  i.type = field.unpacked();
  const ValueType reference = ValueType::reference(i.type_id, true);
  if (i.op == Opcode::struct_set) {
    if (!field.is_mutable) return invalid("immutable field");
    return pop(i.type) && pop(reference);
  }
  if (!check_packing(i, field) || !pop(reference)) return false;
  push(i.type);
  return true;
}

bool WalkState::rule_array_new(Instruction& i) {
  const ArrayType* array = array_type(i.type_id);
  if (!array) return false;
  const FieldType& element = array->element;
  i.type = element.unpacked();
  switch (i.op) {
    case Opcode::array_new:
      if (!pop_i32() || !pop(i.type)) return false;
      break;
    case Opcode::array_new_default:
      if (!i.type.is_defaultable())
        return invalid("type mismatch: the element has no default value");
      if (!pop_i32()) return false;
      break;
    case Opcode::array_new_fixed:
      if (i.index2 > limits::kArrayNewFixedOperands)
        return limit("too many operands of array.new_fixed");
      for (uint32_t k = 0; k < i.index2 && !only_bottoms(); ++k)
        if (!pop(i.type)) return false;
      break;
    case Opcode::array_new_data:
      if (i.type.is_reference()) return invalid("array type is not numeric or vector");
      if (!pop_i32() || !pop_i32()) return false;
      break;
    default:  // array.new_elem
      if (!registry_.matches(module_.elements[i.index2].type, i.type))
        return invalid("type mismatch: the segment's type does not match the array's");
      if (!pop_i32() || !pop_i32()) return false;
      break;
  }
  push(ValueType::reference(i.type_id, false));
  return true;
}

bool WalkState::rule_array(Instruction& i) {
  if (i.op == Opcode::array_len) {
    if (!pop(abstract_ref(AbstractHeapType::array, true))) return false;
    push(kI32);
    return true;
  }
  const ArrayType* array = array_type(i.type_id);
  if (!array) return false;
  i.type = array->element.unpacked();
  const ValueType reference = ValueType::reference(i.type_id, true);
  if (i.op == Opcode::array_set) {
    if (!array->element.is_mutable) return invalid("immutable array");
    return pop(i.type) && pop_i32() && pop(reference);
  }
  if (!check_packing(i, array->element) || !pop_i32() || !pop(reference)) return false;
  push(i.type);
  return true;
}

bool WalkState::rule_array_bulk(Instruction& i) {
  const ArrayType* array = array_type(i.type_id);
  if (!array) return false;
  i.type = array->element.unpacked();
  if (!array->element.is_mutable) return invalid("immutable array");
  const ValueType reference = ValueType::reference(i.type_id, true);
  switch (i.op) {
    case Opcode::array_fill:
      return pop_i32() && pop(i.type) && pop_i32() && pop(reference);
    case Opcode::array_copy: {
      if (!check_index(i.index2, module_.types.size(), "type")) return false;
      const TypeId from = module_.types[i.index2];
      const ArrayType* source = array_type(from);
      if (!source) return false;
      if (source->element.packing != array->element.packing ||
          !registry_.matches(source->element.value, array->element.value))
        return invalid("array types do not match");
      return pop_i32() && pop_i32() && pop(ValueType::reference(from, true)) && pop_i32() &&
             pop(reference);
    }
    case Opcode::array_init_data:
      if (i.type.is_reference()) return invalid("array type is not numeric or vector");
      break;
    default:  // array.init_elem
      if (!registry_.matches(module_.elements[i.index2].type, i.type))
        return invalid("type mismatch: the segment's type does not match the array's");
      break;
  }
  return pop_i32() && pop_i32() && pop_i32() && pop(reference);
}

}  // namespace reprise::wasm
