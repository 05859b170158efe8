// What describing values takes that doesn't depend on the language, and the languages' parts.

#pragma once

#include <optional>
#include <string>

#include "debug/dwarf/describe.hpp"
#include "debug/dwarf/members.hpp"

namespace reprise::debug {

struct DescribeContext {
  const FrameState& frame;
  const FormatLimits& limits;
  uint64_t first;
  dwarf::Language language;
};

Description leaf(std::string text);
/// "<optimized out>"
Description unavailable(const Error& error);
/// What a member that may not be there, or not be readable, holds.
std::optional<uint64_t> number_of(const std::optional<Value>& value, const FrameState& frame);

/// A string in memory, in quotes; with "..." behind them if it goes on beyond the limit.
Description text_leaf(uint64_t address, uint64_t size, const DescribeContext& context);
/// Up to a zero byte.
Result<std::string> quoted_c_string(uint64_t address, const DescribeContext& context);
/// In quotes, with escapes that the language has.
std::string quoted(std::string_view text, dwarf::Language language);
/// One character, in single quotes.
std::string quoted_character(uint32_t code_point, dwarf::Language language);

/// Elements that follow each other in memory.
Description sequence(dwarf::Die element_type, uint64_t address, uint64_t count,
                     const DescribeContext& context);
Description wrapper(std::string prefix, Value value);
/// Members as they stand there.
Description record(const Value& value, dwarf::Die type, const DescribeContext& context);

/// What the standard libraries' types hold; none if it is not such a type, or is not made as known.
std::optional<Description> describe_cpp(const Value& value, dwarf::Die type,
                                        const DescribeContext& context);
std::optional<Description> describe_rust(const Value& value, dwarf::Die type,
                                         const DescribeContext& context);

/// The type given for a template's parameter, by its name; none if there isn't one.
dwarf::Die template_argument(dwarf::Die type, std::string_view parameter);
/// "Vec" of "Vec<u8, alloc::alloc::Global>".
std::string_view without_arguments(std::string_view name);

}  // namespace reprise::debug
