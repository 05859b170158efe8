// Whole files, for commands that read one thing and write another. "-" is standard input or output.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "reprise/result.hpp"

namespace reprise {

Result<std::string> read_file(const std::string& path);
Result<std::vector<uint8_t>> read_bytes(const std::string& path);
Result<void> write_file(const std::string& path, std::string_view bytes);

}  // namespace reprise
