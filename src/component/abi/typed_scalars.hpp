// C++ values that are one fixed-width value in a guest: numbers, bool, char, enums, flags, handles.
// Each kind says how it comes from bits and goes to bits; ScalarAbi makes the four forms of that.

#pragma once

#include <bit>

#include "component/abi/typed_state.hpp"
#include "wit/encoding_io.hpp"

namespace reprise::component::abi {

template <class T>
concept Number = reprise::detail::is_scalar<T>;

/// Described by REPRISE_ENUM.
template <class T>
concept Enumeration = requires { reprise::Describe<T>::kCases; };

/// Described by REPRISE_FLAGS.
template <class T>
concept FlagSet = requires { reprise::Describe<T>::kLabels; };

template <class T, class Bits>
struct ScalarAbi {
  static constexpr bool kWide = sizeof(T) == 8 && Number<T>;

  static uint32_t size(Type type) {
    if constexpr (Number<T>) return sizeof(T);
    return type->layout32().size;
  }
  static bool load(TypedLift& state, Type type, const uint8_t* at, T& out) {
    return Bits::from(state, type, load_bits(at, size(type)), out);
  }
  static bool lift(TypedLift& state, Type type, T& out) {
    return Bits::from(state, type, kWide ? state.next64() : state.next32(), out);
  }
  static bool store(TypedLower& state, Type type, uint64_t pointer, const T& value) {
    uint64_t bits = 0;
    if (!Bits::to(state, type, value, bits)) return false;
    state.memory.store(pointer, bits, size(type));
    return true;
  }
  static bool lower(TypedLower& state, Type type, const T& value) {
    uint64_t bits = 0;
    if (!Bits::to(state, type, value, bits)) return false;
    state.put(kWide ? bits : bits & 0xffffffff);
    return true;
  }
};

template <Number T>
struct NumberBits {
  static bool from(TypedLift&, Type, uint64_t bits, T& out) {
    if constexpr (std::is_same_v<T, float>) {
      out = std::bit_cast<float>(wit::canonical_f32(static_cast<uint32_t>(bits)));
    } else if constexpr (std::is_same_v<T, double>) {
      out = std::bit_cast<double>(wit::canonical_f64(bits));
    } else {
      out = static_cast<T>(bits);
    }
    return true;
  }
  static bool to(TypedLower&, Type, T value, uint64_t& bits) {
    if constexpr (std::is_same_v<T, float>) {
      bits = wit::canonical_f32(std::bit_cast<uint32_t>(value));
    } else if constexpr (std::is_same_v<T, double>) {
      bits = wit::canonical_f64(std::bit_cast<uint64_t>(value));
    } else {
      bits = static_cast<uint64_t>(value);
    }
    return true;
  }
};
template <Number T>
struct Abi<T> : ScalarAbi<T, NumberBits<T>> {};

struct BoolBits {
  static bool from(TypedLift&, Type, uint64_t bits, bool& out) {
    out = bits != 0;
    return true;
  }
  static bool to(TypedLower&, Type, bool value, uint64_t& bits) {
    bits = value;
    return true;
  }
};
template <>
struct Abi<bool> : ScalarAbi<bool, BoolBits> {};

struct CharBits {
  static bool from(TypedLift& state, Type, uint64_t bits, char32_t& out) {
    if (!state.take(check_char(bits), bits)) return false;
    out = static_cast<char32_t>(bits);
    return true;
  }
  static bool to(TypedLower& state, Type, char32_t value, uint64_t& bits) {
    bits = value;
    return wit::is_scalar_value(bits) || state.refuse("a char");
  }
};
template <>
struct Abi<char32_t> : ScalarAbi<char32_t, CharBits> {};

template <Enumeration T>
struct EnumBits {
  static bool from(TypedLift& state, Type, uint64_t bits, T& out) {
    uint32_t index = 0;
    if (!state.take(check_case(bits, Describe<T>::kCases), index)) return false;
    out = static_cast<T>(index);
    return true;
  }
  static bool to(TypedLower& state, Type, T value, uint64_t& bits) {
    bits = static_cast<uint64_t>(value);
    return bits < Describe<T>::kCases || state.refuse("an enum");
  }
};
template <Enumeration T>
struct Abi<T> : ScalarAbi<T, EnumBits<T>> {};

template <FlagSet T>
struct FlagBits {
  static constexpr uint64_t kAll = (uint64_t{1} << Describe<T>::kLabels) - 1;

  static bool from(TypedLift&, Type, uint64_t bits, T& out) {
    out = static_cast<T>(bits & kAll);
    return true;
  }
  static bool to(TypedLower& state, Type, T value, uint64_t& bits) {
    bits = static_cast<uint64_t>(value);
    return bits <= kAll || state.refuse("flags");
  }
};
template <FlagSet T>
struct Abi<T> : ScalarAbi<T, FlagBits<T>> {};

template <class T>
struct HandleBits {
  static bool from(TypedLift& state, Type type, uint64_t bits, T& out) {
    return state.take(state.context.instance.lift_handle(type, static_cast<uint32_t>(bits)),
                      out.ordinal);
  }
  static bool to(TypedLower& state, Type type, T value, uint64_t& bits) {
    uint32_t index = 0;
    if (!state.take(state.context.instance.lower_handle(type, value.ordinal), index)) return false;
    bits = index;
    return true;
  }
};
template <class R>
struct Abi<Own<R>> : ScalarAbi<Own<R>, HandleBits<Own<R>>> {};
template <class R>
struct Abi<Borrow<R>> : ScalarAbi<Borrow<R>, HandleBits<Borrow<R>>> {};

}  // namespace reprise::component::abi
