// What the fields of one core module share while they are encoded: the names of everything, and the
// types.

#pragma once

#include "text/core_types.hpp"
#include "text/index_space.hpp"

namespace reprise::text {

struct ModuleScope {
  TypeTable types;
  IndexSpace functions{"function"};
  IndexSpace tables{"table"};
  IndexSpace memories{"memory"};
  IndexSpace globals{"global"};
  IndexSpace tags{"tag"};
  IndexSpace elements{"elem segment"};
  IndexSpace data{"data segment"};
  /// Some instruction names a data segment, so the binary must say how many there are.
  bool needs_data_count = false;
};

}  // namespace reprise::text
