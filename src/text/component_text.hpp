// Texts of components to binaries (component model: design/mvp/Explainer.md, Binary.md).

#pragma once

#include <cstdint>
#include <vector>

#include "reprise/result.hpp"
#include "text/annotations.hpp"
#include "text/cursor.hpp"
#include "text/wat.hpp"

namespace reprise::text {

/// Encodes a component from what stands after `component`: its name, if any, and its definitions up
/// to the parenthesis, where the cursor then is.
Result<std::vector<uint8_t>> encode_component_fields(Cursor& cursor, Annotations& annotations,
                                                     const EncodeOptions& options);

}  // namespace reprise::text
