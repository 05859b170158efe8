#include "text/component_text.hpp"
namespace reprise::text {
Result<std::vector<uint8_t>> encode_component_fields(Cursor& cursor, Annotations&,
                                                     const EncodeOptions&) {
  return cursor.error("components: not yet");
}
}  // namespace reprise::text
