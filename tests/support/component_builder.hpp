// Component binaries from sections written out by hand, for tests.

#pragma once

#include <initializer_list>
#include <memory>
#include <vector>

#include "base/bytes.hpp"
#include "component/component.hpp"

namespace reprise::test {

class ComponentBuilder {
 public:
  ComponentBuilder() {
    const uint8_t preamble[] = {0, 'a', 's', 'm', 0x0d, 0, 1, 0};
    out_.bytes(preamble);
  }

  ComponentBuilder& section(uint8_t id, const std::vector<uint8_t>& contents) {
    out_.u8(id);
    out_.leb_u32(static_cast<uint32_t>(contents.size()));
    out_.bytes(contents);
    return *this;
  }

  std::vector<uint8_t> bytes() const {
    const Bytes view = out_.view();
    return {view.begin(), view.end()};
  }

  static Result<std::shared_ptr<const component::Component>> read(std::vector<uint8_t> bytes) {
    return component::read_component(std::move(bytes), std::make_shared<wasm::TypeRegistry>());
  }
  Result<std::shared_ptr<const component::Component>> read() const { return read(bytes()); }

 private:
  ByteWriter out_;
};

}  // namespace reprise::test
