#include "debug/dwarf/sections.hpp"

#include <array>
#include <utility>

namespace reprise::debug {

namespace {

constexpr uint8_t kCustomSection = 0;
constexpr uint8_t kCodeSection = 10;

using Place = Bytes DebugSections::*;
constexpr std::array<std::pair<std::string_view, Place>, 11> kSections{{
    {".debug_abbrev", &DebugSections::abbrev},
    {".debug_addr", &DebugSections::addr},
    {".debug_info", &DebugSections::info},
    {".debug_line", &DebugSections::line},
    {".debug_line_str", &DebugSections::line_str},
    {".debug_loc", &DebugSections::loc},
    {".debug_loclists", &DebugSections::loclists},
    {".debug_ranges", &DebugSections::ranges},
    {".debug_rnglists", &DebugSections::rnglists},
    {".debug_str", &DebugSections::str},
    {".debug_str_offsets", &DebugSections::str_offsets},
}};

/// Both sections hold a length and that many bytes.
Bytes sized_bytes(ByteReader reader) {
  auto size = reader.leb_u32();
  if (!size) return {};
  auto bytes = reader.bytes(*size);
  return bytes ? *bytes : Bytes{};
}

void take_custom(DebugSections& out, ByteReader section) {
  auto name = section.name();
  if (!name) return;
  for (const auto& [known, place] : kSections)
    if (*name == known) out.*place = section.rest();
  if (*name == "build_id") out.build_id = sized_bytes(section);
  if (*name == "external_debug_info") out.external_debug_info = as_text(sized_bytes(section));
}

}  // namespace

Result<DebugSections> find_debug_sections(Bytes module) {
  constexpr std::array<uint8_t, 8> kPreamble{0, 'a', 's', 'm', 1, 0, 0, 0};
  ByteReader reader(module);
  auto preamble = reader.bytes(kPreamble.size());
  if (!preamble || !std::equal(kPreamble.begin(), kPreamble.end(), preamble->begin()))
    return fail(ErrorKind::malformed, "not a core module: it does not begin with \\0asm and 1", 0);
  DebugSections out;
  while (!reader.at_end()) {
    auto id = reader.u8();
    auto size = reader.leb_u32();
    if (!id || !size) break;
    auto section = reader.sub(*size);
    if (!section) break;
    if (*id == kCodeSection) {
      out.code_begin = section->offset();
      out.code = section->rest();
    }
    if (*id == kCustomSection) take_custom(out, *section);
  }
  return out;
}

}  // namespace reprise::debug
