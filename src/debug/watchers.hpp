// What a run looks for while it is observed.

#pragma once

#include <functional>
#include <optional>
#include <unordered_map>
#include <vector>

#include "debug/modules.hpp"
#include "debug/places.hpp"
#include "debug/run.hpp"

namespace reprise::debug {

/// Where a moment's instruction stands, and whether a line of the source begins there.
class CodeMap {
 public:
  explicit CodeMap(const ModuleSet& modules) : modules_(modules) {}

  std::optional<CodeLocation> location(const Moment& moment);
  /// Not in what sets up a function's frame, where variables have no values yet.
  bool begins_line(const CodeLocation& location);

 private:
  bool look(const CodeLocation& location) const;

  const ModuleSet& modules_;
  std::vector<std::optional<uint32_t>> by_instance_;
  std::vector<std::unordered_map<uint64_t, bool>> lines_;
};

/// Stops at a moment, or at the first one behind it.
class ReachTime final : public Watcher {
 public:
  explicit ReachTime(const Time& time) : time_(time) {}
  bool stops_at(const Moment& m) override {
    return m.time.ticks > time_.ticks || (m.time.ticks == time_.ticks && m.time.step >= time_.step);
  }

 private:
  Time time_;
};

using Accepts = std::function<bool(const Moment&)>;

/// Stops at the first moment behind `start` that is accepted.
class FindFirst final : public Watcher {
 public:
  FindFirst(const Time& start, Accepts accepts) : start_(start), accepts_(std::move(accepts)) {}
  bool stops_at(const Moment& m) override {
    return found_ = !m.view.in_leaf && m.time > start_ && accepts_(m);
  }
  bool found() const { return found_; }

 private:
  Time start_;
  Accepts accepts_;
  bool found_ = false;
};

/// Keeps the last moment before `end` that is accepted, and stops at `end`.
class FindLast final : public Watcher {
 public:
  FindLast(const Time& end, Accepts accepts) : end_(end), accepts_(std::move(accepts)) {}
  bool stops_at(const Moment& m) override {
    if (m.time >= end_) return true;
    if (!m.view.in_leaf && accepts_(m)) found_ = m.time;
    return false;
  }
  const std::optional<Time>& found() const { return found_; }

 private:
  Time end_;
  Accepts accepts_;
  std::optional<Time> found_;
};

/// A watched place's bytes, now.
std::vector<uint8_t> read_place(runtime::StoreCore& store, const WatchPlace& place);

/// Compares a place with what it was when it was last looked at.
class PlaceWatch {
 public:
  PlaceWatch(runtime::StoreCore& store, const WatchPlace& place)
      : store_(store), place_(place), bytes_(read_place(store, place)) {}
  /// What stood there before, if it has changed.
  std::optional<std::vector<uint8_t>> changed();
  const std::vector<uint8_t>& bytes() const { return bytes_; }

 private:
  runtime::StoreCore& store_;
  WatchPlace place_;
  std::vector<uint8_t> bytes_;
};

/// A change of a watched place: the instruction that made it, and where one is behind it.
struct Change {
  Time writer;
  Time behind;
  uint32_t id = 0;
  std::vector<uint8_t> before;
  std::vector<uint8_t> after;
  std::optional<CodeLocation> code;
};

/// Looks for changes of places, and for moments that are accepted, at once. Keeps the last of both
/// before `end`, or, with no end, stops at the first behind `start`.
class FindChange final : public Watcher {
 public:
  struct Watched {
    uint32_t id;
    PlaceWatch watch;
  };
  FindChange(std::vector<Watched> watched, CodeMap& code, Accepts accepts)
      : watched_(std::move(watched)), code_(code), accepts_(std::move(accepts)) {}

  /// Where the run stands: that instruction is not asked for again.
  void begin_at(const Time& now, std::optional<CodeLocation> code) {
    last_ = now;
    last_code_ = code;
  }
  void stop_behind(const Time& start) { start_ = start; }
  void stop_before(const Time& end) { end_ = end; }

  bool stops_at(const Moment& m) override;
  /// Where the run ended up without being asked again.
  void look_at_end(const Time& now);

  const std::optional<Change>& change() const { return change_; }
  const std::optional<Time>& accepted() const { return accepted_; }

 private:
  bool look(const Time& now);

  std::vector<Watched> watched_;
  CodeMap& code_;
  Accepts accepts_;
  std::optional<Time> start_;
  std::optional<Time> end_;
  Time last_;
  std::optional<CodeLocation> last_code_;
  std::optional<Change> change_;
  std::optional<Time> accepted_;
};

/// Notes the last tick in which something is accepted or a place changes; or stops at the first.
class Scan final : public Seeker {
 public:
  Scan(std::vector<FindChange::Watched> watched, const Accepts& accepts,
       const runtime::FunctionSet& functions, bool stops)
      : watched_(std::move(watched)), accepts_(accepts), functions_(functions), stops_(stops) {}

  const std::optional<uint64_t>& tick() const { return tick_; }
  bool is_done() const { return stops_ && tick_; }

  const runtime::FunctionSet& functions() const override { return functions_; }
  bool wants_writes() const override { return !watched_.empty(); }
  bool stops_at(const Moment& m) override;
  bool stops_after_write(uint64_t ticks) override;

 private:
  std::vector<FindChange::Watched> watched_;
  const Accepts& accepts_;
  const runtime::FunctionSet& functions_;
  const bool stops_;
  std::optional<uint64_t> tick_;
};

}  // namespace reprise::debug
