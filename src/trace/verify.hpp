// Verification: everything that can be checked about a trace without running its guest. Checksums
// and the chain of chunks; the decoding of each record; that calls name functions which were
// defined, that results answer calls that were open, that embedded components have their bytes and
// their hash.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "trace/reader.hpp"

namespace reprise::trace {

struct Problem {
  uint64_t offset = 0;        // in the file
  uint64_t event = kNoEvent;  // when it is about one
  std::string what;
};

struct VerifyReport {
  uint64_t chunks = 0;
  uint64_t events = 0;
  uint64_t raw_bytes = 0;  // of the chunks, unpacked
  bool ended = false;      // no fault by itself: a killed recording has no end
  uint64_t problem_count = 0;
  std::vector<Problem> problems;  // the first kMaxProblems
  bool sound() const { return problem_count == 0; }
};

inline constexpr size_t kMaxProblems = 200;

Result<VerifyReport> verify(Source& source, ReadOptions options = {});
Result<VerifyReport> verify(const std::string& path);

}  // namespace reprise::trace
