// Symbol files: which are looked for, and which are believed.

#include <algorithm>
#include <map>

#include "debug/dwarf/symbol_file.hpp"
#include "dwarf_guest.hpp"

namespace reprise::debug {
namespace {

/// A module without those of its sections that `drops` picks by number and name.
template <class Drops>
std::vector<uint8_t> without(Bytes module, Drops drops) {
  ByteReader reader(module.subspan(8));
  ByteWriter out;
  out.bytes(module.first(8));
  while (!reader.at_end()) {
    const uint8_t* start = reader.cursor();
    const uint8_t id = *reader.u8();
    ByteReader section = *reader.sub(*reader.leb_u32());
    std::string_view name;
    if (id == 0) name = *section.name();
    if (!drops(id, name)) out.bytes({start, reader.cursor()});
  }
  return out.take();
}

std::vector<uint8_t> stripped(Bytes module) {
  return without(module, [](uint8_t, std::string_view name) { return name.starts_with(".debug"); });
}

std::vector<uint8_t> without_build_id(Bytes module) {
  return without(module, [](uint8_t, std::string_view name) { return name == "build_id"; });
}

/// What is left is what a production build's symbol file may have.
std::vector<uint8_t> custom_sections_only(Bytes module) {
  return without(module, [](uint8_t id, std::string_view) { return id != 0; });
}

std::vector<uint8_t> pointing_to(Bytes module, std::string_view path) {
  ByteWriter content;
  content.name("external_debug_info");
  content.name(path);
  ByteWriter out;
  out.bytes(module);
  out.u8(0);
  out.sized(content);
  return out.take();
}

struct Disk {
  std::map<std::string, std::vector<uint8_t>> files;
  std::vector<std::string> asked;

  SymbolSearch search(std::vector<std::string> directories = {"first", "second"}) {
    return {std::move(directories),
            [this](const std::string& path) -> Result<std::vector<uint8_t>> {
              asked.push_back(path);
              auto found = files.find(path);
              if (found == files.end()) return fail(ErrorKind::io, "no such file");
              return found->second;
            }};
  }
};

std::string build_id(Bytes module) {
  std::string out;
  for (uint8_t byte : find_debug_sections(module)->build_id) {
    constexpr char kDigits[] = "0123456789abcdef";
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

void expect_answers(const FoundDebugInfo& found) {
  ASSERT_TRUE(found.info);
  const auto frames = found.info->frames_at(0x34a);
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(frames[0].function, "label");
  EXPECT_EQ(frames[0].location.line, line_with("inventory.c", "the planted fault: the terminator"));
}

TEST(DwarfSymbolFile, IsFoundByBuildId) {
  const FileBytes whole = guest_bytes("inventory_O0");
  const std::vector<uint8_t> production = stripped(*whole);
  const std::string id = build_id(production);
  ASSERT_GE(id.size(), 16u);
  for (const std::string& path :
       {"second/.build-id/" + id.substr(0, 2) + "/" + id.substr(2) + ".debug",
        "second/" + id + ".debug.wasm", "first/" + id + ".wasm"}) {
    for (const std::vector<uint8_t>& symbols :
         {*whole, custom_sections_only(*whole), without_build_id(custom_sections_only(*whole))}) {
      Disk disk;
      disk.files[path] = symbols;
      auto found = open_debug_info(production, nullptr, disk.search());
      ASSERT_TRUE(found.has_value());
      EXPECT_EQ(found->path, path);
      expect_answers(*found);
    }
  }
}

TEST(DwarfSymbolFile, OfAnotherBuildIsRefused) {
  const std::vector<uint8_t> production = stripped(*guest_bytes("inventory_O0"));
  const std::string path = "first/" + build_id(production) + ".wasm";
  Disk disk;
  disk.files[path] = *guest_bytes("inventory_O2");
  disk.files["second/" + build_id(production) + ".wasm"] = {'n', 'o'};
  auto found = open_debug_info(production, nullptr, disk.search());
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->path, "");
  EXPECT_FALSE(found->info->has_debug_info());
  ASSERT_EQ(found->refused.size(), 2u);
  EXPECT_TRUE(found->refused[0].starts_with(path + ": its build id is ")) << found->refused[0];
  EXPECT_NE(found->refused[1].find("not a core module"), std::string::npos) << found->refused[1];
}

TEST(DwarfSymbolFile, NamedByTheModuleMustHaveItsCode) {
  const FileBytes whole = guest_bytes("inventory_O0");
  const std::vector<uint8_t> production =
      pointing_to(without_build_id(stripped(*whole)), "../../secret/app.debug.wasm");
  Disk disk;
  disk.files["first/app.debug.wasm"] = *guest_bytes("inventory_O2");
  disk.files["second/app.debug.wasm"] = without_build_id(*whole);
  auto found = open_debug_info(production, nullptr, disk.search());
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->path, "second/app.debug.wasm");
  EXPECT_EQ(found->refused.size(), 1u);
  expect_answers(*found);
  // Where the module would have it looked for, nobody looks.
  EXPECT_EQ(disk.asked,
            (std::vector<std::string>{"first/app.debug.wasm", "second/app.debug.wasm"}));
}

TEST(DwarfSymbolFile, IsNotLookedForWithoutNeed) {
  const FileBytes whole = guest_bytes("inventory_O0");
  Disk disk;
  auto found = open_debug_info(*whole, whole, disk.search());
  ASSERT_TRUE(found.has_value());
  expect_answers(*found);
  EXPECT_TRUE(disk.asked.empty());
  EXPECT_FALSE(open_debug_info(as_bytes("junk"), nullptr, disk.search()).has_value());
}

TEST(DwarfSymbolFile, NamesThatAreNoFilesAreNotTried) {
  for (const char* name : {"", "..", "a/..", "dir/", "."}) {
    DebugSections sections;
    sections.external_debug_info = name;
    EXPECT_TRUE(symbol_file_names(sections).empty()) << name;
  }
}

}  // namespace
}  // namespace reprise::debug
