#include "debug/dwarf/add_source.hpp"

#include <utility>

#include "debug/dwarf/rust_name.hpp"

namespace reprise::debug {

namespace {

/// C++'s and Rust's linkage names: debug information has better ones.
bool is_mangled(std::string_view name) {
  return name.starts_with("_Z") || name.starts_with("_R");
}

void add_frames(std::vector<Frame>& out, Frame frame, const DebugInfo* info) {
  if (!info || !frame.module_offset || frame.source) {
    frame.function_name = rust_source_name(frame.function_name);
    out.push_back(std::move(frame));
    return;
  }
  for (SourceFrame& source : info->frames_at(*frame.module_offset)) {
    Frame next = frame;
    if (source.is_inlined)
      next.function_name = source.function + " (inlined)";
    else if (frame.function_name.empty() || is_mangled(frame.function_name))
      next.function_name = std::move(source.function);
    if (source.location.line != 0) next.source = std::move(source.location);
    out.push_back(std::move(next));
    if (!source.is_inlined) return;
  }
  frame.function_name = rust_source_name(frame.function_name);
  out.push_back(std::move(frame));
}

}  // namespace

void add_source(Trap& trap, const FindDebugInfo& find) {
  std::vector<Frame> out;
  for (Frame& frame : std::exchange(trap.frames, {})) {
    const DebugInfo* info = find(frame);
    add_frames(out, std::move(frame), info);
    if (out.size() >= Trap::kMaxBacktraceFrames) break;
  }
  if (out.size() > Trap::kMaxBacktraceFrames) out.resize(Trap::kMaxBacktraceFrames);
  trap.frames = std::move(out);
}

void add_source(Trap& trap, const DebugInfo& info) {
  add_source(trap, [&info](const Frame&) { return &info; });
}

}  // namespace reprise::debug
