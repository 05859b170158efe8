#include "wit/texts.hpp"

#include "wit/encoding_io.hpp"

namespace reprise::wit {

namespace {

Result<void> find_in_elements(Type element, uint32_t count, ByteReader& reader,
                              std::vector<Text>& texts) {
  if (element->kind == TypeKind::u8) {
    REPRISE_ASSIGN(const Bytes bytes, reader.bytes(count));
    texts.push_back({bytes, false});
    return ok();
  }
  for (uint32_t i = 0; i < count; ++i) REPRISE_TRY(find_texts(element, reader, texts));
  return ok();
}

}  // namespace

Result<void> find_texts(Type type, ByteReader& reader, std::vector<Text>& texts) {
  switch (type->shape) {
    case Shape::scalar:
    case Shape::handle:
      return check_value(type, reader);
    case Shape::string: {
      REPRISE_ASSIGN(const std::string_view text, read_string(reader));
      texts.push_back({as_bytes(text), true});
      return ok();
    }
    case Shape::sequence: {
      REPRISE_ASSIGN(const uint32_t count, read_count(type->element, reader));
      return find_in_elements(type->element, count, reader, texts);
    }
    case Shape::array:
      return find_in_elements(type->element, type->length, reader, texts);
    case Shape::product:
      for (const Member& field : type->members) REPRISE_TRY(find_texts(field.type, reader, texts));
      return ok();
    case Shape::sum: {
      REPRISE_ASSIGN(const uint32_t index, read_case(type, reader));
      const Member& chosen = type->members[index];
      return chosen.type ? find_texts(chosen.type, reader, texts) : ok();
    }
  }
  return ok();
}

}  // namespace reprise::wit
