// Recovery: makes a whole trace of what a killed recording left behind. The chunks of the trace
// file whose checksums hold are copied; what the ring still has beyond them is cut into chunks
// behind them. Neither input is changed. The result is an ordinary trace without an end record.

#pragma once

#include <cstdint>
#include <string>

#include "reprise/result.hpp"
#include "trace/reader.hpp"
#include "trace/sink.hpp"

namespace reprise::trace {

class RingView;

struct RecoverReport {
  uint64_t chunks = 0;      // copied from the file
  uint64_t ring_bytes = 0;  // of the event stream, taken from the ring
  uint64_t events = 0;      // in the recovered trace's stream that the ring belongs to, all told
  /// Bytes of the event stream that neither the file nor the ring has. With any, the ring's part
  /// could not be joined.
  uint64_t missing_bytes = 0;
  std::string stopped;  // why the recording had ended before the process did, if it had
  ReadSummary file;     // what was wrong with the file
};

/// `ring` may be null: then this only leaves out what is damaged. `sync`s the sink.
Result<RecoverReport> recover(Source& trace, RingView* ring, Sink& out);

/// The same for files. A `trace_path` that does not exist is an empty trace; an empty `ring_path`
/// asks for the one that find_ring() finds, if there is one.
Result<RecoverReport> recover(const std::string& trace_path, const std::string& ring_path,
                              const std::string& out_path);

}  // namespace reprise::trace
