// The mirror: during a replay nothing reaches the outside, except what the guest itself prints. It
// watches the calls that a guest makes and passes on what goes to standard output and error, from
// the arguments that the replayed guest computes, so that the trace need not hold them.
//
// Which stream a write goes to follows from calls alone: `get-stdout` gave out the resource that a
// later
// `[method]output-stream.write` names; in WASI 0.1 descriptors 1 and 2 are written until they are
// closed or renumbered.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string_view>

#include "base/bytes.hpp"
#include "runtime/door.hpp"

namespace reprise::replay {

enum class Stream : uint8_t { out, err };

class Mirror {
 public:
  using Print = std::function<void(Stream, Bytes)>;
  explicit Mirror(Print print);

  /// What a function means to the mirror; asked once, when its import is linked.
  enum class Role : uint8_t {
    none,
    get_stdout,
    get_stderr,
    write,         // (stream, list<u8>) -> result<_, _>
    write_zeroes,  // (stream, u64) -> result<_, _>
    drop,          // (stream)
    fd_write,      // (fd, list<u8>) -> result<_, _>
    fd_close,      // (fd) -> result<_, _>
    fd_renumber,   // (fd, fd) -> result<_, _>
  };
  static Role role_of(const runtime::HostFunction& function);

  /// A call of that role was answered with these values.
  void called(Role role, Bytes arguments, Bytes results);
  /// The recording was cut between a call of that role and its result. What it was to print may
  /// have been seen by somebody, so it is printed: a replay shows rather too much than too little.
  void interrupted(Role role, Bytes arguments);

 private:
  void print(const std::map<uint32_t, Stream>& where, uint32_t name, Bytes bytes);
  void write(ByteReader& in);

  Print print_;
  std::map<uint32_t, Stream> resources_;
  std::map<uint32_t, Stream> descriptors_{{1, Stream::out}, {2, Stream::err}};
};

}  // namespace reprise::replay
