// C++ values of several parts: strings, lists, tuples, records, and parameters spilled to memory.

#pragma once

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "component/abi/typed_state.hpp"

namespace reprise::component::abi {

/// The four forms of what is a pointer and a length in a guest.
template <class T, class Range>
struct RangeAbi {
  static bool load(TypedLift& state, Type type, const uint8_t* at, T& out) {
    uint32_t width = state.context.pointer_size();
    return Range::from(state, type, {load_bits(at, width), load_bits(at + width, width)}, out);
  }
  static bool lift(TypedLift& state, Type type, T& out) {
    uint64_t pointer = state.next_pointer();
    return Range::from(state, type, {pointer, state.next_pointer()}, out);
  }
  static bool store(TypedLower& state, Type type, uint64_t pointer, const T& value) {
    GuestRange range;
    if (!Range::to(state, type, value, range)) return false;
    uint32_t width = state.context.pointer_size();
    state.memory.store(pointer, range.pointer, width);
    state.memory.store(pointer + width, range.length, width);
    return true;
  }
  static bool lower(TypedLower& state, Type type, const T& value) {
    GuestRange range;
    if (!Range::to(state, type, value, range)) return false;
    state.put(range.pointer);
    state.put(range.length);
    return true;
  }
};

struct StringRange {
  static bool from(TypedLift& state, Type, GuestRange range, std::string& out) {
    GuestString found;
    size_t length = 0;
    if (!state.take(find_string(state.memory, range.pointer, range.length), found) ||
        !state.take(utf8_length(found), length) || !state.good(state.memory.spend(length))) {
      return false;
    }
    out.resize(length);
    write_utf8(found, reinterpret_cast<uint8_t*>(out.data()));
    return true;
  }
  static bool to(TypedLower& state, Type, const std::string& text, GuestRange& range) {
    if (!is_utf8(as_bytes(text))) return state.refuse("a string");
    StoredString stored;
    if (!state.take(store_string(state.memory, text), stored)) return false;
    range = {stored.pointer, stored.tagged_code_units};
    return true;
  }
};
template <>
struct Abi<std::string> : RangeAbi<std::string, StringRange> {};

template <class T>
struct ListRange {
  static constexpr bool kCopy = std::is_integral_v<T> && reprise::detail::is_scalar<T>;

  static bool from(TypedLift& state, Type type, GuestRange range, std::vector<T>& out) {
    const Layout& element = state.context.layout(type->element);
    const uint8_t* at = nullptr;
    if (!state.take(state.memory.list(range.pointer, range.length, element), at)) return false;
    out.clear();
    if constexpr (kCopy) {
      out.resize(range.length);
      copy_bytes(reinterpret_cast<uint8_t*>(out.data()), at, range.length * sizeof(T));
      return true;
    } else {
      return load_elements(state, type->element, at, range.length, out);
    }
  }
  static bool load_elements(TypedLift& state, Type element, const uint8_t* at, uint64_t count,
                            std::vector<T>& out) {
    uint32_t stride = state.context.layout(element).size;
    out.reserve(count);
    for (uint64_t i = 0; i < count; ++i) {
      T item{};
      if (!Abi<T>::load(state, element, at + i * stride, item)) return false;
      out.push_back(std::move(item));
    }
    return true;
  }
  static bool to(TypedLower& state, Type type, const std::vector<T>& list, GuestRange& range) {
    const Layout& element = state.context.layout(type->element);
    range.length = list.size();
    if (!state.take(state.memory.allocate_list(range.length, element), range.pointer)) return false;
    if constexpr (kCopy) {
      copy_bytes(state.memory.at(range.pointer), reinterpret_cast<const uint8_t*>(list.data()),
                 list.size() * sizeof(T));
    } else {
      uint64_t pointer = range.pointer;
      for (const T& item : list) {
        if (!Abi<T>::store(state, type->element, pointer, item)) return false;
        pointer += element.size;
      }
    }
    return true;
  }
};
template <class T>
struct Abi<std::vector<T>> : RangeAbi<std::vector<T>, ListRange<T>> {};

/// What has fields: `Fields::of(value)` is a tuple of references to them.
template <class T, class Fields>
struct ProductAbi {
  static bool load(TypedLift& state, Type type, const uint8_t* at, T& out) {
    return typed::each(Fields::of(out), [&](auto& field, size_t i) {
      return typed::load(state, type->members[i].type, at + type->offset_of(i, state.context.width),
                         field);
    });
  }
  static bool lift(TypedLift& state, Type type, T& out) {
    return typed::each(Fields::of(out), [&](auto& field, size_t i) {
      return typed::lift(state, type->members[i].type, field);
    });
  }
  static bool store(TypedLower& state, Type type, uint64_t pointer, const T& value) {
    return typed::each(Fields::of(value), [&](const auto& field, size_t i) {
      return typed::store(state, type->members[i].type,
                          pointer + type->offset_of(i, state.context.width), field);
    });
  }
  static bool lower(TypedLower& state, Type type, const T& value) {
    return typed::each(Fields::of(value), [&](const auto& field, size_t i) {
      return typed::lower(state, type->members[i].type, field);
    });
  }
};

/// Described by REPRISE_RECORD.
template <class T>
concept Record = requires(T& value) { reprise::Describe<T>::fields(value); };

template <class T>
struct RecordFields {
  static auto of(T& value) { return Describe<T>::fields(value); }
  static auto of(const T& value) { return Describe<T>::fields(value); }
};
template <Record T>
struct Abi<T> : ProductAbi<T, RecordFields<T>> {};

struct TupleFields {
  template <class Tuple>
  static auto of(Tuple& value) {
    return std::apply([](auto&... items) { return std::tie(items...); }, value);
  }
};
template <class... Ts>
struct Abi<std::tuple<Ts...>> : ProductAbi<std::tuple<Ts...>, TupleFields> {};
template <class A, class B>
struct Abi<std::pair<A, B>> : ProductAbi<std::pair<A, B>, TupleFields> {};

namespace typed {

/// Values that flatten to too many: read as a tuple that the first flat value points to.
template <class... Ts>
bool lift_spilled(TypedLift& state, std::span<const Type> types, std::tuple<Ts...>& out) {
  TupleExtent extent = tuple_extent(types, state.context.width);
  const uint8_t* at = nullptr;
  auto range = state.memory.range(state.next_pointer(), extent.size, extent.alignment);
  if (!state.take(std::move(range), at)) return false;
  uint64_t offset = 0;
  return each(out, [&](auto& value, size_t i) {
    const Layout& layout = state.context.layout(types[i]);
    offset = align_to(offset, layout.alignment);
    uint64_t here = std::exchange(offset, offset + layout.size);
    return load(state, types[i], at + here, value);
  });
}

template <class... Ts>
bool lower_spilled(TypedLower& state, std::span<const Type> types, const std::tuple<Ts...>& values,
                   std::optional<uint64_t> out_pointer) {
  TupleExtent extent = tuple_extent(types, state.context.width);
  uint64_t pointer = 0;
  if (out_pointer) {
    pointer = *out_pointer;
    if (!state.good(state.memory.check(pointer, extent.size, extent.alignment))) return false;
  } else {
    if (!state.take(state.memory.allocate(extent.alignment, extent.size), pointer)) return false;
    state.put(pointer);
  }
  uint64_t offset = 0;
  return each(values, [&](const auto& value, size_t i) {
    const Layout& layout = state.context.layout(types[i]);
    offset = align_to(offset, layout.alignment);
    uint64_t here = std::exchange(offset, offset + layout.size);
    return store(state, types[i], pointer + here, value);
  });
}

}  // namespace typed

}  // namespace reprise::component::abi
