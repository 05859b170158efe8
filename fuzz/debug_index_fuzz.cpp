// Whatever stands in the index beside a trace: bytes that are wrong, and, behind checksums that are
// right, states that no run ever had.

#include <fstream>

#include "debug/trace_index.hpp"
#include "debug_recording.hpp"

namespace {

using namespace reprise;
using namespace reprise::debug;

struct Indexed {
  std::string trace = fuzz::record_debugged();
  IndexIdentity identity;
  std::vector<uint8_t> bytes;
  PagePool pool;
  TraceIndex index;

  Indexed() {
    REPRISE_CHECK(
        index_trace({.trace = trace, .snapshot_ticks = 1, .snapshot_rest = 0}).has_value());
    std::ifstream file(index_path(trace), std::ios::binary);
    bytes.assign(std::istreambuf_iterator<char>(file), {});
    const auto program = embed::find_recorded_program(trace, "");
    REPRISE_CHECK(program.has_value());
    identity = *identify(trace, *(*program)->bytes);
    auto read = read_index(index_path(trace), identity, pool, 1 << 28);
    REPRISE_CHECK(read.has_value() && !read->snapshots.empty());
    index = std::move(*read);
  }
};

/// Changes, puts in and takes out bytes.
void edit(std::vector<uint8_t>& bytes, ByteReader& in) {
  for (int i = 0; i < 16 && in.remaining() >= 4; ++i) {
    const uint32_t word = *in.u32_le();
    if (bytes.empty()) return;
    const auto at = bytes.begin() + static_cast<ptrdiff_t>((word >> 10) % bytes.size());
    const auto byte = static_cast<uint8_t>(word);
    switch (word >> 8 & 3) {
      case 0:
        bytes.insert(at, byte);
        break;
      case 1:
        bytes.erase(at);
        break;
      default:
        *at = byte;
    }
  }
}

void edit_heap(Snapshot& snapshot, PagePool& pool, ByteReader& in) {
  edit(snapshot.heap_state, in);
  std::vector<uint8_t> objects = thaw_bytes(snapshot.heap_objects);
  // Only its beginning is used.
  std::vector<uint8_t> used(objects.begin(),
                            objects.begin() + std::min<ptrdiff_t>(512, std::ssize(objects)));
  edit(used, in);
  std::copy_n(used.begin(), std::min(used.size(), objects.size()), objects.begin());
  snapshot.heap_objects = freeze_bytes(std::move(objects), pool, nullptr);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static Indexed indexed;
  ByteReader in({data, size});
  if (in.at_end()) return 0;
  const uint8_t how = *in.u8();
  const std::string path = index_path(indexed.trace);
  if (how & 1) {
    std::vector<uint8_t> bytes = indexed.bytes;
    edit(bytes, in);
    std::ofstream(path, std::ios::binary | std::ios::trunc)
        .write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
  } else {
    TraceIndex changed = indexed.index;
    Snapshot& snapshot = changed.snapshots[how / 4 % changed.snapshots.size()];
    if (how & 2) {
      edit_heap(snapshot, indexed.pool, in);
    } else {
      edit(snapshot.run.state, in);
    }
    if (how & 128) edit(changed.knowledge, in);
    REPRISE_CHECK(write_index(path, indexed.identity, changed).has_value());
  }
  auto debugger = Debugger::open({.trace = indexed.trace});
  REPRISE_CHECK(debugger.has_value());
  for (const double fraction : {1.0, 0.5, 0.8}) {
    (void)(*debugger)->seek_fraction(fraction);
    (void)(*debugger)->frames();
    (void)(*debugger)->step_instruction(Direction::backward);
    for (int i = 0; i < 20; ++i) (void)(*debugger)->step_instruction(Direction::forward);
  }
  return 0;
}
