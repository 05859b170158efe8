#include "debug/watchers.hpp"

#include <cstring>

namespace reprise::debug {

std::optional<CodeLocation> CodeMap::location(const Moment& moment) {
  const uint32_t id = moment.view.instance->id.value;
  if (id >= by_instance_.size()) {
    runtime::StoreCore& store = moment.activation.store();
    for (auto i = static_cast<uint32_t>(by_instance_.size()); i <= id; ++i)
      by_instance_.push_back(modules_.number_of(store.instance(runtime::InstanceId(i)).module()));
  }
  if (!by_instance_[id]) return std::nullopt;
  return CodeLocation{*by_instance_[id], moment.view.offset};
}

bool CodeMap::begins_line(const CodeLocation& location) {
  if (lines_.size() <= location.module) lines_.resize(location.module + 1);
  auto& known = lines_[location.module];
  const auto found = known.find(location.offset);
  if (found != known.end()) return found->second;
  return known[location.offset] = look(location);
}

bool CodeMap::look(const CodeLocation& location) const {
  const DebugInfo& info = *modules_[location.module].info;
  const auto line = info.line_at(location.offset);
  if (!line || line->line == 0) return false;
  const auto function = modules_.function_at(location);
  if (!function) return false;
  const wasm::Module& module = *modules_[location.module].module;
  const uint64_t begin = first_instruction(module, *function);
  if (location.offset > begin) {
    // What has no line (the compiler's own, in the middle of one) parts no line in two.
    constexpr uint64_t kLongestGap = 256;
    std::optional<SourceLocation> before;
    for (uint64_t at = location.offset;
         !before && at > begin && location.offset - at < kLongestGap;)
      before = info.line_at(--at);
    if (before && before->line == line->line && before->file == line->file) return false;
  }
  // Where the body begins, behind what sets up the frame.
  const auto body = info.body_at(location.offset);
  if (!body || modules_.function_at({location.module, *body}) != function) return true;
  return location.offset >= *body;
}

std::vector<uint8_t> read_place(runtime::StoreCore& store, const WatchPlace& place) {
  if (const auto* global = std::get_if<GlobalPlace>(&place)) {
    if (global->global >= store.global_count()) return {};
    std::vector<uint8_t> bytes(2 * sizeof(runtime::Slot));
    std::memcpy(bytes.data(), store.global(runtime::GlobalId(global->global)).value, bytes.size());
    return bytes;
  }
  const auto& range = std::get<MemoryRange>(place);
  if (range.memory >= store.memory_count()) return {};
  const std::span<const uint8_t> memory = store.memory(runtime::MemoryId(range.memory)).bytes();
  if (range.address >= memory.size()) return {};
  const auto part =
      memory.subspan(range.address, std::min<uint64_t>(range.size, memory.size() - range.address));
  return {part.begin(), part.end()};
}

std::optional<std::vector<uint8_t>> PlaceWatch::changed() {
  if (const auto* range = std::get_if<MemoryRange>(&place_);
      range != nullptr && range->memory < store_.memory_count()) {
    // Asked before every instruction: without a copy as long as nothing happens.
    const runtime::Memory& memory = store_.memory(runtime::MemoryId(range->memory));
    if (!bytes_.empty() && bytes_.size() == range->size &&
        memory.contains(range->address, range->size) &&
        std::memcmp(memory.base() + range->address, bytes_.data(), bytes_.size()) == 0)
      return std::nullopt;
  }
  std::vector<uint8_t> now = read_place(store_, place_);
  if (now == bytes_) return std::nullopt;
  if (now.size() != bytes_.size()) {
    // It has come into being, with what the program begins with: nobody wrote that.
    bytes_ = std::move(now);
    return std::nullopt;
  }
  return std::exchange(bytes_, std::move(now));
}

bool FindChange::look(const Time& now) {
  bool found = false;
  for (Watched& watched : watched_) {
    auto before = watched.watch.changed();
    if (!before) continue;
    change_ = Change{last_, now, watched.id, std::move(*before), watched.watch.bytes(), last_code_};
    found = true;
  }
  return found;
}

bool FindChange::stops_at(const Moment& m) {
  const bool changed = look(m.time);
  if (end_ && m.time >= *end_) return true;
  if (m.view.in_leaf) return false;  // the call that it serves is the writer
  last_ = m.time;
  last_code_ = code_.location(m);
  if (start_ && m.time <= *start_) {
    change_.reset();
    return false;
  }
  const bool accepts = accepts_ && accepts_(m);
  if (accepts) accepted_ = m.time;
  return start_ && (changed || change_ || accepts);
}

void FindChange::look_at_end(const Time& now) {
  look(now);
}

bool Scan::stops_at(const Moment& m) {
  if (is_done()) return true;
  if (m.view.in_leaf || !accepts_ || !accepts_(m)) return false;
  tick_ = m.time.ticks;
  return stops_;
}

bool Scan::stops_after_write(uint64_t ticks) {
  if (is_done()) return true;
  for (FindChange::Watched& w : watched_)
    if (w.watch.changed()) tick_ = ticks;
  return is_done();
}

}  // namespace reprise::debug
