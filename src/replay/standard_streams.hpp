// Which calls read standard input or write standard output and error. That follows from the calls
// alone: `get-stdout` gave out the resource that a later `[method]output-stream.write` names; in
// WASI 0.1 the descriptors 0, 1 and 2 are the streams until they are closed or renumbered. The
// mirror of a replay asks, and a recording that leaves out standard input.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string_view>

#include "base/bytes.hpp"

namespace reprise::replay {

enum class Stream : uint8_t { in, out, err };

/// What a function means here; asked once, when it is linked.
enum class StreamRole : uint8_t {
  none,
  get_stdin,     // () -> own<input-stream>
  get_stdout,    // () -> own<output-stream>
  get_stderr,    //
  read,          // (stream, u64) -> result<list<u8>, _>
  skip,          // (stream, u64) -> result<u64, _>
  write,         // (stream, list<u8>) -> result<_, _>
  write_zeroes,  // (stream, u64) -> result<_, _>
  splice,        // (to, from, u64) -> result<u64, _>
  drop,          // (stream)
  fd_read,       // (fd, u64) -> result<list<u8>, _>
  fd_pread,      // (fd, u64, offset u64) -> result<list<u8>, _>
  fd_write,      // (fd, list<u8>) -> result<u32, _>
  fd_close,      // (fd) -> result<_, _>
  fd_renumber,   // (fd, fd) -> result<_, _>
};

/// `interface` with or without its version.
StreamRole stream_role_of(std::string_view interface, std::string_view name);

class StandardStreams {
 public:
  /// The stream that a call reads or writes (of a splice: that it reads), if it is a standard one.
  std::optional<Stream> of(StreamRole role, Bytes arguments) const;
  /// A call was answered with these values: what it gave out, closed or moved is noted.
  void called(StreamRole role, Bytes arguments, Bytes results);

  /// All of it as bytes, and back.
  void freeze(ByteWriter& out) const;
  Result<void> thaw(ByteReader& in);

 private:
  std::map<uint32_t, Stream> resources_;
  std::map<uint32_t, Stream> descriptors_{{0, Stream::in}, {1, Stream::out}, {2, Stream::err}};
};

}  // namespace reprise::replay
