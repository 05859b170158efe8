// Frames that tests/guests/debug/dump_frame.mjs wrote down, as the DWARF layer sees frames.

#pragma once

#include <charconv>
#include <cstring>
#include <map>
#include <sstream>

#include "debug/dwarf/frame_state.hpp"
#include "dwarf_guest.hpp"

namespace reprise::debug {

class WrittenFrame : public FrameState {
 public:
  explicit WrittenFrame(const std::string& name) : memory_(1 << 21) {
    std::ifstream file(std::string(REPRISE_SOURCE_DIR) + "/tests/guests/debug/" + name + ".frame");
    EXPECT_TRUE(file.is_open()) << name;
    for (std::string line; std::getline(file, line);) {
      std::istringstream words(line);
      std::string kind;
      uint64_t number = 0;
      std::string bits;
      words >> kind >> number >> bits;
      if (kind == "offset")
        offset_ = number;
      else if (kind == "memory")
        fill(number, bits);
      else
        values_[{kind, number}] = hex(bits);
    }
  }

  uint64_t offset() const { return offset_; }
  std::optional<WasmBits> local(uint32_t index) const override { return value("local", index); }
  std::optional<WasmBits> global(uint32_t index) const override { return value("global", index); }
  std::optional<WasmBits> operand(uint32_t index) const override { return value("operand", index); }
  bool read_memory(uint64_t address, std::span<uint8_t> out) const override {
    if (address > memory_.size() || out.size() > memory_.size() - address) return false;
    std::memcpy(out.data(), memory_.data() + address, out.size());
    return true;
  }

 private:
  static uint64_t hex(std::string_view digits) {
    uint64_t value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    return value;
  }
  void fill(uint64_t at, std::string_view digits) {
    for (; digits.size() >= 2; digits.remove_prefix(2))
      memory_[at++] = static_cast<uint8_t>(hex(digits.substr(0, 2)));
  }
  std::optional<WasmBits> value(const std::string& kind, uint32_t index) const {
    auto found = values_.find({kind, index});
    return found == values_.end() ? std::nullopt : std::optional(WasmBits{found->second, 0});
  }

  uint64_t offset_ = 0;
  std::map<std::pair<std::string, uint64_t>, uint64_t> values_;
  std::vector<uint8_t> memory_;
};

}  // namespace reprise::debug
