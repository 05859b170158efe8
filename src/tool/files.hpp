// Whole files, for commands that read one thing and write another. "-" is standard input or output.

#pragma once

#include <string>
#include <string_view>

#include "reprise/result.hpp"

namespace reprise::tool {

Result<std::string> read_file(const std::string& path);
Result<void> write_file(const std::string& path, std::string_view bytes);

}  // namespace reprise::tool
