// What a component keeps beside the store and the VM's stacks, as bytes and back: handles, the
// flags of its instances, what is lent to calls that are going on.
//
// Frames of calls and this refer to each other: a handle that was borrowed belongs to a call. So
// stacks are frozen between begin_ and the other function, and thawed between those two, and calls
// have numbers in both.

#pragma once

#include "base/bytes.hpp"
#include "component/instance.hpp"

namespace reprise::component {

void begin_freezing(RootInstance& root);
void freeze_instances(RootInstance& root, ByteWriter& out);

/// Forgets calls that were going on. The calls that go on again are begun next
/// (RootInstance::begin_call), in the order in which they began first, and their stacks put back.
Result<void> begin_thawing(RootInstance& root, ByteReader& in);
/// Fails with `malformed` when the bytes are not of a component like this one.
Result<void> thaw_instances(RootInstance& root, ByteReader& in);

}  // namespace reprise::component
