#include "tool/environment.hpp"

#include <string_view>

namespace reprise::tool {

extern "C" char** environ;

Result<std::vector<std::pair<std::string, std::string>>> read_environment(
    const std::vector<std::string>& assignments, bool inherit) {
  std::vector<std::pair<std::string, std::string>> variables;
  const auto add = [&](std::string_view assignment) {
    const size_t split = assignment.find('=');
    if (split == std::string_view::npos) return false;
    variables.emplace_back(assignment.substr(0, split), assignment.substr(split + 1));
    return true;
  };
  if (inherit)
    for (char** variable = environ; *variable; ++variable) add(*variable);
  for (const std::string& assignment : assignments)
    if (!add(assignment))
      return fail(ErrorKind::usage, "--env wants NAME=VALUE, not '" + assignment + "'");
  return variables;
}

}  // namespace reprise::tool
