// WASI 0.2 as part of a host library: what an embedder links to let components use it.

#pragma once

#include <memory>

#include "embed/host_library.hpp"
#include "embed/module_program.hpp"
#include "wasi/host.hpp"

namespace reprise::wasi {

/// Adds every function and resource of wasi:io, wasi:cli, wasi:clocks, wasi:random and
/// wasi:filesystem. Components that import wasi:sockets or wasi:http can be linked, and trap when
/// they call them. The store's data (HostContext::data) must be the host.
Result<void> add_to_library(embed::HostLibrary& library, const std::shared_ptr<Host>& host);

/// The functions of WASI 0.1 for a replay, with no host behind them. What is made of them needs the
/// answer to live on.
Result<embed::CoreImports> core_imports_for_replay();

}  // namespace reprise::wasi
