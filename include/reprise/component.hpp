// Component: a component that was read and validated, ready to be instantiated any number of times.
//
//   auto hello = Component::read(engine, "(component)", "hello.wat");         // text
//   auto app = Component::read(engine, bytes, "app.wasm");                    // or binary
//
// Errors: `malformed` or `invalid` with the place in the file, `unsupported` for what this version
// does not run, `limit`. The name given stands in messages and in recordings; it opens no file.
//
// A Component is a cheap handle to something immutable. Thread rules: any thread may use it.

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "reprise/bytes.hpp"
#include "reprise/engine.hpp"
#include "reprise/result.hpp"

namespace reprise {

namespace detail {
struct ComponentState;
}

class Component {
 public:
  /// Binary if it begins with "\0asm", text otherwise. The bytes are copied.
  static Result<Component> read(const Engine& engine, Bytes bytes,
                                std::string_view name = "component");
  static Result<Component> read(const Engine& engine, std::string_view text,
                                std::string_view name = "component") {
    return read(engine, as_bytes(text), name);
  }

  /// Validates and compiles every function now, and not when it is first called.
  Result<void> prepare() const;

  struct Function {
    std::string interface;  // empty for the root
    std::string name;
    std::string type;  // in WIT: "func(name: string) -> u32"
  };
  /// What it needs from the host, and what it offers.
  std::vector<Function> imports() const;
  std::vector<Function> exports() const;

 private:
  friend struct detail::Access;
  explicit Component(std::shared_ptr<const detail::ComponentState> state)
      : state_(std::move(state)) {}

  std::shared_ptr<const detail::ComponentState> state_;
};

}  // namespace reprise
