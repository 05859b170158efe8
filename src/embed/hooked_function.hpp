// A host function with the store's call hook around it: another host function, which stands behind
// the doors in its place. So doors, recordings and replays know nothing of hooks, and a store
// without one has nothing to ask.

#pragma once

#include "runtime/door.hpp"

namespace reprise::detail {

class StoreState;

/// `inner` must outlive what is made of it.
runtime::HostFunction hooked(StoreState& store, const runtime::HostFunction& inner);

}  // namespace reprise::detail
