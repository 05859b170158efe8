// Rust's newer linkage names ("v0", RFC 2603), which are a grammar of paths and types:
//
//   _RNvNtCs1234_7mycrate3foo3bar                       mycrate::foo::bar
//   _RNvXs_C7mycrateINtC7mycrate3FoompENtC3std5Clone5clone
//                                                       <mycrate::Foo<u32> as std::Clone>::clone
//
// A part may point back at one before it, so a few bytes may stand for very many: what nests too
// deeply, or comes out too long, stays as it is.

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace reprise::debug {

inline constexpr size_t kMaxRustName = 8192;
inline constexpr int kMaxRustNesting = 128;

/// As one writes it in Rust, without the hashes of crates and the types of constants; nothing if it
/// is no such name.
std::optional<std::string> rust_v0_source_name(std::string_view name);

}  // namespace reprise::debug
