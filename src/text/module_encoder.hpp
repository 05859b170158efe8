// The fields of a core module, from text to binary (spec: text/modules).
//
// Three passes over the tokens. The first gives every definition its index, since a name may be
// used before it is bound; the second encodes the declared types; the third goes through the fields
// in their order and encodes each into its section, appending function types that are only used as
// it meets them.

#pragma once

#include <cstdint>
#include <vector>

#include "reprise/result.hpp"
#include "text/annotations.hpp"
#include "text/cursor.hpp"
#include "text/wat.hpp"

namespace reprise::text {

/// Encodes a module from what stands after `module`: its name, if any, and its fields up to the
/// parenthesis or the end of the text, where the cursor then is.
Result<std::vector<uint8_t>> encode_module_fields(Cursor& cursor, Annotations& annotations,
                                                  const EncodeOptions& options);

}  // namespace reprise::text
