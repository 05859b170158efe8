#include "wasm/type_registry.hpp"

#include "base/check.hpp"

namespace reprise::wasm {

namespace {

// A group as a sequence of words: equal sequences are equal types.
class GroupKey {
 public:
  void add(const SubType& type) {
    word(static_cast<uint32_t>(type.composite.index()) << 2 | (type.is_final ? 2u : 0u) |
         (type.super ? 1u : 0u));
    if (type.super) word(type.super->bits());
    if (const FuncType* func = type.func()) {
      add(func->parameters);
      add(func->results);
    } else if (const StructType* structure = type.struct_type()) {
      word(static_cast<uint32_t>(structure->fields.size()));
      for (const FieldType& field : structure->fields) add(field);
    } else {
      add(type.array()->element);
    }
  }
  std::u32string take() { return std::move(words_); }

 private:
  void word(uint32_t w) { words_.push_back(static_cast<char32_t>(w)); }
  void add(const std::vector<ValueType>& types) {
    word(static_cast<uint32_t>(types.size()));
    for (ValueType type : types) word(type.bits());
  }
  void add(const FieldType& field) {
    word(field.value.bits());
    word(static_cast<uint32_t>(field.packing) << 1 | (field.is_mutable ? 1u : 0u));
  }
  std::u32string words_;
};

// Turns positions within the group into the ids that its members got.
struct Resolve {
  uint32_t first;
  HeapType operator()(HeapType type) const {
    if (!type.is_concrete() || !type.is_group_member()) return type;
    return TypeId(first + type.group_position());
  }
  void operator()(ValueType& type) const {
    if (type.is_reference()) type = ValueType::reference((*this)(type.heap()), type.is_nullable());
  }
  void operator()(SubType& type) const {
    if (type.super) type.super = (*this)(*type.super);
    if (auto* func = std::get_if<FuncType>(&type.composite)) {
      for (ValueType& value : func->parameters) (*this)(value);
      for (ValueType& value : func->results) (*this)(value);
      func->parameter_slots = slots_of(func->parameters);
      func->result_slots = slots_of(func->results);
    } else if (auto* structure = std::get_if<StructType>(&type.composite)) {
      for (FieldType& field : structure->fields) {
        (*this)(field.value);
        if (!field.value.is_defaultable()) structure->is_defaultable = false;
      }
    } else {
      (*this)(std::get<ArrayType>(type.composite).element.value);
    }
  }
};

bool is_abstract_subtype(AbstractHeapType a, AbstractHeapType b) {
  using enum AbstractHeapType;
  if (a == b || a == bottom) return true;
  switch (b) {
    case any:
      return top_of(a) == any;
    case eq:
      return a == i31 || a == struct_ || a == array || a == none;
    case i31:
    case struct_:
    case array:
      return a == none;
    case func:
      return a == nofunc;
    case extern_:
      return a == noextern;
    case exn:
      return a == noexn;
    default:
      return false;
  }
}

}  // namespace

TypeRegistry::TypeRegistry() = default;
TypeRegistry::~TypeRegistry() = default;

uint32_t TypeRegistry::size() const {
  const std::lock_guard lock(mutex_);
  return size_;
}

SubType& TypeRegistry::slot(uint32_t index) {
  const uint32_t biased = index + kFirstChunk;
  const int chunk = 31 - __builtin_clz(biased);
  auto& storage = chunks_[static_cast<size_t>(chunk)];
  if (!storage) storage = std::make_unique<SubType[]>(size_t{1} << chunk);
  return storage[biased - (1u << chunk)];
}

Result<TypeId> TypeRegistry::intern(std::vector<SubType> group) {
  GroupKey key;
  for (const SubType& type : group) key.add(type);
  std::u32string words = key.take();

  const std::lock_guard lock(mutex_);
  if (auto known = groups_.find(words); known != groups_.end()) return TypeId(known->second);
  if (group.size() > limits::kRegistryTypes - size_)
    return fail(ErrorKind::limit, "too many types in one engine");
  const uint32_t first = size_;
  const auto count = static_cast<uint32_t>(group.size());
  for (uint32_t i = 0; i < count; ++i) {
    Resolve{first}(group[i]);
    slot(first + i) = std::move(group[i]);
  }
  // No id of the group is known to anybody yet, so a group that fails is simply forgotten. Members
  // may match each other by way of members that follow, so all supertypes are in place before any
  // is checked.
  for (uint32_t i = 0; i < count; ++i) REPRISE_TRY(place_below_super(TypeId(first + i)));
  for (uint32_t i = 0; i < count; ++i) REPRISE_TRY(check_matches_super(TypeId(first + i)));
  size_ += count;
  groups_.emplace(std::move(words), first);
  return TypeId(first);
}

Result<TypeId> TypeRegistry::intern_func(std::vector<ValueType> parameters,
                                         std::vector<ValueType> results) {
  std::vector<SubType> group(1);
  group[0].composite = FuncType{std::move(parameters), std::move(results)};
  return intern(std::move(group));
}

// spec: valid/types §sub types, here and below.
Result<void> TypeRegistry::place_below_super(TypeId id) {
  SubType& type = slot(id.value);
  type.ancestors.clear();
  if (!type.super) return ok();
  REPRISE_CHECK(type.super->is_concrete() && type.super->id() < id);
  const SubType& super = (*this)[type.super->id()];
  if (super.is_final) return fail(ErrorKind::invalid, "sub type: the supertype is final");
  if (super.ancestors.size() >= limits::kSubtypeDepth)
    return fail(ErrorKind::limit, "sub type hierarchy is too deep");
  type.ancestors = super.ancestors;
  type.ancestors.push_back(type.super->id());
  return ok();
}

Result<void> TypeRegistry::check_matches_super(TypeId id) const {
  const SubType& type = (*this)[id];
  if (!type.super) return ok();
  if (matches_composite(type.composite, (*this)[type.super->id()].composite)) return ok();
  return fail(ErrorKind::invalid, "sub type does not match its supertype");
}

bool TypeRegistry::matches(HeapType a, HeapType b) const {
  if (a == b) return true;
  if (a.is_concrete()) {
    if (b.is_concrete()) return matches(a.id(), b.id());
    const SubType& type = (*this)[a.id()];
    if (type.func()) return b.abstract() == AbstractHeapType::func;
    const auto kind = type.array() ? AbstractHeapType::array : AbstractHeapType::struct_;
    return is_abstract_subtype(kind, b.abstract());
  }
  if (!b.is_concrete()) return is_abstract_subtype(a.abstract(), b.abstract());
  if (a.abstract() == AbstractHeapType::bottom) return true;
  return a.abstract() ==
         ((*this)[b.id()].func() ? AbstractHeapType::nofunc : AbstractHeapType::none);
}

bool TypeRegistry::matches_reference(ValueType a, ValueType b) const {
  if (!a.is_reference() || !b.is_reference()) return false;
  if (a.is_nullable() && !b.is_nullable()) return false;
  return matches(a.heap(), b.heap());
}

// spec: valid/matching §field types. Types are canonical, so those that match both ways are equal.
bool TypeRegistry::matches(const FieldType& a, const FieldType& b) const {
  if (a.is_mutable != b.is_mutable || a.packing != b.packing) return false;
  return a.is_mutable ? a.value == b.value : matches(a.value, b.value);
}

bool TypeRegistry::matches(const GlobalType& a, const GlobalType& b) const {
  if (a.is_mutable != b.is_mutable) return false;
  return a.is_mutable ? a.value == b.value : matches(a.value, b.value);
}

bool TypeRegistry::matches_composite(const CompositeType& a, const CompositeType& b) const {
  if (a.index() != b.index()) return false;
  const auto all_match = [this](const auto& sub, const auto& super, size_t count) {
    for (size_t i = 0; i < count; ++i)
      if (!matches(sub[i], super[i])) return false;
    return true;
  };
  if (const auto* func = std::get_if<FuncType>(&a)) {
    const auto& super = std::get<FuncType>(b);
    return func->parameters.size() == super.parameters.size() &&
           func->results.size() == super.results.size() &&
           all_match(super.parameters, func->parameters, super.parameters.size()) &&
           all_match(func->results, super.results, super.results.size());
  }
  if (const auto* structure = std::get_if<StructType>(&a)) {
    const auto& super = std::get<StructType>(b);
    return structure->fields.size() >= super.fields.size() &&
           all_match(structure->fields, super.fields, super.fields.size());
  }
  return matches(std::get<ArrayType>(a).element, std::get<ArrayType>(b).element);
}

AbstractHeapType TypeRegistry::top(HeapType type) const {
  if (!type.is_concrete()) return top_of(type.abstract());
  return func(type.id()) ? AbstractHeapType::func : AbstractHeapType::any;
}

}  // namespace reprise::wasm
