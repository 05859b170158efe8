// The programs of tests/guests/debug, for the tests of the DWARF layer.

#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "debug/dwarf/debug_info.hpp"

namespace reprise::debug {

using FileBytes = std::shared_ptr<const std::vector<uint8_t>>;

inline FileBytes guest_bytes(const std::string& name) {
  std::ifstream file(std::string(REPRISE_SOURCE_DIR) + "/tests/guests/debug/" + name + ".wasm",
                     std::ios::binary);
  auto bytes = std::make_shared<std::vector<uint8_t>>(std::istreambuf_iterator<char>(file),
                                                      std::istreambuf_iterator<char>());
  EXPECT_FALSE(bytes->empty()) << name;
  return bytes;
}

inline std::shared_ptr<const DebugInfo> open_guest(const std::string& name) {
  const FileBytes bytes = guest_bytes(name);
  auto info = DebugInfo::open(*bytes, bytes);
  EXPECT_TRUE(info.has_value());
  return *info;
}

inline const std::vector<std::string>& all_guests() {
  static const std::vector<std::string> names{"inventory_O0", "inventory_O2", "shop_O0",
                                              "shop_O2",      "ledger_O0",    "ledger_O2"};
  return names;
}

/// The number of the first line of a guest's source that has `text` in it.
inline uint32_t line_with(const std::string& source, const std::string& text) {
  std::ifstream file(std::string(REPRISE_SOURCE_DIR) + "/tests/guests/debug/" + source);
  std::string line;
  for (uint32_t number = 1; std::getline(file, line); ++number)
    if (line.find(text) != std::string::npos) return number;
  ADD_FAILURE() << source << " has no line with " << text;
  return 0;
}

}  // namespace reprise::debug
