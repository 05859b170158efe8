// CRC32C (Castagnoli, RFC 3720 appendix B.4): what guards the chunks of a trace. The processor's
// own instruction where there is one, a table elsewhere; both give the same numbers.

#pragma once

#include <cstdint>

#include "base/bytes.hpp"

namespace reprise {

/// The checksum of `bytes`; `before` continues that of the bytes before them.
uint32_t crc32c(Bytes bytes, uint32_t before = 0);

/// The same without the instruction: for machines that lack it, and for the test that compares
/// them.
uint32_t crc32c_portable(Bytes bytes, uint32_t before = 0);

}  // namespace reprise
