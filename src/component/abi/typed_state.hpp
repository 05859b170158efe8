// What the typed walks carry along. A step returns false when it traps, and the trap is in `error`:
// a bool travels through inlined code for nothing, a Trap would be moved at every level.

#pragma once

#include <string_view>

#include "component/abi/guest_memory.hpp"
#include "component/abi/scalar.hpp"
#include "component/abi/signature.hpp"
#include "component/abi/string.hpp"
#include "reprise/values.hpp"

namespace reprise::component::abi {

struct TypedLift {
  LiftMemory memory;
  Context& context;
  std::span<const Slot> flat;
  size_t next = 0;
  Trap error;

  TypedLift(Context& c, std::span<const Slot> slots) : memory(c), context(c), flat(slots) {}

  /// Takes the value out, or the trap.
  template <class T>
  bool take(TrapOr<T>&& result, T& out) {
    if (result) [[likely]] {
      out = *result;
      return true;
    }
    error = std::move(result.error());
    return false;
  }
  bool good(TrapOr<void>&& result) {
    if (result) [[likely]]
      return true;
    error = std::move(result.error());
    return false;
  }

  uint64_t next64() {
    REPRISE_CHECK(next < flat.size());
    return flat[next++];
  }
  uint64_t next32() { return next64() & 0xffffffff; }
  uint64_t next_pointer() { return context.pointer_size() == 4 ? next32() : next64(); }
};

struct TypedLower {
  LowerMemory memory;
  Context& context;
  std::span<Slot> flat;
  size_t next = 0;
  Trap error;

  TypedLower(Context& c, std::span<Slot> slots) : memory(c), context(c), flat(slots) {}

  template <class T>
  bool take(TrapOr<T>&& result, T& out) {
    if (result) [[likely]] {
      out = *result;
      return true;
    }
    error = std::move(result.error());
    return false;
  }
  bool good(TrapOr<void>&& result) {
    if (result) [[likely]]
      return true;
    error = std::move(result.error());
    return false;
  }
  /// The host gave a value that its type doesn't have.
  bool refuse(std::string_view what) {
    error = Trap::host("a value to be lowered is not of its type: " + std::string(what));
    return false;
  }

  void put(uint64_t value) {
    REPRISE_CHECK(next < flat.size());
    flat[next++] = value;
  }
};

/// A string or list as the guest has it.
struct GuestRange {
  uint64_t pointer = 0;
  uint64_t length = 0;
};

/// How T is lifted and lowered:
///   static bool load(TypedLift&, Type, const uint8_t* at, T& out);
///   static bool lift(TypedLift&, Type, T& out);                       from flat values
///   static bool store(TypedLower&, Type, uint64_t pointer, const T&);
///   static bool lower(TypedLower&, Type, const T&);                   to flat values
template <class T>
struct Abi;

namespace typed {

template <class T>
bool load(TypedLift& state, Type type, const uint8_t* at, T& out) {
  return Abi<T>::load(state, type, at, out);
}
template <class T>
bool lift(TypedLift& state, Type type, T& out) {
  return Abi<T>::lift(state, type, out);
}
template <class T>
bool store(TypedLower& state, Type type, uint64_t pointer, const T& value) {
  return Abi<T>::store(state, type, pointer, value);
}
template <class T>
bool lower(TypedLower& state, Type type, const T& value) {
  return Abi<T>::lower(state, type, value);
}

/// f(element, index) for each element of a tuple, until one is false.
template <class Tuple, class F>
bool each(Tuple&& tuple, F&& f) {
  return std::apply(
      [&](auto&... items) {
        size_t i = 0;
        return (f(items, i++) && ...);
      },
      tuple);
}

}  // namespace typed

}  // namespace reprise::component::abi
