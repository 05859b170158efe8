// The module "spectest", which the specification's scripts import (WebAssembly/spec
// interpreter/README). Its print functions print nothing.

#pragma once

#include <map>
#include <string>

#include "reprise/result.hpp"
#include "runtime/store.hpp"

namespace reprise::wast {

using ExternMap = std::map<std::string, runtime::Extern, std::less<>>;

Result<ExternMap> make_spectest(runtime::StoreCore& store);

}  // namespace reprise::wast
