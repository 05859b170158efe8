// C++ values across the boundary: whatever the dynamic path does to a guest, the typed path does
// too, byte for byte and realloc for realloc.

#include "component/abi/typed.hpp"

#include <gtest/gtest.h>

#include <array>
#include <limits>

#include "abi_guest.hpp"
#include "component/abi/dynamic.hpp"

namespace {
struct Point {
  uint8_t x = 0;
  uint64_t far_y = 0;
  bool operator==(const Point&) const = default;
};
enum class Color : uint8_t { red, green, blue };
enum class Access : uint32_t { none = 0, read = 1, write = 2, run = 4 };
struct Nothing {
  bool operator==(const Nothing&) const = default;
};
using Figure = std::variant<Nothing, Point, std::string, float>;
struct File {};
struct Everything {
  std::vector<std::string> names;
  std::optional<Point> point;
  std::expected<Figure, Color> shape;
  Access access = Access::none;
  bool operator==(const Everything&) const = default;
};
}  // namespace

REPRISE_RECORD(Point, x, far_y)
REPRISE_ENUM(Color, red, green, blue)
REPRISE_FLAGS(Access, read, write, run)
REPRISE_VARIANT(Figure, nothing, point, named, number)
REPRISE_RESOURCE(File, "example:files/api.file")
REPRISE_RECORD(Everything, names, point, shape, access)

namespace reprise::component::abi {
namespace {

using Octets = std::vector<uint8_t>;

constexpr StringEncoding kEncodings[] = {StringEncoding::utf8, StringEncoding::utf16,
                                         StringEncoding::latin1_or_utf16};

struct AbiTyped : testing::Test {
  wit::TypeTable table;

  template <class T>
  Type type_of() {
    auto type = wit::parse_type(Describe<T>::text(), table);
    EXPECT_TRUE(type) << Describe<T>::text();
    return *type;
  }

  template <class T>
  void same(const T& value) {
    for (StringEncoding encoding : kEncodings) {
      for (PointerWidth width : {PointerWidth::memory32, PointerWidth::memory64}) {
        for (uint32_t max_flat : {0u, wit::kMaxFlatParams}) same(value, encoding, width, max_flat);
      }
    }
  }

  template <class T>
  void same(const T& value, StringEncoding encoding, PointerWidth width, uint32_t max_flat) {
    SCOPED_TRACE(Describe<T>::text());
    std::array types{type_of<T>()};
    ByteWriter encoded;
    Describe<T>::encode(encoded, value);

    TestGuest dynamic_guest(128), typed_guest(128);
    Context dynamic_context{dynamic_guest, encoding, width};
    Context typed_context{typed_guest, encoding, width};
    std::array<Slot, wit::kMaxFlatParams> dynamic_flat{}, typed_flat{};
    ByteReader reader(encoded.view());
    auto dynamic = lower_values(dynamic_context, types, max_flat, reader, dynamic_flat);
    auto typed = lower_typed(typed_context, types, max_flat, std::tuple<T>(value), typed_flat);
    ASSERT_TRUE(dynamic && typed);
    EXPECT_EQ(*dynamic, *typed);
    EXPECT_EQ(dynamic_flat, typed_flat);
    EXPECT_EQ(dynamic_guest.calls, typed_guest.calls);
    EXPECT_EQ(dynamic_guest.bytes, typed_guest.bytes);

    std::tuple<T> lifted;
    ASSERT_TRUE(lift_typed(typed_context, types, max_flat, typed_flat, lifted));
    ByteWriter again;
    Describe<T>::encode(again, std::get<0>(lifted));
    ByteWriter expected;
    ASSERT_TRUE(lift_values(dynamic_context, types, max_flat, dynamic_flat, expected));
    EXPECT_EQ(again.take(), expected.take());
  }

  /// Lifts flat values both ways and expects the same trap.
  template <class T>
  void same_trap(std::vector<Slot> flat, TrapKind kind, Octets bytes = Octets(128, 0xff)) {
    flat.resize(wit::kMaxFlatParams);
    TestGuest guest;
    guest.bytes = std::move(bytes);
    Context context{guest};
    std::array types{type_of<T>()};
    std::tuple<T> lifted;
    auto typed = lift_typed(context, types, wit::kMaxFlatParams, flat, lifted);
    ByteWriter out;
    auto dynamic = lift_values(context, types, wit::kMaxFlatParams, flat, out);
    ASSERT_FALSE(typed);
    ASSERT_FALSE(dynamic);
    EXPECT_EQ(typed.error().kind, kind);
    EXPECT_EQ(dynamic.error().kind, kind);
    EXPECT_EQ(typed.error().message, dynamic.error().message);
  }

  /// Lowers both ways and expects that the host is blamed.
  template <class T>
  void same_refusal(const T& value) {
    TestGuest guest(128);
    Context context{guest};
    std::array types{type_of<T>()};
    std::array<Slot, wit::kMaxFlatParams> flat{};
    auto typed = lower_typed(context, types, wit::kMaxFlatParams, std::tuple<T>(value), flat);
    ByteWriter encoded;
    Describe<T>::encode(encoded, value);
    ByteReader reader(encoded.view());
    auto dynamic = lower_values(context, types, wit::kMaxFlatParams, reader, flat);
    ASSERT_FALSE(typed);
    ASSERT_FALSE(dynamic);
    EXPECT_EQ(typed.error().kind, TrapKind::host);
    EXPECT_EQ(dynamic.error().kind, TrapKind::host);
    EXPECT_TRUE(guest.calls.empty());
  }
};

TEST_F(AbiTyped, scalars) {
  same(true);
  same(int8_t{-1});
  same(uint16_t{65535});
  same(int32_t{-5});
  same(uint64_t{1} << 63);
  same(1.5f);
  same(-std::numeric_limits<double>::quiet_NaN());
  same(char32_t{0x1f600});
  same(Color::blue);
  same(Access{5});
  same(Own<File>{7});
  same(Borrow<File>{8});
}

TEST_F(AbiTyped, strings_and_lists) {
  for (const char* text : {"", "plain", "é", "aé€", "😀", "é😀"}) same(std::string(text));
  same(std::vector<uint8_t>{1, 2, 3});
  same(std::vector<int64_t>{});
  same(std::vector<float>{1, std::numeric_limits<float>::quiet_NaN()});
  same(std::vector<Color>{Color::red, Color::blue});
  same(std::vector<Point>{{1, 2}, {3, 4}});
  same(std::vector<std::vector<std::string>>{{"a", "é"}, {}, {"€"}});
}

TEST_F(AbiTyped, products_and_sums) {
  same(Point{1, 2});
  same(std::tuple(uint8_t{1}, std::string("x"), 2.5));
  same(std::pair(uint8_t{1}, uint32_t{2}));
  same(std::optional<uint64_t>());
  same(std::optional<std::string>("é"));
  same(std::optional<std::optional<uint8_t>>(std::optional<uint8_t>()));
  same(std::expected<void, Unit>());
  same(std::expected<void, Color>(std::unexpected(Color::green)));
  same(std::expected<std::vector<uint8_t>, Unit>(std::vector<uint8_t>{9}));
  same(std::expected<float, uint64_t>(1.0f));
  same(std::expected<float, uint64_t>(std::unexpected(uint64_t{1} << 40)));
  same(Figure(Nothing()));
  same(Figure(Point{1, 2}));
  same(Figure(std::string("aé")));
  same(Figure(2.0f));
  same(std::tuple(Figure(2.0f), uint8_t{3}));
  same(Everything{{"a", "é"}, Point{1, 2}, Figure(std::string("s")), Access{3}});
  same(Everything{{}, std::nullopt, std::unexpected(Color::blue), Access::none});
}

TEST_F(AbiTyped, traps) {
  same_trap<char32_t>({0xd800}, TrapKind::abi_invalid_char);
  same_trap<Color>({3}, TrapKind::abi_invalid_case);
  same_trap<Figure>({4}, TrapKind::abi_invalid_case);
  same_trap<std::optional<char32_t>>({1, 0x110000}, TrapKind::abi_invalid_char);
  same_trap<Own<File>>({1000}, TrapKind::handle);
  same_trap<std::string>({0, 1}, TrapKind::abi_invalid_utf8);
  same_trap<std::string>({0, 129}, TrapKind::abi_out_of_bounds);
  same_trap<std::vector<uint32_t>>({2, 1}, TrapKind::abi_misaligned);
  same_trap<std::vector<std::string>>({0, 16}, TrapKind::abi_too_long);
  same_trap<std::vector<Color>>({0, 1}, TrapKind::abi_invalid_case);
}

TEST_F(AbiTyped, flat_results_of_several_values) {
  TestGuest guest(128);
  Context context{guest};
  std::array types{type_of<uint8_t>(), type_of<std::string>()};
  std::array<Slot, wit::kMaxFlatParams> flat{};
  std::tuple values(uint8_t{7}, std::string("hi"));
  EXPECT_EQ(*lower_typed(context, types, 16, values, flat), 3u);
  EXPECT_EQ(flat[0], 7u);
  EXPECT_EQ(*lower_typed(context, types, 1, values, flat, 8), 0u);
  EXPECT_EQ(guest.bytes[8], 7);
  EXPECT_EQ(guest.bytes[9], 0xaa) << "padding";
  std::tuple<uint8_t, std::string> lifted;
  flat[0] = 8;
  ASSERT_TRUE(lift_typed(context, types, 1, flat, lifted));
  EXPECT_EQ(lifted, values);
}

TEST_F(AbiTyped, the_hosts_mistakes) {
  same_refusal(std::string("\xff"));
  same_refusal(char32_t{0xd800});
  same_refusal(Color{7});
  same_refusal(Access{8});
}

// Random values of many types, lowered into guests whose realloc may fail, and lifted from guests
// that were tampered with. dynamic.hpp agrees with the specification's own definitions
// (abi_oracle_test.cpp), so what agrees with it does, too.

class RandomValues {
 public:
  explicit RandomValues(uint64_t seed) : state_(seed) {}

  uint32_t below(uint32_t count) {
    state_ = state_ * 6364136223846793005 + 1442695040888963407;
    return static_cast<uint32_t>((state_ >> 33) % count);
  }

  /// The canonical encoding of some value.
  void encode(Type type, ByteWriter& out) {
    using enum wit::TypeKind;
    switch (type->shape) {
      case wit::Shape::scalar:
        return scalar(type, out);
      case wit::Shape::string: {
        constexpr std::string_view kTexts[] = {"",  "a",  "plain ascii", "é",   "aé",
                                               "€", "é€", "😀",          "x😀é"};
        return out.name(kTexts[below(std::size(kTexts))]);
      }
      case wit::Shape::sequence: {
        const uint32_t count = below(4);
        out.leb_u32(count);
        for (uint32_t n = 0; n < count; ++n) encode(type->element, out);
        return;
      }
      case wit::Shape::product:
        for (const wit::Member& member : type->members) encode(member.type, out);
        return;
      case wit::Shape::sum: {
        const uint32_t index = below(static_cast<uint32_t>(type->members.size()));
        out.leb_u32(index);
        if (type->members[index].type) encode(type->members[index].type, out);
        return;
      }
      case wit::Shape::handle:
        return out.leb_u32(below(300));
      default:
        FAIL() << "no C++ type has this shape";
    }
  }

 private:
  void scalar(Type type, ByteWriter& out) {
    using enum wit::TypeKind;
    constexpr uint64_t kBits[] = {0, 1, 0x7f, 0x80, 0xff, 0x8000, 0x80000000, UINT64_MAX};
    const uint64_t bits = kBits[below(8)] + below(3);
    switch (type->kind) {
      case bool_:
        return out.u8(bits & 1);
      case char_: {
        constexpr uint32_t kChars[] = {0, 'A', 0xd7ff, 0xe000, 0x10ffff};
        return out.u32_le(kChars[below(5)]);
      }
      case f32: {
        constexpr uint32_t kFloats[] = {0, 0x80000000, 0x3f800000, 0x7f800000, 0x7fc00000};
        return out.u32_le(kFloats[below(5)]);
      }
      case f64: {
        constexpr uint64_t kDoubles[] = {0, 0x8000000000000000, 0x3ff8000000000000,
                                         0x7ff0000000000000, 0x7ff8000000000000};
        return out.u64_le(kDoubles[below(5)]);
      }
      case flags:
        REPRISE_CHECK(type->members.size() < 8);
        return out.u8(static_cast<uint8_t>(bits % (1u << type->members.size())));
      default: {
        uint8_t bytes[sizeof bits];
        std::memcpy(bytes, &bits, sizeof bits);
        return out.bytes({bytes, type->layout32().size});
      }
    }
  }

  uint64_t state_;
};

struct AbiRandom : AbiTyped {
  /// What came of lifting: the values encoded, or the trap.
  static std::string outcome(const TrapOr<void>& lifted, ByteWriter& encoded) {
    if (!lifted) return lifted.error().message;
    return std::string(as_text(encoded.view()));
  }

  template <class T>
  void try_one(RandomValues& random) {
    const std::array types{type_of<T>()};
    ByteWriter encoded;
    random.encode(types[0], encoded);
    T value{};
    ByteReader whole(encoded.view());
    ASSERT_TRUE(Describe<T>::decode(whole, value));
    const StringEncoding encoding = kEncodings[random.below(3)];
    const auto width = static_cast<PointerWidth>(random.below(2));
    constexpr uint32_t kMaxFlats[] = {0, 1, 4, 16};
    const uint32_t max_flat = kMaxFlats[random.below(4)];

    TestGuest dynamic_guest(random.below(100));
    dynamic_guest.fail_at = random.below(8) == 0 ? 1 + random.below(3) : 0;
    TestGuest typed_guest = dynamic_guest;
    Context dynamic_context{dynamic_guest, encoding, width};
    Context typed_context{typed_guest, encoding, width};
    std::array<Slot, wit::kMaxFlatParams> dynamic_flat{}, typed_flat{};
    ByteReader reader(encoded.view());
    const auto dynamic = lower_values(dynamic_context, types, max_flat, reader, dynamic_flat);
    const auto typed =
        lower_typed(typed_context, types, max_flat, std::tuple<T>(value), typed_flat);
    ASSERT_EQ(dynamic.has_value(), typed.has_value());
    EXPECT_EQ(dynamic_guest.calls, typed_guest.calls);
    EXPECT_EQ(dynamic_guest.bytes, typed_guest.bytes);
    if (!dynamic) {
      EXPECT_EQ(dynamic.error().message, typed.error().message);
      return;
    }
    EXPECT_EQ(dynamic_flat, typed_flat);
    for (int n = 0; n < 4; ++n) {
      lift_both<T>(dynamic_context, types, max_flat, dynamic_flat);
      uint8_t& byte = dynamic_guest.bytes[random.below(uint32_t(dynamic_guest.bytes.size()))];
      byte = random.below(2) ? static_cast<uint8_t>(byte ^ (1u << random.below(8))) : 0xff;
      if (random.below(3) == 0) dynamic_flat[random.below(4)] ^= 1u << random.below(31);
    }
  }

  template <class T>
  void lift_both(Context& context, std::span<const Type> types, uint32_t max_flat,
                 std::span<const Slot> flat) {
    ByteWriter expected, actual;
    const auto dynamic = lift_values(context, types, max_flat, flat, expected);
    std::tuple<T> lifted;
    const auto typed = lift_typed(context, types, max_flat, flat, lifted);
    ASSERT_EQ(dynamic.has_value(), typed.has_value())
        << (dynamic ? typed.error().message : dynamic.error().message);
    if (typed) Describe<T>::encode(actual, std::get<0>(lifted));
    EXPECT_EQ(outcome(dynamic, expected), outcome(typed, actual));
    (dynamic ? lifted_ : trapped_)++;
  }

  template <class... Ts>
  void try_all(RandomValues& random) {
    (
        [&] {
          SCOPED_TRACE(Describe<Ts>::text());
          if (!HasFailure()) try_one<Ts>(random);
        }(),
        ...);
  }

  size_t lifted_ = 0, trapped_ = 0;
};

TEST_F(AbiRandom, typed_and_dynamic_do_the_same) {
  for (uint64_t seed = 1; seed <= 200 && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomValues random(seed);
    try_all<bool, int8_t, uint16_t, int32_t, uint64_t, float, double, char32_t, Color, Access,
            std::string, Own<File>, Borrow<File>, Point, Figure, Everything,
            std::vector<Everything>, std::vector<std::vector<std::string>>, std::vector<Figure>,
            std::optional<std::optional<uint8_t>>, std::expected<Figure, std::vector<Point>>,
            std::tuple<Figure, Color, std::optional<double>, std::string>,
            std::expected<std::tuple<float, uint64_t>, Figure>,
            std::vector<std::optional<char32_t>>, std::tuple<Everything, Everything>>(random);
  }
  EXPECT_GT(lifted_, 5000u);
  EXPECT_GT(trapped_, 500u);
}

}  // namespace
}  // namespace reprise::component::abi
