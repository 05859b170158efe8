// The index of a trace: what a debugger learns by running it once, in a file beside it, so that the
// next one need not. It says how the run ends and what it printed, and holds snapshots on the way.
//
// It is a cache. The trace is complete without it, it may be deleted, and one that is of another
// trace or program, was made by another version, or is damaged, is not used: then everything is as
// without it. So its bytes are no part of the trace's format. What it holds is checked again when
// it is put back (runtime/freeze.hpp, runtime/portable_heap.hpp, code/frozen_stack.hpp), and what a
// damaged one says of a guest may be wrong, but harms nobody.
//
//   magic, version, digest of the trace, digest of the program
//   the head:  end, outcome, output, what the player knows, the snapshots without their pages
//   the pages
//
// both in blocks of at most 1 MiB, packed with zstd, each with a checksum.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "debug/snapshots.hpp"
#include "replay/standard_streams.hpp"

namespace reprise::debug {

/// What an index is of.
struct IndexIdentity {
  uint64_t trace = 0;
  uint64_t program = 0;
  bool operator==(const IndexIdentity&) const = default;
};

/// Reads the beginning and the end of the trace; a trace that has grown is another one.
Result<IndexIdentity> identify(const std::string& trace, Bytes program);

struct TraceIndex {
  struct Printed {
    replay::Stream stream{};
    std::vector<uint8_t> bytes;
  };
  Time end;
  embed::ReplayOutcome outcome;
  std::vector<Printed> printed;
  /// Player::knowledge.
  std::vector<uint8_t> knowledge;
  /// Ticks between two snapshots.
  uint64_t interval = 1;
  std::vector<Snapshot> snapshots;  // by time
};

std::string index_path(const std::string& trace);

/// Replaces the file when it is whole. Gives its size in bytes.
Result<uint64_t> write_index(const std::string& path, const IndexIdentity& identity,
                             const TraceIndex& index);

/// Fails with `io` if there is no such file, `usage` if it is of something else, `unsupported` if
/// another version made it, `malformed` if it is damaged, `limit` if its pages take more than
/// `most_bytes`.
Result<TraceIndex> read_index(const std::string& path, const IndexIdentity& identity,
                              PagePool& pool, uint64_t most_bytes);

}  // namespace reprise::debug
