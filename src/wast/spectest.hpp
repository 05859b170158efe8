// The module "spectest", which the core scripts import from (interpreter/README.md of the
// specification's repository): functions that print, which here say nothing, and one table, memory
// and global of each kind.

#pragma once

#include <map>
#include <string>

#include "reprise/result.hpp"
#include "runtime/store.hpp"
#include "wast/gate.hpp"

namespace reprise::wast {

using ExternMap = std::map<std::string, runtime::Extern, std::less<>>;
/// The functions are host functions behind doors of the gate. `context` outlives the store.
Result<ExternMap> make_spectest(runtime::StoreCore& store, HostContext& context, Gate& gate);

}  // namespace reprise::wast
