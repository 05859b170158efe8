#include "wasm/reader.hpp"

#include <gtest/gtest.h>

#include "module_builder.hpp"

namespace reprise::wasm {
namespace {

TEST(Reader, AnEmptyModuleIsValid) {
  EXPECT_EQ(verdict(ModuleBuilder()), "valid");
}

TEST(Reader, ReadsWhatInstantiationNeeds) {
  ModuleBuilder builder;
  builder.types({1, 0x60, 0, 1, 0x7f})
      .section(2, {1, 1, 'm', 1, 'g', 3, 0x7f, 0})  // import an i32 global
      .functions({1, 0})
      .section(4, {1, 0x70, 0, 4})  // a table of four
      .memory()
      .section(6, {1, 0x7f, 0, 0x23, 0, 0x41, 2, 0x6a, 0x0b})  // the import plus two
      .section(7, {2, 1, 'z', 0, 0, 1, 'a', 3, 1})
      .section(9, {1, 0, 0x41, 1, 0x0b, 1, 0})
      .code({{0, 0x23, 1, 0x0b}})
      .section(11, {1, 0, 0x41, 8, 0x0b, 3, 'x', 'y', 'z'});
  auto read_result = read(builder);
  ASSERT_TRUE(read_result) << read_result.error().to_string();
  const Module& module = **read_result;
  ASSERT_EQ(module.imports.size(), 1u);
  EXPECT_EQ(module.imports[0].module, "m");
  EXPECT_EQ(module.imports[0].kind, ExternKind::global);
  EXPECT_EQ(module.imported_globals, 1u);
  ASSERT_EQ(module.globals.size(), 2u);
  const auto sum = module.code(module.globals[1].initial);
  ASSERT_EQ(sum.size(), 3u);
  EXPECT_EQ(sum[1].bits, 2u);
  EXPECT_EQ(sum[2].op, Opcode::i32_add);
  ASSERT_EQ(module.elements.size(), 1u);
  EXPECT_EQ(module.elements[0].functions, std::vector<uint32_t>{0});
  EXPECT_TRUE(module.is_declared(0));
  ASSERT_EQ(module.data.size(), 1u);
  EXPECT_EQ(as_text(module.data[0].bytes), "xyz");
  ASSERT_NE(module.find_export("a"), nullptr);
  EXPECT_EQ(module.find_export("a")->kind, ExternKind::global);
  EXPECT_EQ(module.find_export("z")->index, 0u);
  EXPECT_EQ(module.find_export("b"), nullptr);
  EXPECT_TRUE(validate_module(module));
}

TEST(Reader, TypesAreCanonicalAcrossModules) {
  auto registry = std::make_shared<TypeRegistry>();
  ModuleBuilder one;
  one.types({2, 0x60, 0, 0, 0x60, 1, 0x7e, 1, 0x7f});
  ModuleBuilder other;
  other.types({1, 0x60, 1, 0x7e, 1, 0x7f});
  const auto a = read(one, registry).value();
  const auto b = read(other, registry).value();
  EXPECT_EQ(a->types[1], b->types[0]);
}

TEST(Reader, OffsetsCountFromTheFile) {
  Code bytes = ModuleBuilder().section(14, {}).build();
  auto owner = std::make_shared<const Code>(std::move(bytes));
  auto result = read_module({*owner, owner, 1000}, std::make_shared<TypeRegistry>());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().offset, 1008u);
}

TEST(Reader, NamesAreReadWhenAsked) {
  ModuleBuilder builder;
  builder.types({1, 0x60, 1, 0x7f, 0}).functions({1, 0}).code({{0, 0x0b}});
  builder.custom("name", {0, 2, 1, 'M',                // module
                          1, 4, 1, 0, 1, 'f',          // function 0
                          2, 6, 1, 0, 1, 0, 1, 'p'});  // its local 0
  const auto module = read(builder).value();
  EXPECT_EQ(module->names().module(), "M");
  EXPECT_EQ(module->names().function(0), "f");
  EXPECT_EQ(module->names().local(0, 0), "p");
  EXPECT_EQ(module->names().local(0, 1), "");
  EXPECT_EQ(module->names().function(1), "");
}

TEST(Reader, ABrokenNameSectionIsNoError) {
  ModuleBuilder builder;
  builder.custom("name", {1, 0xff, 0xff, 3, 1, 0});
  const auto module = read(builder).value();
  EXPECT_EQ(module->names().function(0), "");
}

TEST(Reader, CountsAreBoundedByTheBytesThatAreThere) {
  ModuleBuilder builder;
  builder.section(1, {0xff, 0xff, 0xff, 0xff, 0x0f});
  EXPECT_EQ(verdict(builder), "malformed: unexpected end of section or function");
}

TEST(Reader, EveryPrefixOfAModuleIsRefusedOrValid) {
  const Code whole = one_function({0x60, 0, 0}, {0, 0x0b}).build();
  for (size_t n = 0; n < whole.size(); ++n) {
    auto result = read_module(Code(whole.begin(), whole.begin() + static_cast<long>(n)),
                              std::make_shared<TypeRegistry>());
    // Cuts between sections that leave no function without a body are modules of their own.
    if (!result) EXPECT_EQ(result.error().kind, ErrorKind::malformed) << n;
  }
}

struct Refusal {
  const char* name;
  std::vector<std::pair<uint8_t, Code>> sections;
  const char* verdict;
};

class ReaderRefuses : public testing::TestWithParam<Refusal> {};

TEST_P(ReaderRefuses, WithTheSpecificationsWords) {
  ModuleBuilder builder;
  for (const auto& [id, content] : GetParam().sections) builder.section(id, content);
  const std::string got = verdict(builder);
  EXPECT_TRUE(got.starts_with(GetParam().verdict)) << got;
}

const Code kOneType = {1, 0x60, 0, 0};

INSTANTIATE_TEST_SUITE_P(
    All, ReaderRefuses,
    testing::Values(
        Refusal{"order", {{5, {0}}, {4, {0}}}, "malformed: unexpected content after last section"},
        Refusal{"id", {{14, {}}}, "malformed: malformed section id"},
        Refusal{"rest", {{1, {0, 0}}}, "malformed: section size mismatch"},
        Refusal{"utf8", {{0, {1, 0xff}}}, "malformed: malformed UTF-8 encoding"},
        Refusal{"bodies",
                {{1, kOneType}, {3, {1, 0}}},
                "malformed: function and code section have inconsistent lengths"},
        Refusal{"data count",
                {{12, {1}}},
                "malformed: data count and data section have inconsistent lengths"},
        Refusal{"type", {{1, kOneType}, {3, {1, 1}}}, "invalid: unknown type"},
        Refusal{"limits",
                {{5, {1, 1, 2, 1}}},
                "invalid: size minimum must not be greater than maximum"},
        Refusal{"pages", {{5, {1, 0, 0x81, 0x80, 4}}}, "invalid: memory size"},
        Refusal{"shared", {{5, {1, 2, 1}}}, "invalid: shared memory must have maximum"},
        Refusal{"export twice",
                {{5, {1, 0, 0}}, {7, {2, 1, 'a', 2, 0, 1, 'a', 2, 0}}},
                "invalid: duplicate export name"},
        Refusal{"export of nothing", {{7, {1, 1, 'a', 2, 0}}}, "invalid: unknown memory"},
        Refusal{"not constant",
                {{6, {1, 0x7f, 0, 0x41, 0, 0x45, 0x0b}}},
                "invalid: constant expression required"},
        Refusal{"global type", {{6, {1, 0x7e, 0, 0x41, 0, 0x0b}}}, "invalid: type mismatch"},
        Refusal{"later global",
                {{6, {2, 0x7f, 0, 0x23, 1, 0x0b, 0x7f, 0, 0x41, 0, 0x0b}}},
                "invalid: unknown global"},
        Refusal{"start type",
                {{1, {1, 0x60, 1, 0x7f, 0}}, {3, {1, 0}}, {8, {0}}},
                "invalid: start function"},
        Refusal{"data without memory", {{11, {1, 0, 0x41, 0, 0x0b, 0}}}, "invalid: unknown memory"},
        Refusal{"table of non-null", {{4, {1, 0x64, 0x70, 0, 0}}}, "invalid: type mismatch"},
        Refusal{"tag with results",
                {{1, {1, 0x60, 0, 1, 0x7f}}, {13, {1, 0, 0}}},
                "invalid: non-empty tag result type"},
        Refusal{"forward supertype", {{1, {1, 0x50, 1, 0, 0x5f, 0}}}, "invalid: unknown type"},
        Refusal{"mutability", {{1, {1, 0x5e, 0x78, 2}}}, "malformed: malformed mutability"}),
    [](const auto& info) {
      std::string name = info.param.name;
      for (char& c : name)
        if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
      return name;
    });

}  // namespace
}  // namespace reprise::wasm
