// What fails, and where: the error type of the whole library.
//
// Every operation that can fail for a reason outside the program (a malformed module, a missing
// import, a full disk, a trace that does not match) returns Result<T>. Nothing is thrown, printed
// or aborted because of what a file or a guest contains. A guest's trap is not an Error: it is a
// value of its own (see trap.hpp), because trapping is something that programs legitimately do.
//
//   Result<int> parse(std::string_view text);
//   auto n = parse("12");
//   if (!n) std::fputs(n.error().to_string().c_str(), stderr);
//
// An Error's message says what is wrong and, where one can, what to do about it; `offset` says
// where (a byte offset in a binary, unset otherwise); `context` grows outward as the error travels
// ("function 12", "app.wasm"). Thread rules: plain data.

#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace reprise {

enum class ErrorKind : uint8_t {
  malformed,    // bytes or text that are not of the format at all
  invalid,      // well-formed, but breaks a rule of validation
  unsupported,  // valid, and deliberately not done here
  link,         // an import is missing or has another type than what is given
  limit,        // a stated limit was reached
  io,           // the operating system refused
  usage,        // the caller's request makes no sense (bad option, wrong state)
  divergence,   // a replayed run differs from its recording
  cancelled,    // the operation was cancelled
};

/// The kind as one lower-case word ("malformed").
std::string_view to_string(ErrorKind kind);

struct Error {
  ErrorKind kind = ErrorKind::usage;
  std::string message;
  /// Byte offset from the start of the file that was read.
  std::optional<uint64_t> offset;
  /// Innermost first.
  std::vector<std::string> context;

  /// One line: context outermost first, kind's message, offset in hexadecimal.
  std::string to_string() const;

  /// Adds one step of context and hands the error on: `return std::move(e).in("function 12");`
  Error&& in(std::string where) && {
    context.push_back(std::move(where));
    return std::move(*this);
  }
};

template <class T>
using Result = std::expected<T, Error>;

/// The value of a function that can only fail: `return ok();`
inline Result<void> ok() {
  return {};
}

inline std::unexpected<Error> fail(ErrorKind kind, std::string message,
                                   std::optional<uint64_t> offset = std::nullopt) {
  return std::unexpected(Error{kind, std::move(message), offset, {}});
}

/// Passes an error on: `if (!r) return fail(std::move(r.error()));`
inline std::unexpected<Error> fail(Error&& error) {
  return std::unexpected(std::move(error));
}

}  // namespace reprise

/// TRY(expression): returns the error from the enclosing function, if there is one.
/// ASSIGN_OR_RETURN(declaration, expression): the same, and binds the value.
#define REPRISE_TRY(...)                                             \
  do {                                                               \
    auto reprise_try_result = (__VA_ARGS__);                         \
    if (!reprise_try_result) [[unlikely]]                            \
      return std::unexpected(std::move(reprise_try_result).error()); \
  } while (false)
#define REPRISE_CAT2(a, b) a##b
#define REPRISE_CAT(a, b) REPRISE_CAT2(a, b)
#define REPRISE_ASSIGN(declaration, ...) \
  REPRISE_ASSIGN_IMPL(REPRISE_CAT(reprise_result_, __LINE__), declaration, __VA_ARGS__)
#define REPRISE_ASSIGN_IMPL(name, declaration, ...)  \
  auto name = (__VA_ARGS__);                         \
  if (!name) [[unlikely]]                            \
    return std::unexpected(std::move(name).error()); \
  declaration = std::move(*name)
