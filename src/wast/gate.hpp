// What enters a script's stores, and what stands behind the functions of its host. A run of a
// script goes through one gate: calls of exports, start functions, instantiations of components,
// all with encoded values, and a door behind each function of spectest. By default calls are just
// made; a recording and its replay stand in between.

#pragma once

#include <functional>
#include <string>
#include <vector>

#include "reprise/trap.hpp"
#include "runtime/door.hpp"
#include "runtime/store.hpp"
#include "wit/type.hpp"

namespace reprise::wast {

using EncodedResults = TrapOr<std::vector<uint8_t>>;
/// Makes the call with encoded arguments.
using MakeCall = std::function<EncodedResults(Bytes arguments)>;

/// A call from a script into a store.
struct Entry {
  runtime::StoreCore& store;
  std::string name;
  const wit::FuncType& type;
};

class Gate {
 public:
  virtual ~Gate() = default;
  virtual EncodedResults enter(const Entry&, Bytes arguments, const MakeCall& make) {
    return make(arguments);
  }
  virtual runtime::NativeStepFunction open_door(runtime::HostImport&) {
    return runtime::direct_door;
  }
};

}  // namespace reprise::wast
