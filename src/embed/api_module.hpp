// Growth that the host asks for: planned, asked about and committed without a guest's stack.

#pragma once

#include "reprise/operation.hpp"
#include "runtime/value.hpp"

namespace reprise::detail {

class StoreState;

Operation<uint64_t> grow_memory(StoreState& store, runtime::MemoryId memory, uint64_t pages);
Operation<uint64_t> grow_table(StoreState& store, runtime::TableId table, uint64_t elements,
                               runtime::Slot reference);

}  // namespace reprise::detail
