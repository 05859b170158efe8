// WAVE and JSON text of values.

#include "wit/wave.hpp"

#include <gtest/gtest.h>

#include <array>

namespace reprise::wit {
namespace {

struct WaveTest : testing::Test {
  TypeTable table;

  Type type(std::string_view text) {
    auto parsed = parse_type(text, table);
    EXPECT_TRUE(parsed) << text;
    return *parsed;
  }
  Result<std::vector<uint8_t>> parse(std::string_view type_text, std::string_view wave) {
    ByteWriter writer;
    REPRISE_TRY(parse_wave(type(type_text), wave, writer));
    return writer.take();
  }
  std::string print(std::string_view type_text, std::string_view wave,
                    const PrintLimits& limits = {}) {
    auto bytes = parse(type_text, wave);
    if (!bytes) return bytes.error().to_string();
    auto out = to_wave(type(type_text), *bytes, limits);
    return out ? *out : out.error().to_string();
  }
  std::string json(std::string_view type_text, std::string_view wave) {
    auto bytes = parse(type_text, wave);
    if (!bytes) return bytes.error().to_string();
    auto out = to_json(type(type_text), *bytes);
    return out ? *out : out.error().to_string();
  }
  void same(std::string_view type_text, std::string_view wave) {
    EXPECT_EQ(print(type_text, wave), wave) << type_text;
  }
};

TEST_F(WaveTest, round_trips) {
  same("bool", "true");
  same("s8", "-128");
  same("u64", "18446744073709551615");
  same("f32", "3.14");
  same("f64", "6.022e+23");
  same("f64", "nan");
  same("f32", "-inf");
  same("f64", "-0");
  same("f64", "5e-324");
  same("char", "'x'");
  same("char", "'\\''");
  same("char", "'\"'");
  same("char", "'☃'");
  same("char", "'\\u{0}'");
  same("string", "\"abc\\t123\\n\\\"'\\\\\"");
  same("string", "\"👋\\u{202e}\"");
  same("tuple<string, u8>", "(\"abc\", 123)");
  same("list<u8>", "[]");
  same("list<list<char>>", "[['a'], []]");
  same("list<bool, 2>", "[true, false]");
  same("record { field-a: u8, b: option<u8> }", "{field-a: 1, b: none}");
  same("variant { days(u8), forever, ok, err(bool) }", "days(30)");
  same("variant { days(u8), forever, ok, err(bool) }", "forever");
  same("variant { days(u8), forever, ok, err(bool) }", "%ok");
  same("variant { days(u8), forever, ok, err(bool) }", "%err(true)");
  same("enum { south, none }", "%none");
  same("option<option<u8>>", "some(none)");
  same("result<_, string>", "ok");
  same("result<u8>", "err");
  same("result<u8, string>", "err(\"oops\")");
  same("flags { read, write }", "{read, write}");
  same("flags { read, write }", "{}");
  same("own<r>", "#7");
  same("map<string, u8>", "[(\"a\", 1)]");
}

TEST_F(WaveTest, liberal_forms) {
  EXPECT_EQ(print("option<u8>", "123"), "some(123)");
  EXPECT_EQ(print("result<string>", "\"flat\""), "ok(\"flat\")");
  EXPECT_EQ(print("option<variant { some, x }>", "%some"), "some(%some)");
  EXPECT_EQ(print("record { a: u8, b: option<u8> }", " { b : 2 , a : 1 , } "),
            "{a: 1, b: some(2)}");
  EXPECT_EQ(print("record { a: option<u8> }", "{:}"), "{a: none}");
  EXPECT_EQ(print("list<u8>", "[1, // one\n 2,]"), "[1, 2]");
  EXPECT_EQ(print("flags { a, b }", "{b, %a,}"), "{a, b}");
  EXPECT_EQ(print("tuple<u8>", "(1,)"), "(1)");
  EXPECT_EQ(print("f32", "1"), "1");
  EXPECT_EQ(print("string", "\"\"\"\nA single line\n\"\"\""), "\"A single line\"");
  EXPECT_EQ(print("string", "\"\"\"\n    Indentation\n\n      by end\\u{21}\n  \"\"\""),
            "\"  Indentation\\n\\n    by end!\"");
  EXPECT_EQ(print("string", "\"\"\"\n\"\"\\\"\"\n\"\"\""), "\"\\\"\\\"\\\"\\\"\"");
}

TEST_F(WaveTest, malformed) {
  for (auto [type_text, wave] : std::initializer_list<std::pair<const char*, const char*>>{
           {"u8", "256"},
           {"u8", "-1"},
           {"s8", "128"},
           {"u8", ""},
           {"u8", "1 2"},
           {"bool", "%true"},
           {"char", "''"},
           {"char", "'ab'"},
           {"char", "'\\u{d800}'"},
           {"char", "'\\x'"},
           {"string", "\"a"},
           {"string", "\"a\nb\""},
           {"list<u8>", "[1 2]"},
           {"list<u8>", "[1"},
           {"list<u8, 2>", "[1]"},
           {"tuple<u8, u8>", "(1)"},
           {"record { a: u8 }", "{}"},
           {"record { a: u8 }", "{a: 1, a: 1}"},
           {"record { a: u8 }", "{b: 1}"},
           {"enum { a }", "b"},
           {"variant { a(u8) }", "a"},
           {"option<option<u8>>", "1"},
           {"result", "1"},
           {"flags { a }", "{a, a}"},
           {"own<r>", "7"},
           {"f64", "infinity"},
           {"f64", "-nan"},
           {"string", "\"\"\"\nx\"\"\""},
           {"string", "\"\xff\""},
           {"f32", "1e999"}}) {
    EXPECT_FALSE(parse(type_text, wave)) << type_text << ": " << wave;
  }
}

TEST_F(WaveTest, elision) {
  EXPECT_EQ(print("list<u8>", "[1, 2, 3, 4]", {.max_elements = 2}), "[1, 2, …]");
  EXPECT_EQ(print("list<u8>", "[1, 2]", {.max_elements = 2}), "[1, 2]");
  EXPECT_EQ(print("tuple<list<u8>, u8>", "([1, 2, 3], 4)", {.max_elements = 1}), "([1, …], 4)");
  EXPECT_EQ(print("tuple<list<u8>, u8>", "([1, 2, 3], 4)", {.max_length = 6}), "([1, 2, …])");
  EXPECT_EQ(print("string", "\"abcdef\"", {.max_elements = 3}), "\"abc…\"");
  EXPECT_EQ(print("list<string>", "[\"abcdef\", \"b\"]", {.max_length = 5}), "[\"abc…\", …]");

  // The reader stands behind the value even if not all of it was printed.
  auto bytes = *parse("tuple<list<u8>, u8>", "([1, 2, 3], 4)");
  bytes.push_back(1);
  ByteReader reader(bytes);
  std::string out;
  ASSERT_TRUE(print_wave(type("tuple<list<u8>, u8>"), reader, out, {.max_length = 1}));
  EXPECT_EQ(reader.remaining(), 1u);
}

TEST_F(WaveTest, malformed_bytes_print_nothing) {
  std::vector<uint8_t> bytes = {2, 1, 7};
  auto out = to_wave(type("list<bool>"), bytes);
  ASSERT_FALSE(out);
  EXPECT_EQ(out.error().kind, ErrorKind::malformed);
  bytes = {1, 1};
  EXPECT_FALSE(to_wave(type("bool"), bytes)) << "something behind the value";
}

TEST_F(WaveTest, arguments) {
  std::array types = {type("u8"), type("option<string>")};
  ByteWriter writer;
  ASSERT_TRUE(parse_wave_arguments(types, "(1)", writer));
  ByteReader reader(writer.view());
  std::string out;
  ASSERT_TRUE(print_wave_arguments(types, reader, out));
  EXPECT_EQ(out, "(1, none)");
  EXPECT_FALSE(parse_wave_arguments(types, "()", writer));
  EXPECT_FALSE(parse_wave_arguments(types, "(1, none, 2)", writer));
}

TEST_F(WaveTest, json) {
  EXPECT_EQ(json("record { a: u8, b: list<string> }", "{a: 1, b: [\"x\\u{1}\\\"\"]}"),
            "{\"a\":1,\"b\":[\"x\\u0001\\\"\"]}");
  EXPECT_EQ(json("tuple<f64, f32, bool>", "(nan, 1.5, true)"), "[\"nan\",1.5,true]");
  EXPECT_EQ(json("list<option<u8>>", "[none, 1]"), "[null,1]");
  EXPECT_EQ(json("list<option<option<u8>>>", "[none, some(none), some(some(1))]"),
            "[null,{\"some\":null},{\"some\":1}]");
  EXPECT_EQ(json("result<_, string>", "err(\"e\")"), "{\"err\":\"e\"}");
  EXPECT_EQ(json("result", "ok"), "\"ok\"");
  EXPECT_EQ(json("flags { a, b }", "{b}"), "[\"b\"]");
  EXPECT_EQ(json("char", "'\\''"), "\"'\"");
  EXPECT_EQ(json("own<r>", "#3"), "{\"handle\":3}");
}

}  // namespace
}  // namespace reprise::wit
