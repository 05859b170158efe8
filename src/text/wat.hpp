// The front door: texts of modules and components to binaries. The text layer reports only what is
// malformed as text (ErrorKind::malformed, with the line and a caret); whether the result is valid
// is for the readers of binaries (wasm/reader.hpp, component/reader.hpp) to say.
//
//   auto bytes = text::encode("(module (func (export \"f\")))", "f.wat");

#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "reprise/result.hpp"

namespace reprise::text {

struct EncodeOptions {
  /// Write the names of the text into a name section, for traces and debuggers.
  bool names = true;
};

/// A module or a component: `(module …)`, `(component …)`, or the fields of a module alone.
Result<std::vector<uint8_t>> encode(std::string_view text, std::string_view name = "<text>",
                                    const EncodeOptions& options = {});

/// The same from a text that must be a core module.
Result<std::vector<uint8_t>> encode_module(std::string_view text, std::string_view name = "<text>",
                                           const EncodeOptions& options = {});

/// The same from a text that must be a component: `(component …)`, or its definitions alone.
Result<std::vector<uint8_t>> encode_component(std::string_view text,
                                              std::string_view name = "<text>",
                                              const EncodeOptions& options = {});

}  // namespace reprise::text
