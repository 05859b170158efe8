// Linking: a component and what a host gives become a root instance, ready to be instantiated.
//
//   auto loaded = std::make_shared<LoadedComponent>(engine, component);
//   auto root = link(store, loaded, imports, context, open_door);
//   call(store, (*root)->instantiate_function(), {});            // runs start functions
//   const ExportedFunction* run = (*root)->find("wasi:cli/run@0.2.0", "run");
//   uint64_t id = (*root)->begin_call(*run, {});
//   call(store, (*root)->call_function(), {{id}});
//   std::vector<uint8_t> result = (*root)->end_call(id);

#pragma once

#include <functional>
#include <memory>

#include "component/host_imports.hpp"
#include "component/instance.hpp"

namespace reprise::component {

/// Chooses the door of an import: direct, recording or replaying (runtime/door.hpp).
using OpenDoor = std::function<runtime::NativeStepFunction(runtime::HostImport&)>;

/// Fails with `link`, naming every import that is missing or of another type. `imports` is not
/// needed afterwards, the functions in it are; `store` and `context` must outlive the instance.
Result<std::unique_ptr<RootInstance>> link(runtime::StoreCore& store,
                                           std::shared_ptr<const LoadedComponent> loaded,
                                           const HostImports& imports, HostContext& context,
                                           OpenDoor open_door);

}  // namespace reprise::component
