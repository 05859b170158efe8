// Why the operating system refused: the error type of every OS seam.
//
// Seams speak neither errno nor a WASI version's error enum. Errno names the reasons once; a host
// interface maps it to its own numbers (errno.def is the table for both).

#pragma once

#include <cstdint>
#include <expected>
#include <string_view>

namespace reprise::os {

enum class Errno : uint8_t {
#define REPRISE_ERRNO(name, posix, preview1, phrase) name,
#include "base/os/errno.def"
#undef REPRISE_ERRNO
};

template <class T>
using Expected = std::expected<T, Errno>;

/// The reason in words ("no such file or directory").
std::string_view to_string(Errno code);

/// Maps a POSIX errno; what has no name here becomes `io`.
Errno from_posix(int posix);

}  // namespace reprise::os
