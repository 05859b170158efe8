// Where a frame goes on when the call it is in returns. Reprise says of a frame which call it is
// in; debuggers for machines want the address behind the call, to which they set breakpoints.

#pragma once

#include <cstdint>

#include "wasm/module.hpp"

namespace reprise::debug::gdb {

/// The offset of the instruction behind the call at `offset` of a module; `offset` itself if no
/// call stands there.
uint64_t return_address(const wasm::Module& module, uint64_t offset);

}  // namespace reprise::debug::gdb
