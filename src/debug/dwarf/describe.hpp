// What a value consists of, as its programmer thinks of it: a leaf with a text, or something with
// members. format.hpp makes one text of it; a debugger's tree of variables unfolds it level by
// level. Strings, vectors, optional values and the like of C++'s (LLVM's libc++) and Rust's
// libraries are shown as what they hold, not as what they are made of.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "debug/dwarf/value.hpp"

namespace reprise::debug {

struct FormatLimits {
  int max_depth = 4;         // of values in values
  size_t max_elements = 20;  // of arrays and the like
  size_t max_text = 200;     // bytes of a string
  size_t max_length = 4000;  // of all that is printed, about
};

struct Member {
  std::string name;
  Value value;
  /// A base class; the name is its type's.
  bool is_base = false;
};

struct Description {
  enum class Kind : uint8_t {
    leaf,      // `text` is all there is
    wrapper,   // `text` before the one member: a reference, std::unique_ptr
    record,    // members with names
    tuple,     // members without
    sequence,  // `count` elements, of which members are some
  };
  Kind kind = Kind::leaf;
  /// Of other kinds than leaf: what stands before the members ("Point", "&"); may be empty.
  std::string text;
  std::vector<Member> members;
  uint64_t count = 0;
  dwarf::Language language = dwarf::Language::other;
};

/// `first` is the first element to give of a sequence.
Description describe(const Value& value, const FrameState& frame, const FormatLimits& limits,
                     uint64_t first = 0);

}  // namespace reprise::debug
