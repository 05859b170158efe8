// The name of a function or type as its programmer would write it: the names of the namespaces and
// types around its entry (but inline namespaces, which nobody writes), then its own. No mangled
// name is involved: demangling one is guesswork where the entries know, and a mangled name of some
// hundred letters can stand for gigabytes.

#pragma once

#include <string>

#include "debug/dwarf/unit.hpp"

namespace reprise::debug::dwarf {

/// "shop::Cart::add"; "{anonymous}" for a part without a name.
std::string qualified_name(Die die);

/// Whether a person asking for `wanted` may mean `qualified`: the same, or its last parts
/// ("Cart::add" for "shop::Cart::add").
/// "Stack::push" of "Stack<int>::push<char>"; operators keep their names.
std::string without_template_arguments(std::string_view name);

bool name_matches(std::string_view qualified, std::string_view wanted);

}  // namespace reprise::debug::dwarf
