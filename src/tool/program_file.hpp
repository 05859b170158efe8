// The program that a command was given.

#pragma once

#include "embed/program_file.hpp"

namespace reprise::tool {

using embed::load_program;
using embed::ProgramFile;

}  // namespace reprise::tool
