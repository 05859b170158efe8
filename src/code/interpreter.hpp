// The interpreter: a tier that lowers functions to register code at their first call and runs it.

#pragma once

#include <memory>

#include "runtime/engine.hpp"

namespace reprise::code {

/// An engine whose guests are interpreted, with a type registry of its own.
std::shared_ptr<const runtime::Engine> make_engine(runtime::EngineOptions options = {});

}  // namespace reprise::code
