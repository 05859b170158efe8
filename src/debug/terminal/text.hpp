// Pieces of text that the front-ends share.

#pragma once

#include <string>
#include <string_view>

#include "debug/state.hpp"
#include "reprise/trap.hpp"

namespace reprise::debug {

/// The text up to its `width`th character (of UTF-8), the last of which is then "…".
std::string cut_to_width(std::string_view text, size_t width);

/// "add (shop.cpp:12:3)", or "func[7] (app at 0x1f3)" where no source is known.
std::string frame_text(const Frame& frame);

/// The last part of a path.
std::string_view base_name(std::string_view path);

/// Whose table a handle is in: "instance 1", "instance 1.2 (parser)" for one within.
std::string instance_text(const ResourceInfo& resource);
/// "own wasi:io/streams.output-stream #1, lent 2 times"
std::string handle_text(const ResourceInfo& resource);

}  // namespace reprise::debug
