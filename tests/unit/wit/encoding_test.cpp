// The canonical encoding: exact bytes, what the check refuses, trees both ways.

#include "wit/encoding.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace reprise::wit {
namespace {

using List = Value::List;
using Case = Value::Case;

struct EncodingTest : testing::Test {
  TypeTable table;

  Type type(std::string_view text) {
    auto parsed = parse_type(text, table);
    EXPECT_TRUE(parsed) << text;
    return *parsed;
  }
  std::vector<uint8_t> encoded(std::string_view text, Value value) {
    ByteWriter writer;
    auto done = encode(type(text), value, writer);
    EXPECT_TRUE(done) << text << ": " << (done ? "" : done.error().to_string());
    return writer.take();
  }
  bool valid(std::string_view text, std::vector<uint8_t> bytes) {
    ByteReader reader(bytes);
    bool checked = check_value(type(text), reader).has_value() && reader.at_end();
    ByteReader again(bytes);
    bool decoded = decode(type(text), again).has_value() && again.at_end();
    EXPECT_EQ(checked, decoded) << text;
    return checked;
  }
};

using Octets = std::vector<uint8_t>;

TEST_F(EncodingTest, exact_bytes) {
  EXPECT_EQ(encoded("bool", {true}), Octets({1}));
  EXPECT_EQ(encoded("s8", {int64_t{-1}}), Octets({0xff}));
  EXPECT_EQ(encoded("u32", {uint64_t{0x01020304}}), Octets({4, 3, 2, 1}));
  EXPECT_EQ(encoded("s64", {int64_t{-2}}), Octets({0xfe, 255, 255, 255, 255, 255, 255, 255}));
  EXPECT_EQ(encoded("f32", {1.0f}), Octets({0, 0, 0x80, 0x3f}));
  EXPECT_EQ(encoded("f32", {-std::nanf("5")}), Octets({0, 0, 0xc0, 0x7f}));
  EXPECT_EQ(encoded("f64", {std::nan("5")}), Octets({0, 0, 0, 0, 0, 0, 0xf8, 0x7f}));
  EXPECT_EQ(encoded("char", {uint64_t{0x1f600}}), Octets({0, 0xf6, 1, 0}));
  EXPECT_EQ(encoded("string", {std::string("h\u00e9")}), Octets({3, 'h', 0xc3, 0xa9}));
  EXPECT_EQ(encoded("list<u16>", {List{{uint64_t{1}}, {uint64_t{2}}}}), Octets({2, 1, 0, 2, 0}));
  EXPECT_EQ(encoded("list<u8, 2>", {List{{uint64_t{1}}, {uint64_t{2}}}}), Octets({1, 2}));
  EXPECT_EQ(encoded("record { a: u8, b: u32 }", {List{{uint64_t{1}}, {uint64_t{2}}}}),
            Octets({1, 2, 0, 0, 0}));
  EXPECT_EQ(encoded("option<u8>", {Case(0)}), Octets({0}));
  EXPECT_EQ(encoded("option<u8>", {Case(1, {uint64_t{7}})}), Octets({1, 7}));
  EXPECT_EQ(encoded("result<_, string>", {Case(1, {std::string("x")})}), Octets({1, 1, 'x'}));
  EXPECT_EQ(encoded("flags { a, b, c, d, e, f, g, h, i }", {uint64_t{0x101}}), Octets({1, 1}));
  EXPECT_EQ(encoded("own<r>", {uint64_t{300}}), Octets({0xac, 2}));
  EXPECT_EQ(encoded("map<u8, bool>", {List{{List{{uint64_t{1}}, {true}}}}}), Octets({1, 1, 1}));
}

TEST_F(EncodingTest, only_one_form_is_valid) {
  EXPECT_TRUE(valid("bool", {1}));
  EXPECT_FALSE(valid("bool", {2}));
  EXPECT_FALSE(valid("u16", {2}));
  EXPECT_TRUE(valid("f32", {0, 0, 0xc0, 0x7f}));
  EXPECT_FALSE(valid("f32", {0, 0, 0xc0, 0xff}));
  EXPECT_FALSE(valid("f32", {1, 0, 0xc0, 0x7f}));
  EXPECT_TRUE(valid("f32", {0, 0, 0x80, 0x7f})) << "infinity";
  EXPECT_FALSE(valid("f64", {1, 0, 0, 0, 0, 0, 0xf0, 0x7f}));
  EXPECT_FALSE(valid("char", {0, 0xd8, 0, 0}));
  EXPECT_TRUE(valid("char", {0xff, 0xff, 0x10, 0}));
  EXPECT_FALSE(valid("char", {0, 0, 0x11, 0}));
  EXPECT_FALSE(valid("string", {2, 0xc3}));
  EXPECT_FALSE(valid("string", {1, 0xc3}));
  EXPECT_TRUE(valid("list<u8>", {2, 8, 9}));
  EXPECT_FALSE(valid("list<u8>", {0x82, 0, 8, 9})) << "LEB not in its shortest form";
  EXPECT_FALSE(valid("list<u8>", {3, 8, 9}));
  EXPECT_FALSE(valid("list<u64>", {0xff, 0xff, 0xff, 0xff, 0x0f, 1}));
  EXPECT_FALSE(valid("option<u8>", {2}));
  EXPECT_FALSE(valid("flags { a, b }", {4}));
  EXPECT_FALSE(valid("flags { a, b, c, d, e, f, g, h, i }", {0, 2}));
  EXPECT_FALSE(valid("own<r>", {0xff, 0xff, 0xff, 0xff, 0x1f}));
  EXPECT_FALSE(valid("list<bool, 3>", {1, 1}));
}

TEST_F(EncodingTest, reader_stands_behind_the_value) {
  Octets bytes = {1, 'x', 9};
  ByteReader reader(bytes, 100);
  EXPECT_TRUE(check_value(type("string"), reader));
  EXPECT_EQ(reader.offset(), 102u);
  auto error = check_value(type("bool"), reader);
  ASSERT_FALSE(error);
  EXPECT_EQ(error.error().offset, 102u);
}

TEST_F(EncodingTest, trees_of_another_type_are_refused) {
  ByteWriter writer;
  EXPECT_FALSE(encode(type("bool"), Value{uint64_t{1}}, writer));
  EXPECT_FALSE(encode(type("u8"), Value{uint64_t{256}}, writer));
  EXPECT_FALSE(encode(type("s8"), Value{int64_t{128}}, writer));
  EXPECT_FALSE(encode(type("s8"), Value{uint64_t{1}}, writer));
  EXPECT_FALSE(encode(type("char"), Value{uint64_t{0xd800}}, writer));
  EXPECT_FALSE(encode(type("string"), Value{std::string("\xff")}, writer));
  EXPECT_FALSE(encode(type("tuple<u8>"), Value{List{}}, writer));
  EXPECT_FALSE(encode(type("list<u8, 2>"), Value{List{{uint64_t{1}}}}, writer));
  EXPECT_FALSE(encode(type("option<u8>"), Value{Case(1)}, writer));
  EXPECT_FALSE(encode(type("option<u8>"), Value{Case(0, {uint64_t{1}})}, writer));
  EXPECT_FALSE(encode(type("enum { a }"), Value{Case(1)}, writer));
  EXPECT_FALSE(encode(type("flags { a }"), Value{uint64_t{2}}, writer));
}

TEST_F(EncodingTest, trees_round_trip) {
  std::string_view text =
      "record { a: list<option<s32>>, b: result<f64, string>, c: tuple<char, flags { x, y }>, "
      "d: map<string, own<r>> }";
  Value value{List{
      {List{{Case(0)}, {Case(1, {int64_t{-5}})}}},
      {Case(0, {2.5})},
      {List{{uint64_t{'z'}}, {uint64_t{2}}}},
      {List{{List{{std::string("k")}, {uint64_t{9}}}}}},
  }};
  Octets bytes = encoded(text, value);
  ByteReader reader(bytes);
  auto tree = decode(type(text), reader);
  ASSERT_TRUE(tree);
  EXPECT_EQ(encoded(text, *tree), bytes);
}

}  // namespace
}  // namespace reprise::wit
