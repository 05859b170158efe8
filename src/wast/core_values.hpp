// Values of scripts as slots, and whether slots are what a script expects.

#pragma once

#include <span>
#include <string>
#include <vector>

#include "runtime/value.hpp"
#include "text/script.hpp"
#include "wasm/types.hpp"

namespace reprise::wast {

/// The values of core modules; none of a component's. False for one of those.
bool append_slots(const text::Value& value, std::vector<runtime::Slot>& slots);

/// `types` are those of the results, `slots` the results themselves.
bool match(std::span<const text::Pattern> patterns, std::span<const wasm::ValueType> types,
           std::span<const runtime::Slot> slots);

/// "(i32.const 1) (ref.null)": for messages.
std::string show(std::span<const wasm::ValueType> types, std::span<const runtime::Slot> slots);

}  // namespace reprise::wast
