// Types: the layouts the canonical ABI asks for, text both ways, limits, equality.

#include "wit/type.hpp"

#include <gtest/gtest.h>

#include <array>
#include <optional>

namespace reprise::wit {
namespace {

struct TypeTest : testing::Test {
  TypeTable table;

  Type parse(std::string_view text) {
    auto type = parse_type(text, table);
    EXPECT_TRUE(type) << text << ": " << (type ? "" : type.error().to_string());
    return type ? *type : primitive(TypeKind::bool_);
  }
  std::string flat(std::string_view text, PointerWidth width = PointerWidth::memory32) {
    const Layout& layout = parse(text)->layout(width);
    if (layout.flat_count == kTooManyFlat) return "too many";
    std::string out;
    for (FlatType type : layout.flat_types()) {
      if (!out.empty()) out += ' ';
      out += to_string(type);
    }
    return out;
  }
  void expect_layout(std::string_view text, uint32_t size, uint32_t alignment) {
    EXPECT_EQ(parse(text)->layout32().size, size) << text;
    EXPECT_EQ(parse(text)->layout32().alignment, alignment) << text;
  }
  std::string enumeration(size_t cases) {
    std::string text = "enum { ";
    for (size_t i = 0; i < cases; ++i) text += (i ? ", c" : "c") + std::to_string(i);
    return text + " }";
  }
  std::string flags(size_t labels) {
    std::string text = "flags { ";
    for (size_t i = 0; i < labels; ++i) text += (i ? ", f" : "f") + std::to_string(i);
    return text + " }";
  }
};

TEST_F(TypeTest, sizes_and_alignments) {
  expect_layout("bool", 1, 1);
  expect_layout("s16", 2, 2);
  expect_layout("char", 4, 4);
  expect_layout("f64", 8, 8);
  expect_layout("string", 8, 4);
  expect_layout("list<u64>", 8, 4);
  expect_layout("list<u16, 5>", 10, 2);
  expect_layout("own<r>", 4, 4);
  expect_layout("record { a: u8, b: u32, c: u8 }", 12, 4);
  expect_layout("tuple<u8, u64>", 16, 8);
  expect_layout("option<u8>", 2, 1);
  expect_layout("option<u64>", 16, 8);
  expect_layout("result", 1, 1);
  expect_layout("variant { a, b(string) }", 12, 4);
  expect_layout("variant { a(tuple<u8, u32>), b(u64) }", 16, 8);
  expect_layout(enumeration(256), 1, 1);
  expect_layout(enumeration(257), 2, 2);
  expect_layout(flags(8), 1, 1);
  expect_layout(flags(9), 2, 2);
  expect_layout(flags(17), 4, 4);
  EXPECT_EQ(parse("string")->layouts[1].size, 16u);
  EXPECT_EQ(parse("tuple<u32, string>")->layouts[1].size, 24u);
}

TEST_F(TypeTest, field_and_payload_offsets) {
  Type record = parse("record { a: u8, b: string, c: u16 }");
  EXPECT_EQ(record->offset_of(1, PointerWidth::memory32), 4u);
  EXPECT_EQ(record->offset_of(2, PointerWidth::memory32), 12u);
  EXPECT_EQ(record->offset_of(1, PointerWidth::memory64), 8u);
  EXPECT_EQ(record->offset_of(2, PointerWidth::memory64), 24u);
  EXPECT_EQ(parse("option<u16>")->layout32().payload_offset, 2u);
  EXPECT_EQ(parse("result<u8, u64>")->layout32().payload_offset, 8u);
}

TEST_F(TypeTest, flat_types) {
  EXPECT_EQ(flat("string"), "i32 i32");
  EXPECT_EQ(flat("string", PointerWidth::memory64), "i64 i64");
  EXPECT_EQ(flat("record { a: f32, b: s64 }"), "f32 i64");
  EXPECT_EQ(flat("list<f64, 3>"), "f64 f64 f64");
  EXPECT_EQ(flat("option<f32>"), "i32 f32");
  EXPECT_EQ(flat("result<f32, u32>"), "i32 i32");
  EXPECT_EQ(flat("result<f32, f64>"), "i32 i64");
  EXPECT_EQ(flat("result<u8, tuple<s64, f32>>"), "i32 i64 f32");
  EXPECT_EQ(flat("variant { a(string), b(tuple<f32, f64, u8>) }"), "i32 i32 i64 i32");
  EXPECT_EQ(flat("list<u8, 16>"),
            "i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32");
  EXPECT_EQ(flat("list<u8, 17>"), "too many");
  EXPECT_EQ(flat("option<list<u8, 16>>"), "too many");
}

TEST_F(TypeTest, facts) {
  EXPECT_TRUE(parse("u8")->bitwise);
  EXPECT_TRUE(parse("tuple<u32, u16, u16>")->bitwise);
  EXPECT_TRUE(parse("list<tuple<s8, u8>, 3>")->bitwise);
  EXPECT_TRUE(parse(flags(16))->bitwise);
  EXPECT_FALSE(parse(flags(15))->bitwise);
  EXPECT_FALSE(parse("tuple<u32, u8>")->bitwise) << "padding at the end";
  EXPECT_FALSE(parse("bool")->bitwise) << "memory may hold other values than 0 and 1";
  EXPECT_FALSE(parse("f32")->bitwise) << "memory may hold any NaN";
  EXPECT_FALSE(parse("char")->bitwise);
  EXPECT_FALSE(parse("enum { a }")->bitwise);
  EXPECT_TRUE(parse("option<list<borrow<r>>>")->has_borrow);
  EXPECT_FALSE(parse("own<r>")->has_borrow);
  EXPECT_TRUE(parse("option<list<own<r>>>")->has_handle);
  EXPECT_TRUE(parse("result<stream<u8>>")->has_async);
  EXPECT_TRUE(parse("tuple<u8, string>")->has_pointer);
  EXPECT_FALSE(parse("stream<string>")->has_pointer);
}

TEST_F(TypeTest, text_round_trips) {
  for (std::string_view text : {
           "bool",
           "error-context",
           "list<tuple<string, u32>>",
           "list<u8, 16>",
           "map<string, list<u8>>",
           "record { a: u32, b-c: string }",
           "variant { x(u32), y, some(result<_, string>) }",
           "enum { red, green }",
           "flags { read, write }",
           "option<option<char>>",
           "result",
           "result<u8>",
           "result<u8, own<wasi:io/error@0.2.0.error>>",
           "borrow<wasi:io/streams@0.2.12.input-stream>",
           "stream",
           "stream<u8>",
           "future<result<_, s8>>",
       }) {
    EXPECT_EQ(to_string(parse(text)), text);
  }
  for (std::string_view text : {"func()", "async func(a: u8) -> string",
                                "func(self: borrow<r>, n: u64) -> result<list<u8>, string>"}) {
    auto func = parse_func_type(text, table);
    ASSERT_TRUE(func) << text;
    EXPECT_EQ(to_string(*func), text);
  }
}

TEST_F(TypeTest, malformed_text) {
  for (std::string_view text :
       {"", "u7", "list", "list<u8", "list<u8,>", "list<u8, 0>", "record {}", "record { a: u8",
        "record { a: u8, a: u8 }", "tuple<>", "enum { a, a }", "own<>", "u8 u8", "result<_",
        "map<f32, u8>", "option<>", "list<u8, 99999999999>"}) {
    EXPECT_FALSE(parse_type(text, table)) << text;
  }
  EXPECT_EQ(parse_type("list<u7>", table).error().offset, 7u);
}

TEST_F(TypeTest, limits) {
  std::string nested = "u8";
  for (uint32_t i = 1; i < kMaxTypeDepth; ++i) nested = "option<" + nested + ">";
  EXPECT_TRUE(parse_type(nested, table));
  EXPECT_EQ(parse_type("option<" + nested + ">", table).error().kind, ErrorKind::limit);
  EXPECT_FALSE(parse_type(std::string(1'000'000, '<'), table));
  std::string open;
  for (int i = 0; i < 100'000; ++i) open += "list<";
  EXPECT_EQ(parse_type(open, table).error().kind, ErrorKind::limit);

  EXPECT_TRUE(parse_type("list<u8, 268435455>", table));
  EXPECT_FALSE(parse_type("list<u8, 268435456>", table));
  EXPECT_FALSE(parse_type("list<list<u64, 65536>, 65536>", table));
  EXPECT_TRUE(parse_type(flags(32), table));
  EXPECT_FALSE(parse_type(flags(33), table));

  // Shared nodes count at every use: text and comparison would be exponential otherwise.
  Type type = primitive(TypeKind::u8);
  std::optional<Error> error;
  for (int i = 0; i < 40 && !error; ++i) {
    auto list = table.list(*table.tuple(std::array{type, type}));
    if (list) {
      type = *list;
    } else {
      error = list.error();
      break;
    }
    if (type->node_count > kMaxTypeNodes / 4) {
      auto next = table.tuple(std::array{type, type, type, type, type});
      if (!next) error = next.error();
    }
  }
  ASSERT_TRUE(error);
  EXPECT_EQ(error->kind, ErrorKind::limit);
}

TEST_F(TypeTest, equality) {
  EXPECT_TRUE(equal(parse("record { a: list<u8> }"), parse("record { a: list<u8> }")));
  EXPECT_FALSE(equal(parse("record { a: u8 }"), parse("record { b: u8 }")));
  EXPECT_FALSE(equal(parse("list<u8>"), parse("list<u8, 3>")));
  EXPECT_FALSE(equal(parse("list<u8, 2>"), parse("list<u8, 3>")));
  EXPECT_FALSE(equal(parse("result<u8>"), parse("result<_, u8>")));
  EXPECT_FALSE(equal(parse("own<r>"), parse("borrow<r>")));
  EXPECT_FALSE(equal(parse("own<r>"), parse("own<s>")));

  Type a = *table.own({.id = 1, .name = "r"});
  Type b = *table.own({.id = 2, .name = "r"});
  EXPECT_FALSE(equal(a, b));
  EXPECT_TRUE(equal_by_name(a, b));
}

TEST_F(TypeTest, survives_a_move_of_its_table) {
  Type type = parse("record { name: string }");
  TypeTable moved = std::move(table);
  EXPECT_EQ(to_string(type), "record { name: string }");
}

}  // namespace
}  // namespace reprise::wit
