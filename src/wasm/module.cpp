#include "wasm/module.hpp"

#include <algorithm>
#include <tuple>

namespace reprise::wasm {

Module::Module(ModuleBytes source_, std::shared_ptr<TypeRegistry> registry_)
    : source(std::move(source_)), registry(std::move(registry_)) {}

Module::~Module() = default;

const Export* Module::find_export(std::string_view name) const {
  const auto at = std::ranges::lower_bound(exports_by_name, name, {},
                                           [this](uint32_t i) { return exports[i].name; });
  if (at == exports_by_name.end() || exports[*at].name != name) return nullptr;
  return &exports[*at];
}

const CustomSection* Module::find_custom(std::string_view name) const {
  for (const CustomSection& section : customs)
    if (section.name == name) return &section;
  return nullptr;
}

std::span<const FunctionBranchHint> Module::branch_hints(uint32_t function) const {
  const auto range = std::ranges::equal_range(hints, function, {}, &FunctionBranchHint::function);
  return {range.begin(), range.end()};
}

const NameSection& Module::names() const {
  std::call_once(names_once_, [this] {
    const CustomSection* section = find_custom("name");
    names_ = std::make_unique<NameSection>(NameSection::parse(section ? section->bytes : Bytes()));
  });
  return *names_;
}

namespace {

// Calls `entry(index, name)` for each pair of a name map, until one cannot be read.
template <class Entry>
bool read_name_map(ByteReader& in, Entry entry) {
  const auto count = in.leb_u32();
  if (!count) return false;
  for (uint32_t i = 0; i < *count; ++i) {
    const auto index = in.leb_u32();
    if (!index) return false;
    const auto name = in.name();
    if (!name) return false;
    entry(*index, *name);
  }
  return true;
}

}  // namespace

NameSection NameSection::parse(Bytes section) {
  NameSection names;
  ByteReader in(section);
  while (!in.at_end()) {
    const auto id = in.u8();
    const auto size = in.leb_u32();
    if (!size) break;
    auto part = in.sub(*size);
    if (!part) break;
    if (*id == 0) {
      names.module_ = part->name().value_or(std::string_view());
    } else if (*id == 1) {
      read_name_map(*part, [&](uint32_t index, std::string_view name) {
        names.functions_.push_back({index, name});
      });
    } else if (*id == 2) {
      const uint32_t count = part->leb_u32().value_or(0);
      for (uint32_t i = 0; i < count; ++i) {
        const auto function = part->leb_u32();
        if (!function || !read_name_map(*part, [&](uint32_t index, std::string_view name) {
              names.locals_.push_back({*function, index, name});
            }))
          break;
      }
    }
  }
  // Of two names for one thing, the first in the file counts.
  std::ranges::sort(names.functions_, {},
                    [](const Name& n) { return std::pair(n.index, n.name.data()); });
  std::ranges::sort(names.locals_, {},
                    [](const Local& l) { return std::tuple(l.function, l.local, l.name.data()); });
  return names;
}

std::string_view NameSection::function(uint32_t index) const {
  const auto at = std::ranges::lower_bound(functions_, index, {}, &Name::index);
  return at != functions_.end() && at->index == index ? at->name : std::string_view();
}

std::string_view NameSection::local(uint32_t function, uint32_t local) const {
  const uint64_t key = static_cast<uint64_t>(function) << 32 | local;
  const auto at = std::ranges::lower_bound(locals_, key, {}, [](const Local& l) {
    return static_cast<uint64_t>(l.function) << 32 | l.local;
  });
  return at != locals_.end() && at->function == function && at->local == local ? at->name
                                                                               : std::string_view();
}

}  // namespace reprise::wasm
