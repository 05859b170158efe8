// Whole files, for commands that read one thing and write another.

#pragma once

#include "base/os/whole_file.hpp"

namespace reprise::tool {

using reprise::read_bytes;
using reprise::read_file;
using reprise::write_file;

}  // namespace reprise::tool
