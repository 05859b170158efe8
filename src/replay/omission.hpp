// Leaving out of a trace what should not be in it: the environment, the arguments, standard input.
//
// Which calls give them out is known by name (wasi:cli/environment, wasi:cli/stdin and what is read
// from it, their forms in WASI 0.1), so this works for whatever host stands behind those. The
// Omitter changes what a recording says of calls; the Restorer is its counterpart in a replay that
// is given the values. Names of variables and the program's own name (argument 0) stay, as do
// lengths, so that a guest which only passes values on replays without them. Standard input
// becomes as many stars.
//
// What becomes of a value inside the guest is dealt with by the Redactor: what the guest says of it
// is recorded with placeholders where the whole value stands, and as a digest where a piece does.
// What the host says is searched for whole values only: a replay needs it.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "replay/redactor.hpp"
#include "replay/standard_streams.hpp"
#include "wit/type.hpp"

namespace reprise::replay {

struct Omissions {
  bool environment = false;
  bool arguments = false;
  bool input = false;

  bool any() const { return environment || arguments || input; }
  /// As they stand in a trace: "env", "args", "stdin".
  std::vector<std::string> names() const;
  /// The reverse. What is not known is passed over.
  static Omissions named(const std::vector<std::string>& names);
};

/// What somebody gives a replay in the place of what was left out.
struct Supplied {
  std::optional<std::vector<std::pair<std::string, std::string>>> environment;
  /// Without argument 0.
  std::optional<std::vector<std::string>> arguments;
  std::optional<std::vector<uint8_t>> input;
};

/// A function, as far as it matters here.
struct Source {
  enum class Gives : uint8_t { other, environment, arguments };
  Gives gives = Gives::other;
  StreamRole stream = StreamRole::none;
  std::vector<wit::Type> params;
  std::vector<wit::Type> results;

  Source() = default;
  Source(std::string_view interface, std::string_view name, const wit::FuncType& type);
};

/// The calls that are open, and which of them read standard input.
class OpenSources {
 public:
  void enter(uint64_t call, const Source& source, Bytes arguments);
  struct Call {
    const Source* source = nullptr;
    std::vector<uint8_t> arguments;
    bool reads_input = false;
  };
  /// The call was answered.
  Call settle(uint64_t call, Bytes results);
  /// Whether a splice from standard input is open.
  bool splices_input() const;

 private:
  std::map<uint64_t, Call> open_;
  StandardStreams streams_;
};

class Omitter {
 public:
  explicit Omitter(const Omissions& what) : what_(what) {}

  struct Told {
    std::vector<uint8_t> values;
    bool touched = false;  // holds a piece of a secret: not to be recorded
  };
  /// What the guest says.
  Told told(std::span<const wit::Type> types, Bytes values) const;
  std::string told(std::string_view text) const;
  void enter(uint64_t call, const Source& source, Bytes arguments) {
    calls_.enter(call, source, arguments);
  }
  /// What the host answers.
  std::vector<uint8_t> answer(uint64_t call, Bytes values);
  /// What the host passes to standard output.
  std::vector<uint8_t> passed(Bytes bytes) const;

 private:
  /// Hides the values in what this function gives out; false if it gives out none.
  bool hide_given(const Source& source, const std::vector<std::span<uint8_t>>& texts);
  void hide_value(std::span<uint8_t> value);

  Omissions what_;
  Redactor redactor_;
  OpenSources calls_;
};

class Restorer {
 public:
  Restorer(const Omissions& what, Supplied supplied)
      : what_(what), supplied_(std::move(supplied)) {}

  std::vector<uint8_t> told(std::span<const wit::Type> types, Bytes values) const;
  void enter(uint64_t call, const Source& source, Bytes arguments) {
    calls_.enter(call, source, arguments);
  }
  /// Fails with `usage` when a value that was supplied cannot be the one that was left out.
  Result<std::vector<uint8_t>> answer(uint64_t call, Bytes values);
  Result<std::vector<uint8_t>> passed(Bytes bytes);
  /// Values that enter the guest by a call of the host.
  std::vector<uint8_t> entering(std::span<const wit::Type> types, Bytes values) const;

 private:
  Result<bool> restore_given(const Source& source, const std::vector<std::span<uint8_t>>& texts);
  Result<void> restore_value(std::string_view what, std::span<uint8_t> value,
                             std::string_view with);
  Result<void> take_input(std::span<uint8_t> out);

  Omissions what_;
  Supplied supplied_;
  Redactor redactor_;
  OpenSources calls_;
  size_t input_at_ = 0;
};

}  // namespace reprise::replay
