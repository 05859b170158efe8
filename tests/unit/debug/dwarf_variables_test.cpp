// Variables of real programs, stopped in another engine: every one of them, printed. What is
// expected stands in tests/guests/debug/*.expected; REPRISE_BLESS=1 in the environment writes those
// files anew, to be read before they are committed.

#include <fmt/format.h>

#include <cstdlib>

#include "debug/dwarf/format.hpp"
#include "debug/dwarf/variables.hpp"
#include "dwarf_frame.hpp"

namespace reprise::debug {
namespace {

std::string guest_of(const std::string& frame) {
  return frame.substr(0, frame.rfind('_'));
}

std::string shown(const Variable& variable, const FrameState& frame) {
  auto value = variable.read(frame);
  return value ? format(*value, frame) : fmt::format("<{}>", value.error().message);
}

std::string all_variables(const DebugInfo& info, const WrittenFrame& frame) {
  std::string out;
  const auto frames = info.frames_at(frame.offset());
  for (size_t i = 0; i < frames.size(); ++i) {
    out += fmt::format("{}:\n", frames[i].function);
    for (const Variable& variable : variables_at(info, frame.offset(), i))
      out += fmt::format("  {}: {} = {}\n", variable.name, variable.type, shown(variable, frame));
  }
  for (const Variable& variable : globals_at(info, frame.offset()))
    out += fmt::format("{}: {} = {}\n", variable.name, variable.type, shown(variable, frame));
  return out;
}

class DwarfVariables : public testing::TestWithParam<const char*> {};

TEST_P(DwarfVariables, ArePrintedAsExpected) {
  const std::string name = GetParam();
  auto info = open_guest(guest_of(name));
  const WrittenFrame frame(name);
  const std::string actual = all_variables(*info, frame);
  const std::string path =
      std::string(REPRISE_SOURCE_DIR) + "/tests/guests/debug/" + name + ".expected";
  if (std::getenv("REPRISE_BLESS")) std::ofstream(path) << actual;
  std::ifstream file(path);
  const std::string expected((std::istreambuf_iterator<char>(file)), {});
  EXPECT_EQ(actual, expected);
  EXPECT_EQ(info->problems(), std::vector<std::string>{});
}

INSTANTIATE_TEST_SUITE_P(Guests, DwarfVariables,
                         testing::Values("inventory_O0_label", "inventory_O0_walk",
                                         "inventory_O0_run", "inventory_O2_add",
                                         "inventory_O2_walk", "inventory_O2_run", "shop_O0_add",
                                         "shop_O0_run", "shop_O2_run", "ledger_O0_worth",
                                         "ledger_O0_run", "ledger_O2_patch", "ledger_O2_worth"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace reprise::debug
