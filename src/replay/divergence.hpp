// Divergence: where and how a replayed run differs from its recording, as a value that prints like
// a good compiler error.
//
//   the run diverges from its recording at event 41: argument `path` differs
//     recorded: wasi:filesystem/types#[method]descriptor.open-at(#3, {}, "b.txt", {}, {read})
//     this run: wasi:filesystem/types#[method]descriptor.open-at(#3, {}, "c.txt", {}, {read})
//     at: hash_file (hash.c:41)
//         main (hash.c:77)

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "reprise/trap.hpp"
#include "wit/type.hpp"
#include "wit/wave.hpp"

namespace reprise::replay {

/// How much of one value list a report shows.
inline constexpr size_t kReportLength = 200;

enum class DivergenceKind : uint8_t {
  argument,      // the same call with other arguments
  call,          // another function is called
  added_call,    // a call where the recording has none before it returned, trapped or exited
  missing_call,  // the run returned, trapped or exited where the recording has a call
  signature,     // the function has another type now
  result,        // the guest returned other values
  ending,        // return, trap, exit: another one than recorded
  state,         // memories, globals or tables differ
  growth,        // memory or table growth went otherwise
};

struct Divergence {
  DivergenceKind kind = DivergenceKind::call;
  /// Number of the event that was expected.
  uint64_t event = 0;
  std::string what;      // "argument `path` differs"
  std::string recorded;  // the call or ending as recorded, on one line
  std::string actual;    // and as this run has it
  std::vector<Frame> frames;
  /// Why the recording says of itself that it is no faithful one, if it does.
  std::string poisoned = {};

  std::string to_string() const;
};

/// The next value as a string, if its type is list<u8> and it holds nothing but text: what a guest
/// prints is read more easily so. Nothing, and the reader where it was, if it is not.
std::optional<std::string> text_of_bytes(wit::Type type, ByteReader& reader,
                                         const wit::PrintLimits& limits);
/// `name(a, b)` in WAVE, but with bytes that are text shown as text, shortened to kReportLength; a
/// value list that does not decode is shown in hexadecimal.
std::string print_call(std::string_view name, const wit::FuncType& type, Bytes arguments);
std::string print_values(const wit::Type type, Bytes values);
/// Which parameter is the first to differ between two encodings; params.size() if none does.
size_t first_difference(const wit::FuncType& type, Bytes a, Bytes b);

}  // namespace reprise::replay
