// Values of scripts as values of WIT types, in the canonical encoding: two values of a type are
// equal when their bytes are.

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "reprise/result.hpp"
#include "text/script.hpp"
#include "wit/encoding.hpp"
#include "wit/type.hpp"

namespace reprise::wast {

/// Fails with `usage` when the values are not of the parameters' types.
Result<std::vector<uint8_t>> encode_arguments(const wit::FuncType& type,
                                              std::span<const text::Value> values);

/// `result` is what the function gave, encoded.
bool match_result(std::span<const text::Pattern> expected, const wit::FuncType& type, Bytes result);

std::string show_result(const wit::FuncType& type, Bytes result);

}  // namespace reprise::wast
