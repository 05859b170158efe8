// Rust's linkage names. The newer ones ("v0") are in rust_v0_name.hpp; the older ("legacy") ones
// are:
//
//   _ZN3std2io5Write9write_all17h349ffec55ea5d44eE   std::io::Write::write_all
//
// Parts with their lengths before them, the last one a hash; `$LT$` and its like stand for what a
// symbol can't have. wasm-ld takes C++'s names apart itself, and rustc asks it not to: so these are
// what is left in name sections, of libraries that come without debug information.

#pragma once

#include <string>
#include <string_view>

namespace reprise::debug {

/// As one writes it in Rust, without the hash; any other name is given back as it is.
std::string rust_source_name(std::string_view name);

}  // namespace reprise::debug
