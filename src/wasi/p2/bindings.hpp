// WASI 0.2 as it is offered to components: one row per function of the WIT.

#pragma once

#include "wasi/binding.hpp"

namespace reprise::wasi::p2 {

/// The version of the WIT that this is; requests for any 0.2 are served by it.
inline constexpr std::string_view kVersion = "0.2.12";

/// Every function of wasi:io, wasi:cli, wasi:clocks, wasi:random and wasi:filesystem.
std::vector<Binding> bindings(const std::shared_ptr<Host>& host);

}  // namespace reprise::wasi::p2
