#include "reprise/values.hpp"

#include <gtest/gtest.h>

#include "reprise/bind.hpp"

namespace {
struct Point {
  int32_t x = 0;
  int32_t far_y = 0;
  bool operator==(const Point&) const = default;
};
enum class Color : uint8_t { red, light_green };
enum class Permissions : uint16_t { none = 0, read = 1, write = 2, mutate_all = 4 };
struct Nothing {
  bool operator==(const Nothing&) const = default;
};
using Shape = std::variant<Nothing, Point, std::string>;
struct File {
  int number = 0;
};
}  // namespace

REPRISE_RECORD(Point, x, far_y)
REPRISE_ENUM(Color, red, light_green)
REPRISE_FLAGS(Permissions, read, write, mutate_all)
REPRISE_VARIANT(Shape, none, point, named_)
REPRISE_RESOURCE(File, "example:files/api.file")

namespace reprise {
namespace {

template <class T>
std::vector<uint8_t> encode(const T& value) {
  ByteWriter out;
  Describe<T>::encode(out, value);
  return out.take();
}

template <class T>
void expect_round_trip(const T& value) {
  const std::vector<uint8_t> bytes = encode(value);
  ByteReader in(bytes);
  T again{};
  EXPECT_TRUE(Describe<T>::decode(in, again));
  EXPECT_TRUE(in.at_end());
  EXPECT_EQ(again, value);
  for (size_t n = 0; n < bytes.size(); ++n) {
    ByteReader cut(Bytes(bytes).first(n));
    T ignored{};
    EXPECT_FALSE(Describe<T>::decode(cut, ignored) && cut.at_end());
  }
}

TEST(Values, TextIsWit) {
  EXPECT_EQ(Describe<Point>::text(), "record { x: s32, far-y: s32 }");
  EXPECT_EQ(Describe<Color>::text(), "enum { red, light-green }");
  EXPECT_EQ(Describe<Permissions>::text(), "flags { read, write, mutate-all }");
  EXPECT_EQ(Describe<Shape>::text(),
            "variant { none, point(record { x: s32, far-y: s32 }), named(string) }");
  EXPECT_EQ(Describe<Own<File>>::text(), "own<example:files/api.file>");
  EXPECT_EQ((Describe<std::expected<void, Unit>>::text()), "result");
  EXPECT_EQ((Describe<std::expected<std::vector<uint8_t>, Color>>::text()),
            "result<list<u8>, enum { red, light-green }>");
  EXPECT_EQ((Describe<std::expected<void, std::string>>::text()), "result<_, string>");
  EXPECT_EQ((Describe<std::tuple<uint8_t, int16_t, uint64_t, float, char32_t>>::text()),
            "tuple<u8, s16, u64, f32, char>");
}

TEST(Values, RoundTrip) {
  expect_round_trip(Point{1, -2});
  expect_round_trip(Color::light_green);
  expect_round_trip(Permissions{5});
  expect_round_trip(Shape(Point{3, 4}));
  expect_round_trip(Shape(std::string("x")));
  expect_round_trip(std::vector<uint8_t>{1, 2, 3});
  expect_round_trip(std::vector<Point>{{1, 2}, {3, 4}});
  expect_round_trip(std::optional<std::string>("é"));
  expect_round_trip(std::expected<uint32_t, Color>(7));
  expect_round_trip(std::expected<uint32_t, Color>(std::unexpected(Color::red)));
  expect_round_trip(std::make_tuple(true, 1.5, char32_t{0x1f600}));
  expect_round_trip(Own<File>{300});
}

TEST(Values, NansAreCanonical) {
  EXPECT_EQ(encode(std::bit_cast<float>(0xffffffffu)), (std::vector<uint8_t>{0, 0, 0xc0, 0x7f}));
}

TEST(Values, WrongBytesAreRefused) {
  const std::vector<uint8_t> bad{2};
  ByteReader a(bad), b(bad), c(bad);
  bool flag = false;
  EXPECT_FALSE(Describe<bool>::decode(a, flag));
  Color color{};
  EXPECT_FALSE(Describe<Color>::decode(b, color));
  const std::vector<uint8_t> bits{0x08};
  ByteReader d(bits);
  Permissions permissions{};
  EXPECT_FALSE(Describe<Permissions>::decode(d, permissions));
}

TEST(Bind, SignatureAndCall) {
  struct App {
    uint32_t base = 40;
  } app;
  HostContext context;
  context.data = &app;
  auto bound = detail::bind<App>(
      [](Call<App> call, uint32_t a, std::string) -> TrapOr<std::optional<uint32_t>> {
        if (a == 0) return std::unexpected(Trap::host("zero"));
        return call.data().base + a;
      });
  EXPECT_EQ(bound.signature, "func(p0: u32, p1: string) -> option<u32>");
  ByteWriter results;
  auto started = bound.start(context, encode(std::tuple<uint32_t, std::string>(2, "x")), results);
  ASSERT_TRUE(started);
  EXPECT_EQ(*started, nullptr);
  EXPECT_EQ(results.take(), encode(std::optional<uint32_t>(42)));
  auto trapped = bound.start(context, encode(std::tuple<uint32_t, std::string>(0, "x")), results);
  ASSERT_FALSE(trapped);
  EXPECT_EQ(trapped.error().message, "zero");
}

TEST(Bind, CoroutinesSuspend) {
  struct App {
    std::coroutine_handle<> waiting;
  } app;
  HostContext context;
  context.data = &app;
  struct Wait {
    App& app;
    bool await_ready() { return false; }
    void await_suspend(std::coroutine_handle<> h) { app.waiting = h; }
    void await_resume() {}
  };
  auto bound = detail::bind<App>([](Call<App> call, uint64_t n) -> Task<uint64_t> {
    co_await Wait{call.data()};
    co_return n + 1;
  });
  EXPECT_TRUE(bound.suspends);
  ByteWriter results;
  auto started = bound.start(context, encode(uint64_t{4}), results);
  ASSERT_TRUE(started);
  ASSERT_NE(*started, nullptr);
  EXPECT_FALSE((*started)->done());
  app.waiting.resume();
  ASSERT_TRUE((*started)->done());
  ASSERT_TRUE((*started)->finish(results));
  EXPECT_EQ(results.take(), encode(uint64_t{5}));
}

TEST(Bind, ResourcesByHandle) {
  struct App {
  } app;
  HostContext context;
  context.data = &app;
  auto open = detail::bind<App>([](Call<App> call, int32_t n) { return call.push(File{n}); });
  EXPECT_EQ(open.signature, "func(p0: s32) -> own<example:files/api.file>");
  auto number =
      detail::bind<App>([](Call<App> call, Borrow<File> f) { return call.get(f).number; });
  ByteWriter handle, results;
  ASSERT_TRUE(open.start(context, encode(int32_t{9}), handle));
  ASSERT_TRUE(number.start(context, handle.view(), results));
  EXPECT_EQ(results.take(), encode(int32_t{9}));
}

}  // namespace
}  // namespace reprise
