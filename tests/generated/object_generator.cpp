// What the whole dialect has beyond the shared one: objects, casts, exceptions, tables of
// references. Most null references are replaced and most indices made good, so that few calls trap.

#include "body_generator.hpp"

namespace reprise::generated {

namespace {

constexpr uint32_t kLeastLength = 8;

/// A reference's type can be seen as this one.
bool is_array(Type type) {
  return type >= kBytes && type <= kRefs;
}
const Field& element_of(Type array) {
  return kElements[array - kBytes];
}

}  // namespace

/// Without operands.
void BodyGenerator::some_reference(Type type) {
  const bool is_null = choices_.below(4) == 0;
  if (type == kFunc && !is_null)
    return op(0xd2, choices_.below(static_cast<uint32_t>(functions_.size())));
  if (type == kAny && !is_null) {
    i32_const(choices_.byte());
    return op(0xfb, 0x1c);  // ref.i31
  }
  if (is_null || type > kRefs) {
    op(0xd0);
    return put_heap_type(type, out_);
  }
  if (is_array(type)) i32_const(kLeastLength);
  gc_op(is_array(type) ? 0x07 : 0x01, type);  // *.new_default
}

void BodyGenerator::reference(Type type, uint32_t depth) {
  switch (choices_.below(6)) {
    case 0:
      if (type == kBase) return reference(kDerived, depth + 1);
      if (type == kAny) return expression(static_cast<Type>(kBase + choices_.below(5)), depth + 1);
      break;
    case 1:
      if (type == kBase) {
        if (choices_.below(2) != 0) return field(kBase, 4, depth);
        non_null(kRefs, depth + 1);
        array_index(depth);
        return gc_op(0x0b, kRefs);  // array.get
      }
      if (type == kAny) return field(kBase, 5, depth);
      break;
    case 2:
      if (type < kAny) return guarded_cast(type == kDerived ? kBase : kAny, type, depth);
      break;
    case 3: {
      // The branch drops a null reference.
      const auto label = type == kExn ? std::nullopt : pick_label({});
      if (!label) break;
      expression(type, depth + 1);
      return op(0xd5, *label);
    }
    case 4:
      if (type == kFunc) {
        array_index(depth);
        return op(0x25, kSpareTable);  // table.get
      }
      if (type == kAny) {
        expression(kAny, depth + 1);
        op(0xfb, 0x1b);         // extern.convert_any
        return op(0xfb, 0x1a);  // and back
      }
      break;
    default:
      break;
  }
  if (type == kAny) {
    expression(kI, depth + 1);
    return op(0xfb, 0x1c);
  }
  if (type > kRefs) return some_reference(type);
  made_object(type, depth);
}

void BodyGenerator::made_object(Type type, uint32_t depth) {
  if (!is_array(type)) {
    const size_t fields = type == kBase ? kBaseFields : std::size(kFields);
    for (size_t i = 0; i < fields; i++) expression(kFields[i].type, depth + 2);
    return gc_op(0x00, type);  // struct.new
  }
  const Type element = element_of(type).type;
  switch (choices_.below(4)) {
    case 0: {
      const uint32_t count = kLeastLength + choices_.below(4);
      for (uint32_t i = 0; i < count; i++) expression(element, depth + 3);
      gc_op(0x08, type);  // array.new_fixed
      return out_.leb_u32(count);
    }
    case 1:
      if (type == kBytes || type == kWide) {
        i32_const(choices_.below(3));
        i32_const(type == kWide ? 5 : 20);
        gc_op(0x09, type);  // array.new_data
        return out_.leb_u32(0);
      }
      [[fallthrough]];
    default:
      expression(element, depth + 1);
      expression(kI, depth + 1);
      i32_const(15);
      op(0x71);
      i32_const(kLeastLength);
      op(0x72);
      return gc_op(0x06, type);  // array.new
  }
}

/// What is of another type becomes null, or is something else altogether.
void BodyGenerator::guarded_cast(Type from, Type to, uint32_t depth) {
  if (choices_.below(8) == 0) {
    expression(from, depth + 1);
    op(0xfb, 0x17);  // ref.cast null: may trap
    return put_heap_type(to, out_);
  }
  const bool on_failure = choices_.below(2) == 0;
  block(0x02, on_failure ? from : to);
  expression(from, depth + 1);
  op(0xfb, on_failure ? 0x19 : 0x18);
  op(3);  // null to null
  out_.leb_u32(0);
  put_heap_type(from, out_);
  put_heap_type(to, out_);
  if (on_failure) {
    const auto local = pick(locals_, to);
    op(0x21, local ? *local : scratch_[to]);
    op(0xd0);
    put_heap_type(from, out_);
    end();
    op(0x1a);
    return op(0x20, local ? *local : scratch_[to]);
  }
  op(0x1a);
  some_reference(to);
  end();
}

void BodyGenerator::non_null(Type type, uint32_t depth) {
  expression(type, depth);
  if (choices_.below(12) == 0) return;
  // Nobody else looks at the scratch, but what makes the value does.
  op(0x21, scratch_[type]);
  op(0x20, scratch_[type]);
  op(0xd1);  // ref.is_null
  op(0x04);
  put_type(type, out_);
  if (is_array(type)) i32_const(kLeastLength);
  gc_op(is_array(type) ? 0x07 : 0x01, type);
  op(0x05);
  op(0x20, scratch_[type]);
  op(0x0b);
}

void BodyGenerator::array_index(uint32_t depth) {
  expression(kI, depth + 1);
  if (choices_.below(12) == 0) return;
  i32_const(kLeastLength - 1);
  op(0x71);
}

void BodyGenerator::field(Type holder, uint32_t number, uint32_t depth) {
  non_null(holder, depth + 1);
  const uint8_t get =
      kFields[number].packing == 0 ? 2 : static_cast<uint8_t>(3 + choices_.below(2));
  gc_op(get, holder);
  out_.leb_u32(number);
}

/// A number or vector.
void BodyGenerator::from_object(Type type, uint32_t depth) {
  switch (type) {
    case kI:
      return integer_from_object(depth);
    case kL:
      if (choices_.below(2) != 0) return field(kBase, 1, depth);
      non_null(kWide, depth + 1);
      array_index(depth);
      return gc_op(0x0b, kWide);
    case kF:
      return field(kDerived, 8, depth);
    case kD:
      return field(kBase, 2, depth);
    default:
      return field(kDerived, 6, depth);
  }
}

void BodyGenerator::integer_from_object(uint32_t depth) {
  switch (choices_.below(9)) {
    case 0:
      return field(kBase, 0, depth);
    case 1:
      return field(kBase, 3, depth);
    case 2:
      return field(kDerived, 7, depth);
    case 3:
      non_null(kBytes, depth + 1);
      array_index(depth);
      return gc_op(static_cast<uint8_t>(0x0c + choices_.below(2)), kBytes);
    case 4:
      non_null(static_cast<Type>(kBytes + choices_.below(3)), depth + 1);
      return op(0xfb, 0x0f);  // array.len
    case 5:
      expression(static_cast<Type>(kBase + choices_.below(kTypeCount - kBase)), depth + 1);
      return op(0xd1);  // ref.is_null
    case 6:
      for (int i = 0; i < 2; i++)
        expression(static_cast<Type>(kBase + choices_.below(5)), depth + 1);
      return op(0xd3);  // ref.eq
    case 7:
      expression(kAny, depth + 1);
      op(0xfb, static_cast<uint32_t>(0x14 + choices_.below(2)));  // ref.test
      return put_heap_type(static_cast<Type>(kBase + choices_.below(5)), out_);
    default:
      expression(kI, depth + 1);
      op(0xfb, 0x1c);  // ref.i31
      return op(0xfb, static_cast<uint32_t>(0x1d + choices_.below(2)));
  }
}

/// A value, or another one if an exception comes out of what makes it.
void BodyGenerator::catching(Type type, uint32_t depth) {
  const uint32_t count = 1 + choices_.below(2);
  std::vector<const ClauseForm*> clauses;
  block(0x02, type);
  for (uint32_t i = 0; i < count; i++) {
    const ClauseForm& clause = kClauses[choices_.below(std::size(kClauses))];
    clauses.insert(clauses.begin(), &clause);
    op(0x02);
    if (clause.payload.empty()) {
      op(0x40);
    } else if (clause.payload.size() == 1) {
      put_type(clause.payload[0], out_);
    } else {
      out_.leb_s32(static_cast<int32_t>(clause.block_type));
    }
    labels_.push_back(clause.payload);
  }
  op(0x1f);
  put_type(type, out_);
  out_.leb_u32(count);
  for (uint32_t i = 0; i < count; i++) {
    out_.u8(clauses[i]->kind);
    if (clauses[i]->kind < 2) out_.leb_u32(clauses[i]->tag);
    out_.leb_u32(i);
  }
  labels_.push_back({type});
  if (choices_.below(3) == 0) throwing(depth + 1);
  inside(type, depth);
  end();
  op(0x0c, count);
  for (uint32_t i = 0; i < count; i++) {
    end();
    take_payload(clauses[i]->payload);
    inside(type, depth);
    if (i + 1 < count) op(0x0c, count - 1 - i);
  }
  end();
}

void BodyGenerator::take_payload(const std::vector<Type>& payload) {
  for (size_t i = payload.size(); i > 0; i--) {
    if (const auto local = pick(locals_, payload[i - 1])) {
      op(0x21, *local);
    } else {
      op(0x1a);
    }
  }
}

void BodyGenerator::throwing(uint32_t depth) {
  if (const auto exception = pick(locals_, kExn); exception && choices_.below(4) == 0) {
    op(0x20, *exception);
    return op(0x0a);  // throw_ref
  }
  // Not always: what is behind it would never run.
  expression(kI, depth + 1);
  op(0x04);
  op(0x40);
  labels_.push_back({});
  const uint32_t tag = choices_.below(kTags);
  for (const Type type : kTagValues[tag]) expression(type, depth + 1);
  op(0x08, tag);
  end();
}

void BodyGenerator::object_statement(uint32_t depth) {
  switch (choices_.below(7)) {
    case 0: {
      const Type holder = choices_.below(2) != 0 ? kBase : kDerived;
      const uint32_t number =
          choices_.below(holder == kBase ? kBaseFields : static_cast<uint32_t>(std::size(kFields)));
      non_null(holder, depth + 1);
      expression(kFields[number].type, depth + 1);
      gc_op(0x05, holder);
      return out_.leb_u32(number);
    }
    case 1: {
      const auto array = static_cast<Type>(kBytes + choices_.below(3));
      non_null(array, depth + 1);
      array_index(depth);
      expression(element_of(array).type, depth + 1);
      return gc_op(0x0e, array);
    }
    case 2:
      return change_array(depth);
    case 3:
      return change_table(depth);
    case 4: {
      // An exception that is kept.
      const auto local = pick(locals_, kExn);
      if (!local) return;
      block(0x02, kExn);
      op(0x1f);
      op(0x40);
      out_.leb_u32(1);
      out_.u8(3);  // catch_all_ref
      out_.leb_u32(0);
      labels_.push_back({});
      throwing(depth + 1);
      statement(depth + 1);
      end();
      op(0xd0);
      put_heap_type(kExn, out_);
      end();
      return op(0x21, *local);
    }
    case 5:
      if (choices_.below(3) == 0) return throwing(depth);
      [[fallthrough]];
    default:
      expression(choices_.type(dialect_), depth + 1);
      return op(0x1a);
  }
}

void BodyGenerator::change_array(uint32_t depth) {
  const auto array = static_cast<Type>(kBytes + choices_.below(3));
  non_null(array, depth + 1);
  i32_const(choices_.below(5));
  switch (choices_.below(3)) {
    case 0:
      expression(element_of(array).type, depth + 1);
      i32_const(choices_.below(6));
      return gc_op(0x10, array);  // array.fill
    case 1:
      if (array == kRefs) break;
      i32_const(choices_.below(10));
      i32_const(choices_.below(6));
      gc_op(0x12, array);  // array.init_data
      return out_.leb_u32(0);
    default:
      break;
  }
  non_null(array, depth + 1);
  i32_const(choices_.below(5));
  i32_const(choices_.below(6));
  gc_op(0x11, array);  // array.copy
  put_heap_type(array, out_);
}

void BodyGenerator::change_table(uint32_t depth) {
  switch (choices_.below(4)) {
    case 0:
      array_index(depth);
      expression(kFunc, depth + 1);
      return op(0x26, kSpareTable);  // table.set
    case 1:
      expression(kFunc, depth + 1);
      i32_const(choices_.below(3));
      op(0xfc, 0x0f);  // table.grow
      out_.leb_u32(kSpareTable);
      return op(0x1a);
    case 2:
      i32_const(choices_.below(5));
      expression(kFunc, depth + 1);
      i32_const(choices_.below(5));
      op(0xfc, 0x11);  // table.fill
      return out_.leb_u32(kSpareTable);
    default:
      i32_const(choices_.below(4));
      i32_const(choices_.below(4));
      i32_const(choices_.below(5));
      op(0xfc, 0x0e);  // table.copy
      out_.leb_u32(kSpareTable);
      return out_.leb_u32(choices_.below(2));
  }
}

}  // namespace reprise::generated
