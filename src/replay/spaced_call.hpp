// A recorded host call for whose answer the trace has no space yet. The drain frees the ring in a
// while; a call that can wait for that waits, and calls the host then, rather than let the host's
// thread stand still inside of the recorder.

#pragma once

#include "replay/recorder.hpp"
#include "runtime/door.hpp"

namespace reprise::replay {

/// Calls the host: when there is space for what it will answer, if somebody here can wait.
runtime::HostFunction::Started start_when_spaced(runtime::NativeCall& call,
                                                 runtime::HostImport& import, Bytes arguments,
                                                 ByteWriter& results, Recorder& recorder);

/// The same; nearly always there is space, and nothing to decide.
inline runtime::HostFunction::Started start_spaced(runtime::NativeCall& call,
                                                   runtime::HostImport& import, Bytes arguments,
                                                   ByteWriter& results, Recorder& recorder) {
  if (!recorder.is_short_of_space()) [[likely]]
    return runtime::start_host(import, arguments, results);
  return start_when_spaced(call, import, arguments, results, recorder);
}

}  // namespace reprise::replay
