// Run-time WIT value types: what a component's functions take and give, as data.
//
// A type is an immutable node with a stable address, made by a TypeTable and valid as long as that
// table. Primitive types are shared constants that belong to no table. A node is built once and
// read on every call, so it caches what the canonical ABI asks again and again: size, alignment and
// flat core types, for 32-bit and for 64-bit memories alike (spec: CanonicalABI.md §Alignment,
// §Element Size, §Flattening).
//
// Specialized types carry what they despecialize to: `option` and `result` have their two cases in
// `members`, `enum` has cases without payload, `tuple` has members without names, and `map<k, v>`
// has `tuple<k, v>` as its element. Code that only cares about layout therefore handles four shapes
// (see `shape`): scalars, sequences, products and sums.
//
// Nesting, the size in memory and the number of nodes as a tree are limited when a type is made, so
// recursion over a type needs no limit of its own.

#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "reprise/result.hpp"

namespace reprise::wit {

enum class TypeKind : uint8_t {
  bool_,
  s8,
  u8,
  s16,
  u16,
  s32,
  u32,
  s64,
  u64,
  f32,
  f64,
  char_,
  string,
  error_context,
  list,
  fixed_list,
  map,
  record,
  tuple,
  variant,
  enum_,
  option,
  result,
  flags,
  own,
  borrow,
  stream,
  future,
};

/// The keyword in WIT ("bool", "list", "error-context"); a fixed_list is a "list".
std::string_view to_string(TypeKind kind);

/// A core type that values are flattened to.
enum class FlatType : uint8_t { i32, i64, f32, f64 };
std::string_view to_string(FlatType type);

/// The address type of the memory that an ABI call uses; an index into TypeNode::layouts.
enum class PointerWidth : uint8_t { memory32, memory64 };
constexpr uint32_t pointer_size(PointerWidth width) {
  return width == PointerWidth::memory32 ? 4 : 8;
}

/// Parameters beyond this many flat values are passed in memory (spec: CanonicalABI.md
/// §Flattening).
inline constexpr uint32_t kMaxFlatParams = 16;
inline constexpr uint32_t kMaxFlatAsyncParams = 4;
inline constexpr uint32_t kMaxFlatResults = 1;
/// Layout::flat_count of a type that has more flat values than can ever be passed flat.
inline constexpr uint8_t kTooManyFlat = kMaxFlatParams + 1;

/// Every value type must be smaller than this, in the layout for 64-bit memories.
inline constexpr uint64_t kMaxTypeSize = uint64_t{1} << 28;
/// The nesting of type constructors.
inline constexpr uint32_t kMaxTypeDepth = 100;
/// The number of nodes when shared nodes are counted at every use: what printing and comparing
/// cost.
inline constexpr uint32_t kMaxTypeNodes = 1'000'000;
inline constexpr uint32_t kMaxFlags = 32;
inline constexpr size_t kMaxTypeTextLength = 1 << 24;

struct TypeNode;
using Type = const TypeNode*;

/// How a type lies in memory, or in core values.
struct Layout {
  uint32_t size = 0;
  uint32_t alignment = 1;
  /// variant, enum, option, result: where the payload lies.
  uint32_t payload_offset = 0;
  /// kTooManyFlat if the type never travels flat.
  uint8_t flat_count = 0;
  std::array<FlatType, kMaxFlatParams> flat{};

  std::span<const FlatType> flat_types() const {
    return {flat.data(), flat_count == kTooManyFlat ? size_t{0} : flat_count};
  }
};

/// A field of a record or tuple, a case of a variant, enum, option or result, a label of flags.
struct Member {
  std::string_view name;  ///< empty in tuples
  Type type = nullptr;    ///< null in cases without payload and in flags
  /// Fields: the place within the value, by PointerWidth.
  std::array<uint32_t, 2> offsets{};
};

/// Which resource an own or borrow is of. The id is chosen by whoever makes the type: two resource
/// types are the same when their ids are; the name is for people and for traces.
struct Resource {
  uint32_t id = 0;
  std::string_view name;
};

enum class Shape : uint8_t {
  scalar,    // one fixed-width value, flags included
  string,    //
  sequence,  // list, map
  array,     // fixed-length list
  product,   // record, tuple
  sum,       // variant, enum, option, result
  handle,    // own, borrow, stream, future, error-context
};

struct TypeNode {
  TypeKind kind = TypeKind::bool_;
  Shape shape = Shape::scalar;
  /// Sums: bytes of the discriminant in memory (1, 2 or 4).
  uint8_t discriminant_size = 0;
  uint8_t depth = 1;
  /// Contains own, borrow, stream, future or error-context.
  bool has_handle = false;
  bool has_borrow = false;
  /// Contains a stream or future.
  bool has_async = false;
  /// Contains a string, list or map: to lower it may need realloc.
  bool has_pointer = false;
  /// In memory the value has exactly the bytes of its canonical encoding, and any bytes are a valid
  /// value: sequences of it can be copied as a whole.
  bool bitwise = false;
  /// fixed_list: the number of elements.
  uint32_t length = 0;
  uint32_t node_count = 1;
  /// The fewest bytes that the canonical encoding of a value has, at least 1.
  uint32_t min_encoded_size = 1;
  /// Element of list, fixed_list, map (a tuple), option, stream, future; may be null in the last
  /// two.
  Type element = nullptr;
  std::span<const Member> members{};
  Resource resource{};
  std::array<Layout, 2> layouts{};

  const Layout& layout(PointerWidth width) const { return layouts[static_cast<size_t>(width)]; }
  const Layout& layout32() const { return layouts[0]; }
  uint32_t offset_of(size_t member, PointerWidth width) const {
    return members[member].offsets[static_cast<size_t>(width)];
  }
};

struct Param {
  std::string name;
  Type type = nullptr;
};

struct FuncType {
  std::vector<Param> params;
  Type result = nullptr;  ///< null if there is none
  bool async = false;
};

/// bool_ .. string and error_context.
Type primitive(TypeKind kind);

/// Makes types and owns them. Moving the table moves ownership; nodes stay where they are.
/// Every function fails with `invalid` if a label is empty, malformed or repeated, if a list of
/// members that must not be empty is, or if a limit above is exceeded.
class TypeTable {
 public:
  struct Item {
    std::string_view name;
    Type type = nullptr;
  };

  TypeTable();
  ~TypeTable();
  TypeTable(TypeTable&&) noexcept;
  TypeTable& operator=(TypeTable&&) noexcept;

  Result<Type> list(Type element);
  Result<Type> fixed_list(Type element, uint32_t length);
  Result<Type> map(Type key, Type value);
  Result<Type> record(std::span<const Item> fields);
  Result<Type> tuple(std::span<const Type> elements);
  Result<Type> variant(std::span<const Item> cases);
  Result<Type> enumeration(std::span<const std::string_view> labels);
  Result<Type> option(Type payload);
  /// Either may be null.
  Result<Type> result(Type ok, Type err);
  Result<Type> flags(std::span<const std::string_view> labels);
  Result<Type> own(Resource resource);
  Result<Type> borrow(Resource resource);
  /// The element may be null.
  Result<Type> stream(Type element);
  Result<Type> future(Type element);

  /// The resource of that name, with an id that this table assigns at its first mention: how types
  /// read from text get their resources. Do not mix with ids of one's own in one table.
  Resource resource_named(std::string_view name);

 private:
  struct Storage;
  Result<Type> add(TypeNode node);
  Result<Type> add_members(TypeNode node, std::vector<Member> members);
  std::string_view keep(std::string_view text);

  std::unique_ptr<Storage> storage_;
};

/// Structural equality; resources by id.
bool equal(Type a, Type b);
/// Structural equality; resources by name. For types from different tables, e.g. of a trace.
bool equal_by_name(Type a, Type b);
bool equal_by_name(const FuncType& a, const FuncType& b);

// The textual notation: WIT's own where it has one, and the bodies of record, variant, enum and
// flags written in place, so that a type's text needs nothing else to be understood.
//
//   list<tuple<string, u32>>        record { a: u32, b: string }     variant { x(u32), y }
//   list<u8, 16>                    enum { red, green }              flags { read, write }
//   map<string, u8>                 result<_, string> own<wasi:io/streams.input-stream> stream<u8>
//   func(a: u32) -> string           async func()

std::string to_string(Type type);
std::string to_string(const FuncType& type);
/// `text` must be one type and nothing else. An error's offset is a position in `text`.
Result<Type> parse_type(std::string_view text, TypeTable& table);
Result<FuncType> parse_func_type(std::string_view text, TypeTable& table);

}  // namespace reprise::wit
