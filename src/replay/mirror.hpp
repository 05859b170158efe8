// The mirror: during a replay nothing reaches the outside, except what the guest itself prints. It
// watches the calls that a guest makes and passes on what goes to standard output and error, from
// the arguments that the replayed guest computes, so that the trace need not hold them. What a
// splice moves to an output the guest never sees: that the trace does hold, and passed() prints it.

#pragma once

#include <cstdint>
#include <functional>

#include "base/bytes.hpp"
#include "replay/standard_streams.hpp"
#include "runtime/door.hpp"

namespace reprise::replay {

class Mirror {
 public:
  using Print = std::function<void(Stream, Bytes)>;
  explicit Mirror(Print print) : print_(std::move(print)) {}

  using Role = StreamRole;
  static Role role_of(const runtime::HostFunction& function) {
    return stream_role_of(function.interface, function.name);
  }

  /// A call of that role was answered with these values.
  void called(Role role, Bytes arguments, Bytes results);
  /// The recording was cut between a call of that role and its result. What it was to print may
  /// have been seen by somebody, so it is printed: a replay shows rather too much than too little.
  void interrupted(Role role, Bytes arguments);

  /// Which streams are open, as bytes, and back.
  void freeze(ByteWriter& out) const;
  Result<void> thaw(ByteReader& in);
  /// The host wrote this to a standard stream without the guest.
  void passed(Stream stream, Bytes bytes) { print_(stream, bytes); }

 private:
  void write(Role role, Bytes arguments, uint64_t most);

  Print print_;
  StandardStreams streams_;
};

}  // namespace reprise::replay
