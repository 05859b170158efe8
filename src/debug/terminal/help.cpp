// What the terminal says about itself.

#include <fmt/format.h>

#include "debug/terminal/command_table.hpp"

namespace reprise::debug {

namespace {

struct GroupHelp {
  Group group;
  std::string_view title;
};

constexpr GroupHelp kGroups[] = {
    {Group::moving, "Moving, both ways"},       {Group::time, "Time"},
    {Group::stopping, "Where to stop"},         {Group::looking, "Looking"},
    {Group::origins, "Where values come from"}, {Group::other, "Besides"},
};

constexpr std::string_view kIntroduction =
    "This is a recorded run: it can be walked forwards and backwards, as often as you like, and\n"
    "is the same every time. To find who wrote a wrong value, stop where it is seen, `watch` it,\n"
    "and `reverse-continue`; or ask `last-write`. `help COMMAND` says more.\n";

}  // namespace

Result<void> Terminal::help(Words& words) {
  if (!words.empty()) {
    std::string problem;
    const Command* command = find(words.word(), problem);
    if (!command) return fail(ErrorKind::usage, problem);
    line(fmt::format("{} {}", painted(Paint::strong, command->names), command->arguments));
    line(std::string(command->summary));
    if (!command->text.empty()) line(command->text);
    return ok();
  }
  line(kIntroduction);
  for (const GroupHelp& group : kGroups) {
    line(painted(Paint::strong, group.title));
    for (const Command& command : kCommands)
      if (command.group == group.group)
        line(fmt::format("  {:<32} {}", command.names, command.summary));
  }
  return ok();
}

Result<void> Terminal::quit(Words&) {
  quit_ = true;
  return ok();
}

}  // namespace reprise::debug
