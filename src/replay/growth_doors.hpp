// The growth door of runs that are recorded and of runs that are replayed (runtime/limits.hpp).
//
// What is allowed at once is no event: growth then is what the guest's code and the recorded limits
// make of it. Recorded is what came out otherwise: a refusal, by the limiter or by the operating
// system; and a request that had to wait, because other calls may have gone on in the store
// meanwhile. Its answer is an event that enters the store, like the late result of a host call.

#pragma once

#include <map>
#include <memory>
#include <optional>

#include "replay/doors.hpp"
#include "runtime/limits.hpp"

namespace reprise::replay {

/// Waits for the trace's answer to a request. Its place in Playback::requests is its only state.
class LateVerdict : public Pending {
 public:
  LateVerdict(Playback& playback, uint64_t number, SuspensionPoint point)
      : playback_(playback), number_(number), point_(point) {
    playback_.requests[number_] = {};
  }
  ~LateVerdict() override { playback_.requests.erase(number_); }
  bool done() const override { return playback_.requests.at(number_).verdict.has_value(); }
  void on_done(std::coroutine_handle<> waiter) override {
    playback_.requests.at(number_).waiter = waiter;
  }
  SuspensionPoint point() const override { return point_; }
  uint64_t number() const { return number_; }
  trace::Verdict verdict() const { return *playback_.requests.at(number_).verdict; }

 private:
  Playback& playback_;
  uint64_t number_;
  SuspensionPoint point_;
};

/// The same for an activation that yields. Which ones do is known, so that they can be frozen.
class LateTurn final : public LateVerdict {
 public:
  LateTurn(Playback& playback, uint64_t number, const runtime::Activation& activation)
      : LateVerdict(playback, number, SuspensionPoint::fuel_yield),
        playback_(playback),
        activation_(activation) {
    playback_.turns[&activation_] = number;
  }
  ~LateTurn() override { playback_.turns.erase(&activation_); }

 private:
  Playback& playback_;
  const runtime::Activation& activation_;
};

class RecordingGrowthDoor final : public runtime::GrowthDoor {
 public:
  /// `inner` may be null: then everything is allowed that the system has.
  RecordingGrowthDoor(Recorder& recorder, runtime::GrowthDoor* inner)
      : recorder_(recorder), inner_(inner) {}

  Answer ask(const ResourceRequest& request, runtime::Asker asker) override;
  void settled(const ResourceRequest& request, bool done) override;
  void forget(runtime::Asker asker) override;

 private:
  Recorder& recorder_;
  runtime::GrowthDoor* inner_;
  /// The recorded number of what each asker waits for.
  std::map<runtime::Asker, uint64_t> waiting_;
  /// A refusal that was recorded as the answer to a request.
  std::optional<ResourceRequest> answered_;
};

class ReplayingGrowthDoor final : public runtime::GrowthDoor {
 public:
  ReplayingGrowthDoor(Playback& playback, HostContext& context)
      : playback_(playback), context_(context) {}

  Answer ask(const ResourceRequest& request, runtime::Asker asker) override;
  void forget(runtime::Asker asker) override;

 private:
  Playback& playback_;
  HostContext& context_;
  std::map<runtime::Asker, std::unique_ptr<LateVerdict>> waiting_;
};

}  // namespace reprise::replay
