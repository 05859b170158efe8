// A row of the terminal's table of commands.

#pragma once

#include "debug/terminal/terminal.hpp"

namespace reprise::debug {

enum class Group : uint8_t { moving, time, stopping, looking, origins, other };

struct Terminal::Command {
  Handler handler;
  Group group;
  std::string_view names;
  std::string_view arguments;
  std::string_view summary;
  std::string_view text;
};

inline constexpr Terminal::Command Terminal::kCommands[] = {
#define COMMAND(handler, group, names, arguments, summary, text) \
  {&Terminal::handler, Group::group, names, arguments, summary, text},
#include "debug/terminal/commands.def"
};

}  // namespace reprise::debug
