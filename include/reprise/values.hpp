// C++ types as WIT types: one description per type, from which everything else follows (its WIT
// text, its canonical encoding, and so how it crosses the boundary and how it stands in a trace).
//
//  WIT                     C++
//  bool, s8 … u64, f32…    bool, int8_t … uint64_t, float, double
//  char, string            char32_t, std::string
//  list<T>                 std::vector<T>
//  tuple<…>                std::tuple, std::pair
//  option<T>               std::optional<T>
//  result<T, E>            std::expected<T, E>; result<_, _>: std::expected<void, Unit>
//  record                  a struct named with REPRISE_RECORD
//  variant                 a std::variant behind a name given with REPRISE_VARIANT
//  enum, flags             an enum named with REPRISE_ENUM or REPRISE_FLAGS
//  own<R>, borrow<R>       Own<R>, Borrow<R>, with R named with REPRISE_RESOURCE
//
//   struct Point { int32_t x = 0, y = 0; };
//   enum class Color : uint8_t { red, light_green };
//   REPRISE_RECORD(Point, x, y)                      // record { x: s32, y: s32 }
//   REPRISE_ENUM(Color, red, light_green)            // enum { red, light-green }
//   REPRISE_RESOURCE(File, "example:files/api.file")
//
// The macros stand outside every namespace. Members are given in WIT's order; an underscore becomes
// a hyphen, one at the end is dropped. The values of an enum count from 0, those of flags are the
// bits 1, 2, 4…
//
// A type that is none of these gets a Describe of its own, with the three functions below. Thread
// rules: none of this is shared.

#pragma once

#include <bit>
#include <cstdint>
#include <expected>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "reprise/bytes.hpp"
#include "reprise/host.hpp"

namespace reprise {

/// The description of T:
///   static std::string text();                          its WIT text
///   static void encode(ByteWriter& out, const T&);      appends the canonical encoding
///   static bool decode(ByteReader& in, T& out);         false if the bytes are no T
template <class T>
struct Describe;

/// No value: the payload of a case that has none.
struct Unit {
  bool operator==(const Unit&) const = default;
};

namespace detail {

/// "light_green" → "light-green".
std::string wit_name(std::string_view cpp_name);
std::string_view nth_name(std::string_view comma_separated, size_t n);

template <class T>
constexpr bool is_scalar =
    (std::is_integral_v<T> && !std::is_same_v<T, bool> && !std::is_same_v<T, char32_t>) ||
    std::is_floating_point_v<T>;

template <class T>
T canonical(T value) {
  if constexpr (std::is_same_v<T, float>) {
    return value == value ? value : std::bit_cast<float>(uint32_t{0x7fc00000});
  } else if constexpr (std::is_same_v<T, double>) {
    return value == value ? value : std::bit_cast<double>(uint64_t{0x7ff8000000000000});
  } else {
    return value;
  }
}

template <class T>
std::string_view scalar_name() {
  if constexpr (std::is_same_v<T, float>) {
    return "f32";
  } else if constexpr (std::is_same_v<T, double>) {
    return "f64";
  } else {
    constexpr std::string_view names[] = {"s8", "u8", "s16", "u16", "s32", "u32", "s64", "u64"};
    constexpr int width = std::countr_zero(sizeof(T));
    return names[2 * width + (std::is_signed_v<T> ? 0 : 1)];
  }
}

bool decode_text(ByteReader& in, std::string& out);

}  // namespace detail

template <class T>
  requires detail::is_scalar<T>
struct Describe<T> {
  static std::string text() { return std::string(detail::scalar_name<T>()); }
  static void encode(ByteWriter& out, T value) {
    const T canonical = detail::canonical(value);
    out.bytes({reinterpret_cast<const uint8_t*>(&canonical), sizeof canonical});
  }
  static bool decode(ByteReader& in, T& out) {
    auto bytes = in.bytes(sizeof(T));
    if (bytes) std::memcpy(&out, bytes->data(), sizeof(T));
    return bytes.has_value();
  }
};

template <>
struct Describe<bool> {
  static std::string text() { return "bool"; }
  static void encode(ByteWriter& out, bool value) { out.u8(value); }
  static bool decode(ByteReader& in, bool& out) {
    auto byte = in.u8();
    out = byte && *byte != 0;
    return byte && *byte <= 1;
  }
};

template <>
struct Describe<char32_t> {
  static std::string text() { return "char"; }
  static void encode(ByteWriter& out, char32_t value) { out.u32_le(value); }
  static bool decode(ByteReader& in, char32_t& out) {
    auto point = in.u32_le();
    if (point) out = *point;
    return point && *point < 0x110000 && (*point < 0xd800 || *point >= 0xe000);
  }
};

template <>
struct Describe<std::string> {
  static std::string text() { return "string"; }
  static void encode(ByteWriter& out, const std::string& value) { out.name(value); }
  static bool decode(ByteReader& in, std::string& out) { return detail::decode_text(in, out); }
};

template <class T>
struct Describe<std::vector<T>> {
  static std::string text() { return "list<" + Describe<T>::text() + ">"; }
  static void encode(ByteWriter& out, const std::vector<T>& list) {
    out.leb_u64(list.size());
    if constexpr (std::is_integral_v<T> && detail::is_scalar<T>) {
      out.bytes({reinterpret_cast<const uint8_t*>(list.data()), list.size() * sizeof(T)});
    } else {
      for (const T& item : list) Describe<T>::encode(out, item);
    }
  }
  static bool decode(ByteReader& in, std::vector<T>& list) {
    auto count = in.leb_u32();
    if (!count) return false;
    list.clear();
    if constexpr (detail::is_scalar<T>) {
      auto bytes = in.bytes(size_t{*count} * sizeof(T));
      if (!bytes) return false;
      list.resize(*count);
      if (*count) std::memcpy(list.data(), bytes->data(), bytes->size());
      return true;
    } else {
      for (uint32_t i = 0; i < *count; ++i) {
        T item{};
        if (!Describe<T>::decode(in, item)) return false;
        list.push_back(std::move(item));
      }
      return true;
    }
  }
};

template <class T>
struct Describe<std::optional<T>> {
  static std::string text() { return "option<" + Describe<T>::text() + ">"; }
  static void encode(ByteWriter& out, const std::optional<T>& value) {
    out.u8(value.has_value());
    if (value) Describe<T>::encode(out, *value);
  }
  static bool decode(ByteReader& in, std::optional<T>& out) {
    auto some = in.u8();
    out.reset();
    if (!some || *some > 1) return false;
    return *some == 0 || Describe<T>::decode(in, out.emplace());
  }
};

namespace detail {
template <class T>
constexpr bool is_nothing = std::is_void_v<T> || std::is_same_v<T, Unit>;

template <class T>
std::string payload_text() {
  if constexpr (is_nothing<T>) {
    return "_";
  } else {
    return Describe<T>::text();
  }
}
}  // namespace detail

template <class T, class E>
struct Describe<std::expected<T, E>> {
  static std::string text() {
    if constexpr (detail::is_nothing<T> && detail::is_nothing<E>) {
      return "result";
    } else if constexpr (detail::is_nothing<E>) {
      return "result<" + detail::payload_text<T>() + ">";
    } else {
      return "result<" + detail::payload_text<T>() + ", " + detail::payload_text<E>() + ">";
    }
  }
  static void encode(ByteWriter& out, const std::expected<T, E>& value) {
    out.u8(!value.has_value());
    if constexpr (!detail::is_nothing<T>) {
      if (value) Describe<T>::encode(out, *value);
    }
    if constexpr (!detail::is_nothing<E>) {
      if (!value) Describe<E>::encode(out, value.error());
    }
  }
  static bool decode(ByteReader& in, std::expected<T, E>& out) {
    auto which = in.u8();
    if (!which || *which > 1) return false;
    if (*which == 1) {
      E error{};
      if constexpr (!detail::is_nothing<E>) {
        if (!Describe<E>::decode(in, error)) return false;
      }
      out = std::unexpected(std::move(error));
      return true;
    }
    if constexpr (std::is_void_v<T>) {
      out.emplace();
    } else {
      T value{};
      if constexpr (!detail::is_nothing<T>) {
        if (!Describe<T>::decode(in, value)) return false;
      }
      out = std::move(value);
    }
    return true;
  }
};

template <class... Ts>
struct Describe<std::tuple<Ts...>> {
  static std::string text() {
    std::string text;
    ((text += (text.empty() ? "" : ", ") + Describe<Ts>::text()), ...);
    return "tuple<" + text + ">";
  }
  static void encode(ByteWriter& out, const std::tuple<Ts...>& value) {
    std::apply([&](const Ts&... items) { (Describe<Ts>::encode(out, items), ...); }, value);
  }
  static bool decode(ByteReader& in, std::tuple<Ts...>& out) {
    return std::apply([&](Ts&... items) { return (Describe<Ts>::decode(in, items) && ...); }, out);
  }
};

template <class A, class B>
struct Describe<std::pair<A, B>> {
  static std::string text() { return Describe<std::tuple<A, B>>::text(); }
  static void encode(ByteWriter& out, const std::pair<A, B>& value) {
    Describe<A>::encode(out, value.first);
    Describe<B>::encode(out, value.second);
  }
  static bool decode(ByteReader& in, std::pair<A, B>& out) {
    return Describe<A>::decode(in, out.first) && Describe<B>::decode(in, out.second);
  }
};

/// The qualified name of a resource: `static constexpr std::string_view name`.
template <class R>
struct ResourceName;

template <class R>
struct Describe<Own<R>> {
  static std::string text() { return "own<" + std::string(ResourceName<R>::name) + ">"; }
  static void encode(ByteWriter& out, Own<R> handle) { out.leb_u32(handle.ordinal); }
  static bool decode(ByteReader& in, Own<R>& out) {
    auto ordinal = in.leb_u32();
    if (ordinal) out.ordinal = *ordinal;
    return ordinal.has_value();
  }
};

template <class R>
struct Describe<Borrow<R>> {
  static std::string text() { return "borrow<" + std::string(ResourceName<R>::name) + ">"; }
  static void encode(ByteWriter& out, Borrow<R> handle) { out.leb_u32(handle.ordinal); }
  static bool decode(ByteReader& in, Borrow<R>& out) {
    auto ordinal = in.leb_u32();
    if (ordinal) out.ordinal = *ordinal;
    return ordinal.has_value();
  }
};

namespace detail {

/// Records, by pointers to their members.
template <class T, auto... kMembers>
struct DescribeRecord {
  template <auto kMember>
  using Field = std::remove_cvref_t<decltype(std::declval<T&>().*kMember)>;

  /// References to all fields, in order.
  static auto fields(T& value) { return std::tie(value.*kMembers...); }
  static auto fields(const T& value) { return std::tie(value.*kMembers...); }

  static std::string text_of(std::string_view names) {
    std::string text;
    size_t i = 0;
    ((text +=
      (i ? ", " : "") + wit_name(nth_name(names, i)) + ": " + Describe<Field<kMembers>>::text(),
      ++i),
     ...);
    return "record { " + text + " }";
  }
  static void encode(ByteWriter& out, const T& value) {
    (Describe<Field<kMembers>>::encode(out, value.*kMembers), ...);
  }
  static bool decode(ByteReader& in, T& out) {
    return (Describe<Field<kMembers>>::decode(in, out.*kMembers) && ...);
  }
};

std::string labels_text(std::string_view keyword, std::string_view names);
size_t count_names(std::string_view comma_separated);

template <class T, size_t kCount>
struct DescribeEnum {
  static constexpr size_t kCases = kCount;
  static void encode(ByteWriter& out, T value) { out.leb_u32(static_cast<uint32_t>(value)); }
  static bool decode(ByteReader& in, T& out) {
    auto index = in.leb_u32();
    if (!index || *index >= kCount) return false;
    out = static_cast<T>(*index);
    return true;
  }
};

template <class T, size_t kCount>
struct DescribeFlags {
  static constexpr size_t kLabels = kCount;
  static constexpr size_t kBytes = (kCount + 7) / 8;
  static void encode(ByteWriter& out, T value) {
    const auto bits = static_cast<uint64_t>(value);
    for (size_t i = 0; i < kBytes; ++i) out.u8(static_cast<uint8_t>(bits >> (8 * i)));
  }
  static bool decode(ByteReader& in, T& out) {
    uint64_t bits = 0;
    for (size_t i = 0; i < kBytes; ++i) {
      auto byte = in.u8();
      if (!byte) return false;
      bits |= uint64_t{*byte} << (8 * i);
    }
    out = static_cast<T>(bits);
    return bits >> kCount == 0;
  }
};

template <class T>
struct DescribeVariant;

template <class... Ts>
struct DescribeVariant<std::variant<Ts...>> {
  using Value = std::variant<Ts...>;

  static std::string text_of(std::string_view names) {
    std::string text;
    size_t i = 0;
    (add_case<Ts>(text, names, i), ...);
    return "variant { " + text + " }";
  }
  static void encode(ByteWriter& out, const Value& value) {
    out.leb_u32(static_cast<uint32_t>(value.index()));
    std::visit(
        [&]<class P>(const P& payload) {
          if constexpr (!is_nothing<P> && !std::is_empty_v<P>) Describe<P>::encode(out, payload);
        },
        value);
  }
  static bool decode(ByteReader& in, Value& out) {
    auto index = in.leb_u32();
    return index && *index < sizeof...(Ts) &&
           decode_case(in, out, *index, std::index_sequence_for<Ts...>());
  }

 private:
  template <class P>
  static void add_case(std::string& text, std::string_view names, size_t& i) {
    text += (i ? ", " : "") + wit_name(nth_name(names, i));
    if constexpr (!is_nothing<P> && !std::is_empty_v<P>) text += "(" + Describe<P>::text() + ")";
    ++i;
  }
  template <size_t... kIndices>
  static bool decode_case(ByteReader& in, Value& out, size_t index,
                          std::index_sequence<kIndices...>) {
    bool good = false;
    ((index == kIndices ? void(good = decode_payload<kIndices>(in, out)) : void()), ...);
    return good;
  }
  template <size_t kIndex>
  static bool decode_payload(ByteReader& in, Value& out) {
    using P = std::variant_alternative_t<kIndex, Value>;
    auto& payload = out.template emplace<kIndex>();
    if constexpr (!is_nothing<P> && !std::is_empty_v<P>) return Describe<P>::decode(in, payload);
    return true;
  }
};

template <size_t kCount>
constexpr size_t count_of(const std::string_view (&)[kCount]) {
  return kCount;
}

}  // namespace detail

}  // namespace reprise

// The macros: `REPRISE_EACH(m, T, a, b)` is `m(T, a), m(T, b)`.
#define REPRISE_PARENS ()
#define REPRISE_EXPAND(...) REPRISE_EXPAND4(REPRISE_EXPAND4(REPRISE_EXPAND4(__VA_ARGS__)))
#define REPRISE_EXPAND4(...) REPRISE_EXPAND3(REPRISE_EXPAND3(REPRISE_EXPAND3(__VA_ARGS__)))
#define REPRISE_EXPAND3(...) REPRISE_EXPAND2(REPRISE_EXPAND2(REPRISE_EXPAND2(__VA_ARGS__)))
#define REPRISE_EXPAND2(...) REPRISE_EXPAND1(REPRISE_EXPAND1(REPRISE_EXPAND1(__VA_ARGS__)))
#define REPRISE_EXPAND1(...) __VA_ARGS__
#define REPRISE_EACH(m, T, ...) __VA_OPT__(REPRISE_EXPAND(REPRISE_EACH_STEP(m, T, __VA_ARGS__)))
#define REPRISE_EACH_STEP(m, T, a, ...) \
  m(T, a) __VA_OPT__(, REPRISE_EACH_AGAIN REPRISE_PARENS(m, T, __VA_ARGS__))
#define REPRISE_EACH_AGAIN() REPRISE_EACH_STEP
#define REPRISE_MEMBER(T, member) &T::member
#define REPRISE_LABEL(T, label) std::string_view(#label)

#define REPRISE_RECORD(T, ...)                                                             \
  template <>                                                                              \
  struct reprise::Describe<T>                                                              \
      : reprise::detail::DescribeRecord<T, REPRISE_EACH(REPRISE_MEMBER, T, __VA_ARGS__)> { \
    static std::string text() {                                                            \
      return text_of(#__VA_ARGS__);                                                        \
    }                                                                                      \
  };

#define REPRISE_COUNT(T, ...) \
  (std::initializer_list<std::string_view>{REPRISE_EACH(REPRISE_LABEL, T, __VA_ARGS__)}.size())

#define REPRISE_ENUM(T, ...)                                                                      \
  template <>                                                                                     \
  struct reprise::Describe<T> : reprise::detail::DescribeEnum<T, REPRISE_COUNT(T, __VA_ARGS__)> { \
    static std::string text() {                                                                   \
      return reprise::detail::labels_text("enum", #__VA_ARGS__);                                  \
    }                                                                                             \
  };

#define REPRISE_FLAGS(T, ...)                                                                      \
  template <>                                                                                      \
  struct reprise::Describe<T> : reprise::detail::DescribeFlags<T, REPRISE_COUNT(T, __VA_ARGS__)> { \
    static std::string text() {                                                                    \
      return reprise::detail::labels_text("flags", #__VA_ARGS__);                                  \
    }                                                                                              \
  };

/// Names the cases of a std::variant type. Cases whose type is empty have no payload.
#define REPRISE_VARIANT(T, ...)                                       \
  template <>                                                         \
  struct reprise::Describe<T> : reprise::detail::DescribeVariant<T> { \
    static std::string text() {                                       \
      return text_of(#__VA_ARGS__);                                   \
    }                                                                 \
  };

/// Names a host type as a resource: "package:namespace/interface.resource", without a version.
#define REPRISE_RESOURCE(R, qualified_name)                  \
  template <>                                                \
  struct reprise::ResourceName<R> {                          \
    static constexpr std::string_view name = qualified_name; \
  };
