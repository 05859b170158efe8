// Runs a generated module's functions, each with arguments that depend on nothing but its number,
// and says what came of it in words that another engine's run can be compared with.

#pragma once

#include <string>
#include <vector>

#include "module_generator.hpp"
#include "reprise/result.hpp"

namespace reprise::generated {

enum class Code : uint8_t {
  folded,    // as in production
  counted,   // the same code, counting ticks
  observed,  // code that asks before each instruction
  collected  // as in production, with a collection of garbage at each allocation
};

struct Call {
  std::string name;
  std::vector<std::string> arguments;  // "i32:5", "f64:" and the bits in hexadecimal
  std::string outcome;                 // the results like that ("f32:nan" for any), or "trap"
};

struct Run {
  std::vector<Call> calls;
  std::vector<std::string> globals;
  uint32_t pages = 0;
  std::string memory;  // SHA-256 of all of them
  uint64_t ticks = 0;
  std::string traps;  // kinds of traps, which no other engine has

  /// Everything but ticks and kinds of traps, as JSON.
  std::string to_json() const;
};

/// Fails if the module is not valid: a defect of the generator, or of the engine.
Result<Run> run_module(const GeneratedModule& module, Code code);

}  // namespace reprise::generated
