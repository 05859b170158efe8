#include "text/keywords.hpp"

#include <algorithm>
#include <array>

#include "text/literals.hpp"

namespace reprise::text {

namespace {

/// Opcodes in the order of their mnemonics, sorted by the compiler.
constexpr auto kByMnemonic = [] {
  std::array<uint16_t, wasm::kOpcodeCount> order{};
  for (uint16_t i = 0; i < wasm::kOpcodeCount; i++) order[i] = i;
  std::sort(order.begin(), order.end(), [](uint16_t a, uint16_t b) {
    const int c = wasm::kOpcodes[a].mnemonic.compare(wasm::kOpcodes[b].mnemonic);
    return c != 0 ? c < 0 : a < b;
  });
  return order;
}();

constexpr std::string_view kWords[] = {
    "after",
    "alias",
    "any",
    "anyref",
    "array",
    "arrayref",
    "assert_exception",
    "assert_exhaustion",
    "assert_invalid",
    "assert_invalid_custom",
    "assert_malformed",
    "assert_malformed_custom",
    "assert_return",
    "assert_trap",
    "assert_unlinkable",
    "async",
    "before",
    "binary",
    "bool",
    "borrow",
    "canon",
    "catch",
    "catch_all",
    "catch_all_ref",
    "catch_ref",
    "char",
    "component",
    "core",
    "data",
    "declare",
    "definition",
    "dtor",
    "either",
    "elem",
    "eq",
    "eqref",
    "error",
    "exn",
    "exnref",
    "export",
    "extern",
    "externref",
    "f32",
    "f32x4",
    "f64",
    "f64x2",
    "field",
    "final",
    "first",
    "flags",
    "func",
    "funcref",
    "future",
    "get",
    "global",
    "i16",
    "i16x8",
    "i31",
    "i31ref",
    "i32",
    "i32x4",
    "i64",
    "i64x2",
    "i8",
    "i8x16",
    "import",
    "input",
    "instance",
    "instantiate",
    "invoke",
    "item",
    "last",
    "lift",
    "list",
    "local",
    "lower",
    "memory",
    "module",
    "mut",
    "nan:arithmetic",
    "nan:canonical",
    "noextern",
    "noexn",
    "nofunc",
    "none",
    "null",
    "nullexnref",
    "nullexternref",
    "nullfuncref",
    "nullref",
    "offset",
    "option",
    "outer",
    "output",
    "own",
    "pagesize",
    "param",
    "quote",
    "realloc",
    "rec",
    "record",
    "ref",
    "ref.extern",
    "ref.host",
    "register",
    "resource",
    "result",
    "s16",
    "s32",
    "s64",
    "s8",
    "script",
    "shared",
    "start",
    "stream",
    "string",
    "struct",
    "structref",
    "sub",
    "table",
    "tag",
    "then",
    "thread",
    "tuple",
    "type",
    "u16",
    "u32",
    "u64",
    "u8",
    "v128",
    "value",
    "variant",
    "with",
};

}  // namespace

std::optional<wasm::Opcode> find_instruction(std::string_view mnemonic) {
  const auto* found = std::lower_bound(
      kByMnemonic.begin(), kByMnemonic.end(), mnemonic,
      [](uint16_t op, std::string_view word) { return wasm::kOpcodes[op].mnemonic < word; });
  if (found == kByMnemonic.end() || wasm::kOpcodes[*found].mnemonic != mnemonic) {
    return std::nullopt;
  }
  return static_cast<wasm::Opcode>(*found);
}

bool is_known_keyword(std::string_view word) {
  if (word.starts_with("offset=")) return number_shape(word.substr(7)) == NumberShape::nat;
  if (word.starts_with("align=")) return number_shape(word.substr(6)) == NumberShape::nat;
  return find_instruction(word) ||
         std::find(std::begin(kWords), std::end(kWords), word) != std::end(kWords);
}

}  // namespace reprise::text
