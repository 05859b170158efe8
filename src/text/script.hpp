// Scripts: the .wast files that the specifications' tests are written in (WebAssembly/spec
// interpreter/README, and the component model's extension of it).
//
// A script is a list of commands. Its modules and components are encoded while it is parsed, but
// one that doesn't encode fails only the command that wants it: scripts are full of texts that must
// not.

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "reprise/result.hpp"
#include "text/constants.hpp"

namespace reprise::text {

enum class ValueKind : uint8_t {
  // Of core modules; f32 and f64 are also those of components.
  i32,
  i64,
  f32,
  f64,
  v128,
  ref_null,
  ref_extern,
  ref_host,
  // Of components only.
  boolean,
  s8,
  u8,
  s16,
  u16,
  s32,
  u32,
  s64,
  u64,
  character,
  string,
  list,
  record,
  tuple,
  variant,
  enumeration,
  flags,
  option,
  result,
};

/// A value as a script writes it. A component's value has only the type that its form shows:
/// `(list.const)` says nothing of elements.
struct Value {
  ValueKind kind = ValueKind::i32;
  /// Numbers (sign-extended where signed), booleans, characters, and the host's references; 1 for
  /// `result.ok`.
  uint64_t bits = 0;
  std::array<uint8_t, 16> vector{};
  /// A string's bytes, the label of a case, the heap type of a null reference.
  std::string text;
  /// Names of a record's fields, flags that are set.
  std::vector<std::string> labels;
  /// Elements, fields, or the payload if there is one.
  std::vector<Value> items;
};

enum class NanPattern : uint8_t { none, canonical, arithmetic };

struct LanePattern {
  NanPattern nan = NanPattern::none;
  uint64_t bits = 0;
};

/// What a result may be.
struct Pattern {
  enum class Kind : uint8_t {
    value,      // exactly `value`
    nan,        // f32 or f64 (value.kind), any NaN of the class `nan`
    lanes,      // v128, each lane by itself
    reference,  // not null, of the heap type `value.text`; for extern, any
    null,       // a null reference of any type
    either,     // one of `alternatives`
  };
  Kind kind = Kind::value;
  Value value;
  NanPattern nan = NanPattern::none;
  Shape shape;
  std::vector<LanePattern> lanes;
  std::vector<Pattern> alternatives;
};

/// A module or a component.
struct Definition {
  enum class Form : uint8_t { text, binary, quote };
  bool is_component = false;
  /// `(module definition …)`: defined, not instantiated.
  bool is_only_defined = false;
  Form form = Form::text;
  std::optional<std::string> id;
  Result<std::vector<uint8_t>> binary;
};

/// `(module instance $instance $definition)`; without names, the last one defined.
struct Instantiation {
  bool is_component = false;
  std::optional<std::string> instance;
  std::optional<std::string> definition;
};

struct Register {
  std::string name;
  std::optional<std::string> instance;
};

/// `(invoke $i "f" value…)` or `(get $i "g")`.
struct Action {
  bool is_get = false;
  std::optional<std::string> instance;
  std::string name;
  std::vector<Value> arguments;
};

struct Assertion {
  enum class Kind : uint8_t {
    returns,
    trap,
    exhaustion,
    exception,
    malformed,
    invalid,
    unlinkable,
    malformed_custom,
    invalid_custom,
  };
  Kind kind = Kind::returns;
  std::variant<Action, Definition, Instantiation> subject;
  std::vector<Pattern> expected;
  /// What the script's author expects an error to begin with.
  std::string message;
};

struct Command {
  uint32_t line = 0;
  std::variant<Definition, Instantiation, Register, Action, Assertion> what;
};

struct Script {
  std::vector<Command> commands;
};

Result<Script> parse_script(std::string_view text, std::string_view name);

}  // namespace reprise::text
