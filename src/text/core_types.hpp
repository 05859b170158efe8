// The types of core modules, from text straight to their encoding (spec: text/types, binary/types).
//
// A type is known here only by its bytes: that is enough to write it, and to tell whether two are
// the same, since abbreviations are resolved while encoding. A function type that is only used and
// not declared ("(func (param i32))") refers to the first declared type with the same bytes; if
// there is none, one is appended to the module (spec: text/modules §type uses).

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "reprise/result.hpp"
#include "text/cursor.hpp"
#include "text/index_space.hpp"

namespace reprise::text {

/// A heap type, with names looked up in `types`.
Result<void> encode_heap_type(Cursor& cursor, const IndexSpace& types, ByteWriter& out);

struct ReferenceType {
  bool nullable = false;
  std::vector<uint8_t> heap;
};
/// True when a reference type starts at the cursor.
bool is_reference_type(const Cursor& cursor);
Result<ReferenceType> parse_reference_type(Cursor& cursor, const IndexSpace& types);
void encode(const ReferenceType& type, ByteWriter& out);

bool is_value_type(const Cursor& cursor);
Result<void> encode_value_type(Cursor& cursor, const IndexSpace& types, ByteWriter& out);
Result<void> encode_global_type(Cursor& cursor, const IndexSpace& types, ByteWriter& out);

struct Limits {
  bool is_64 = false;
  bool is_shared = false;
  uint64_t minimum = 0;
  std::optional<uint64_t> maximum;
  /// Only for memories: the exponent (custom page sizes).
  std::optional<uint32_t> log_page_size;
};
/// `i32`, `i64` or nothing.
bool take_address_type(Cursor& cursor);
Result<Limits> parse_limits(Cursor& cursor);
Result<Limits> parse_memory_type(Cursor& cursor);
void encode(const Limits& limits, ByteWriter& out);

/// Parameters and results.
struct Signature {
  ByteWriter parameters;
  ByteWriter results;
  uint32_t parameter_count = 0;
  uint32_t result_count = 0;
  /// A name for each parameter that has one.
  std::vector<std::optional<Token>> names;

  bool empty() const { return parameter_count == 0 && result_count == 0; }
  /// The function type's encoding.
  std::vector<uint8_t> encoding() const;
};

Result<Signature> parse_signature(Cursor& cursor, const IndexSpace& types);
/// The same where parameters cannot have names: blocks and indirect calls.
Result<Signature> parse_nameless_signature(Cursor& cursor, const IndexSpace& types);

/// `(type $t)? (param …)* (result …)*`
struct TypeUse {
  std::optional<uint32_t> type;
  Token token;  // where it starts
  Signature signature;
};
Result<TypeUse> parse_type_use(Cursor& cursor, const IndexSpace& types);
Result<TypeUse> parse_nameless_type_use(Cursor& cursor, const IndexSpace& types);

/// A definition of a type that is not in a module's type section: `(func …)`, `(struct …)`, `(sub
/// …)`.
struct LooseType {
  std::vector<uint8_t> bytes;
  bool is_plain_function = false;
};
Result<LooseType> parse_loose_type(Cursor& cursor, const IndexSpace& names);

/// The type section of a module.
class TypeTable {
 public:
  IndexSpace names{"type"};

  /// First pass: gives indices to the types that a `(type …)` or `(rec …)` field declares.
  Result<void> declare(Cursor& cursor);
  /// Second pass: encodes the field, now that all names are known.
  Result<void> define(Cursor& cursor);
  /// The index of the function type that is meant; appends it if need be.
  Result<uint32_t> resolve(const Cursor& cursor, const TypeUse& use);
  /// How many parameters the function type has; 0 if there is no such function type.
  uint32_t parameter_count(uint32_t type) const;
  /// Names of a struct's fields; nothing if there is no such type.
  const IndexSpace* fields(uint32_t type) const;

  /// The number of recursive groups, and their encodings.
  uint32_t group_count() const { return group_count_; }
  const ByteWriter& groups() const { return groups_; }
  uint32_t size() const { return static_cast<uint32_t>(types_.size()); }

 private:
  friend Result<LooseType> parse_loose_type(Cursor& cursor, const IndexSpace& names);

  struct Type {
    std::vector<uint8_t> function;  // its encoding, if it is a function type
    uint32_t parameter_count = 0;
    IndexSpace fields{"field"};
  };

  Result<void> define_one(Cursor& cursor, ByteWriter& out, bool alone);
  Result<void> sub_type(Cursor& cursor, ByteWriter& out, Type& type, bool alone);
  Result<void> composite_type(Cursor& cursor, ByteWriter& out, Type& type);
  Result<void> struct_type(Cursor& cursor, ByteWriter& out, Type& type);
  Result<void> field_type(Cursor& cursor, ByteWriter& out);
  Result<void> storage_type(Cursor& cursor, ByteWriter& out);

  std::vector<Type> types_;
  /// Function types that stand alone and are final, by encoding: those that a type use may mean.
  std::map<std::vector<uint8_t>, uint32_t> plain_functions_;
  ByteWriter groups_;
  uint32_t group_count_ = 0;
};

}  // namespace reprise::text
