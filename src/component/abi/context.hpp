// What lifting and lowering need from the component instance that they work on: its memory, its
// realloc, its string encoding and its handle table. One Context is one set of canonical options of
// one instance for the length of one call (spec: CanonicalABI.md §Lifting and Lowering Context).
//
// The guest can grow its memory inside realloc, so the view of the memory is asked for again after
// every call of it; nothing here keeps a pointer into the guest across one.

#pragma once

#include <cstdint>
#include <span>
#include <utility>

#include "base/bytes.hpp"
#include "reprise/trap.hpp"
#include "wit/type.hpp"

namespace reprise::component::abi {

using wit::FlatType;
using wit::Layout;
using wit::PointerWidth;
using wit::Shape;
using wit::Type;
using wit::TypeKind;
using wit::TypeNode;

enum class StringEncoding : uint8_t { utf8, utf16, latin1_or_utf16 };

/// The most bytes of a string or list (spec: MAX_STRING_BYTE_LENGTH, MAX_LIST_BYTE_LENGTH).
inline constexpr uint64_t kMaxByteLength = (uint64_t{1} << 28) - 1;

/// The most bytes that one lift may read as strings (in UTF-8) and list elements. The specification
/// has no such limit; without one, a guest could point many elements of a list at one long string,
/// and make the host hold far more than the guest itself has.
inline constexpr uint64_t kMaxLiftedBytes = uint64_t{1} << 30;

/// The instance's side. The caller of lift and lower checks what concerns the call as a whole
/// (may_leave, may_enter, borrow counts when the call ends); this is what a value can ask for.
///
/// `ordinal` is the name of a handle in the canonical encoding; which number that is, is the
/// implementation's choice (a rep for a transfer between guests, a never-reused ordinal for a
/// host).
class Instance {
 public:
  /// The memory now.
  virtual std::span<uint8_t> memory() = 0;
  /// Calls the guest's realloc (spec: LiftLowerContext.reallocate). The result isn't checked yet.
  virtual TrapOr<uint64_t> realloc(uint64_t old_pointer, uint64_t old_size, uint64_t alignment,
                                   uint64_t new_size) = 0;
  /// own, borrow, stream, future, error-context, by `type->kind`: takes the handle at `index` out
  /// of the table (borrow: adds a lend) and names what it stands for.
  virtual TrapOr<uint32_t> lift_handle(Type type, uint32_t index) = 0;
  /// The reverse: enters it in the table. A borrow of a resource that the instance itself defines
  /// gives the bare rep.
  virtual TrapOr<uint32_t> lower_handle(Type type, uint32_t ordinal) = 0;

 protected:
  ~Instance() = default;
};

struct Context {
  Instance& instance;
  StringEncoding string_encoding = StringEncoding::utf8;
  PointerWidth width = PointerWidth::memory32;

  const Layout& layout(Type type) const { return type->layout(width); }
  uint32_t pointer_size() const { return wit::pointer_size(width); }
  FlatType pointer_type() const {
    return width == PointerWidth::memory32 ? FlatType::i32 : FlatType::i64;
  }
};

/// Flat values are slots of 8 bytes, as the interpreter has them: an i32 or f32 is the low half and
/// the high half is zero when written, ignored when read.
using Slot = uint64_t;

}  // namespace reprise::component::abi
