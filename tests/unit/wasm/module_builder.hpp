// Builds small binary modules for tests: sections in the order they are added, sizes filled in.

#pragma once

#include <initializer_list>
#include <memory>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "wasm/reader.hpp"
#include "wasm/validate.hpp"

namespace reprise::wasm {

using Code = std::vector<uint8_t>;

inline Code operator+(Code a, const Code& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

class ModuleBuilder {
 public:
  ModuleBuilder() { bytes({0, 'a', 's', 'm', 1, 0, 0, 0}); }

  ModuleBuilder& section(uint8_t id, const Code& content) {
    ByteWriter inner;
    inner.bytes(content);
    out_.u8(id);
    out_.sized(inner);
    return *this;
  }
  ModuleBuilder& types(const Code& content) { return section(1, content); }
  ModuleBuilder& functions(const Code& content) { return section(3, content); }
  ModuleBuilder& memory() { return section(5, {1, 0, 1}); }
  /// A code section of bodies, each given with its locals.
  ModuleBuilder& code(std::initializer_list<Code> bodies) {
    ByteWriter content;
    content.leb_u32(static_cast<uint32_t>(bodies.size()));
    for (const Code& body : bodies) {
      ByteWriter inner;
      inner.bytes(body);
      content.sized(inner);
    }
    return section(10, content.take());
  }
  ModuleBuilder& custom(std::string_view name, const Code& content) {
    ByteWriter inner;
    inner.name(name);
    inner.bytes(content);
    return section(0, inner.take());
  }

  const Code& build() const { return bytes_ = Code(out_.view().begin(), out_.view().end()); }

 private:
  void bytes(std::initializer_list<uint8_t> b) { out_.bytes(Bytes(b.begin(), b.size())); }
  ByteWriter out_;
  mutable Code bytes_;
};

/// One function of the given type (as in a type section, without the count), in a module with a
/// memory.
inline ModuleBuilder one_function(const Code& type, const Code& body) {
  ModuleBuilder builder;
  builder.types(Code{1} + type).functions({1, 0}).memory().code({body});
  return builder;
}

inline Result<std::shared_ptr<const Module>> read(
    const ModuleBuilder& builder,
    std::shared_ptr<TypeRegistry> registry = std::make_shared<TypeRegistry>()) {
  return read_module(Code(builder.build()), std::move(registry));
}

/// "valid", or the error's kind and message.
inline std::string verdict(const ModuleBuilder& builder) {
  auto module = read(builder);
  if (!module) return std::string(to_string(module.error().kind)) + ": " + module.error().message;
  auto valid = validate_module(**module);
  if (!valid) return std::string(to_string(valid.error().kind)) + ": " + valid.error().message;
  return "valid";
}

}  // namespace reprise::wasm
