// Environment variables as they are given on the command line: --env NAME=VALUE, --inherit-env.

#pragma once

#include <string>
#include <utility>
#include <vector>

#include "reprise/result.hpp"

namespace reprise::tool {

/// The variables of this process, if they are inherited, and behind them those given. Fails with
/// `usage` for what is no assignment.
Result<std::vector<std::pair<std::string, std::string>>> read_environment(
    const std::vector<std::string>& assignments, bool inherit);

}  // namespace reprise::tool
