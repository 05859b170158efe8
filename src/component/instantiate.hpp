// Instantiation: running a component's plan, nested components included. It is a native function,
// because start functions of core modules are guest code: they are called like any other, and may
// wait for the host.

#pragma once

#include "component/instance.hpp"
#include "runtime/native.hpp"

namespace reprise::component {

/// The step of RootInstance::instantiate_function.
runtime::NativeStep instantiate_step(runtime::NativeCall& call);

}  // namespace reprise::component
