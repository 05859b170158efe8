// The wait door of runs that are recorded and of runs that are replayed (runtime/wait.hpp).
//
// A wait that is answered at once follows from the guest's code. One that parks is a request, and
// what ended it an answer, as growth that had to wait (growth_doors.hpp). Who wakes whom needs no
// record where a guest does it: the replayed guest does it again. What the embedder notifies is an
// event.

#pragma once

#include <map>
#include <memory>

#include "replay/growth_doors.hpp"
#include "runtime/wait.hpp"

namespace reprise::replay {

class RecordingWaitDoor final : public runtime::WaitDoor {
 public:
  RecordingWaitDoor(Recorder& recorder, runtime::WaitDoor& inner)
      : recorder_(recorder), inner_(inner) {}

  Answer wait(const runtime::AtomicWait& wait, runtime::Asker asker) override;
  bool is_waiting(runtime::Asker asker) const override { return inner_.is_waiting(asker); }
  uint32_t notify(runtime::MemoryId memory, uint64_t address, uint32_t count) override {
    return inner_.notify(memory, address, count);
  }
  void forget(runtime::Asker asker) override;

 private:
  Recorder& recorder_;
  runtime::WaitDoor& inner_;
  /// The recorded number of each asker's wait.
  std::map<runtime::Asker, uint64_t> waiting_;
};

class ReplayingWaitDoor final : public runtime::WaitDoor {
 public:
  ReplayingWaitDoor(Playback& playback, HostContext& context)
      : playback_(playback), context_(context) {}

  Answer wait(const runtime::AtomicWait& wait, runtime::Asker asker) override;
  bool is_waiting(runtime::Asker asker) const override { return waiting_.contains(asker); }
  uint32_t notify(runtime::MemoryId memory, uint64_t address, uint32_t count) override {
    return static_cast<uint32_t>(queue_.notify(memory, address, count).size());
  }
  void forget(runtime::Asker asker) override;

 private:
  Playback& playback_;
  HostContext& context_;
  runtime::WaitQueue queue_;
  std::map<runtime::Asker, std::unique_ptr<LateVerdict>> waiting_;
};

}  // namespace reprise::replay
