// C++ values that are one of several cases: std::optional, std::expected, described std::variants.
// `Cases` says which case a value is, and hands its payload to a function, if it has one.

#pragma once

#include <expected>
#include <optional>
#include <utility>
#include <variant>

#include "component/abi/typed_state.hpp"

namespace reprise::component::abi {

template <class T, class Cases>
struct SumAbi {
  static bool load(TypedLift& state, Type type, const uint8_t* at, T& out) {
    uint32_t index = 0;
    uint64_t bits = load_bits(at, type->discriminant_size);
    if (!state.take(check_case(bits, type->members.size()), index)) return false;
    const uint8_t* payload_at = at + state.context.layout(type).payload_offset;
    return Cases::read(index, out, [&](auto& payload) {
      return typed::load(state, type->members[index].type, payload_at, payload);
    });
  }
  static bool lift(TypedLift& state, Type type, T& out) {
    size_t end = state.next + state.context.layout(type).flat_count;
    uint32_t index = 0;
    if (!state.take(check_case(state.next32(), type->members.size()), index)) return false;
    bool good = Cases::read(index, out, [&](auto& payload) {
      return typed::lift(state, type->members[index].type, payload);
    });
    state.next = end;
    return good;
  }
  static bool store(TypedLower& state, Type type, uint64_t pointer, const T& value) {
    uint32_t index = Cases::index(value);
    state.memory.store(pointer, index, type->discriminant_size);
    uint64_t payload_pointer = pointer + state.context.layout(type).payload_offset;
    return Cases::write(value, [&](const auto& payload) {
      return typed::store(state, type->members[index].type, payload_pointer, payload);
    });
  }
  static bool lower(TypedLower& state, Type type, const T& value) {
    size_t end = state.next + state.context.layout(type).flat_count;
    uint32_t index = Cases::index(value);
    state.put(index);
    bool good = Cases::write(value, [&](const auto& payload) {
      return typed::lower(state, type->members[index].type, payload);
    });
    while (good && state.next < end) state.put(0);
    return good;
  }
};

template <class T>
struct OptionCases {
  static uint32_t index(const std::optional<T>& value) { return value.has_value(); }
  template <class F>
  static bool read(uint32_t index, std::optional<T>& out, F&& payload) {
    out.reset();
    return index == 0 || payload(out.emplace());
  }
  template <class F>
  static bool write(const std::optional<T>& value, F&& payload) {
    return !value || payload(*value);
  }
};
template <class T>
struct Abi<std::optional<T>> : SumAbi<std::optional<T>, OptionCases<T>> {};

template <class T, class E>
struct ResultCases {
  using Value = std::expected<T, E>;
  static constexpr bool kHasOk = !reprise::detail::is_nothing<T>;
  static constexpr bool kHasErr = !reprise::detail::is_nothing<E>;

  static uint32_t index(const Value& value) { return !value.has_value(); }
  template <class F>
  static bool read(uint32_t index, Value& out, F&& payload) {
    if (index == 0) {
      if constexpr (std::is_void_v<T>) {
        out.emplace();
        return true;
      } else {
        out = T{};
        if constexpr (kHasOk) return payload(*out);
        return true;
      }
    }
    out = std::unexpected(E{});
    if constexpr (kHasErr) return payload(out.error());
    return true;
  }
  template <class F>
  static bool write(const Value& value, F&& payload) {
    if (value) {
      if constexpr (kHasOk) return payload(*value);
      return true;
    }
    if constexpr (kHasErr) return payload(value.error());
    return true;
  }
};
template <class T, class E>
struct Abi<std::expected<T, E>> : SumAbi<std::expected<T, E>, ResultCases<T, E>> {};

template <class V>
struct VariantCases {
  /// A case whose type is empty has no payload (values.hpp).
  template <class P>
  static constexpr bool kHasPayload = !reprise::detail::is_nothing<P> && !std::is_empty_v<P>;

  static uint32_t index(const V& value) { return static_cast<uint32_t>(value.index()); }
  template <class F>
  static bool read(uint32_t index, V& out, F&& payload) {
    return read_one_of(index, out, payload, std::make_index_sequence<std::variant_size_v<V>>());
  }
  template <class F>
  static bool write(const V& value, F&& payload) {
    return std::visit(
        [&]<class P>(const P& p) {
          if constexpr (kHasPayload<P>) return payload(p);
          return true;
        },
        value);
  }

 private:
  template <class F, size_t... kIndices>
  static bool read_one_of(uint32_t index, V& out, F& payload, std::index_sequence<kIndices...>) {
    bool good = false;
    ((index == kIndices ? void(good = read_case<kIndices>(out, payload)) : void()), ...);
    return good;
  }
  template <size_t kIndex, class F>
  static bool read_case(V& out, F& payload) {
    auto& place = out.template emplace<kIndex>();
    if constexpr (kHasPayload<std::variant_alternative_t<kIndex, V>>) return payload(place);
    return true;
  }
};
template <class... Ts>
struct Abi<std::variant<Ts...>> : SumAbi<std::variant<Ts...>, VariantCases<std::variant<Ts...>>> {};

}  // namespace reprise::component::abi
