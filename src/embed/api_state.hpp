// What stands behind the handles of the public API (include/reprise/store.hpp and its neighbours).

#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "embed/component_program.hpp"
#include "embed/host_library.hpp"
#include "embed/module_program.hpp"
#include "embed/number_library.hpp"
#include "embed/work.hpp"
#include "reprise/component.hpp"
#include "reprise/instance.hpp"
#include "reprise/linker.hpp"
#include "reprise/store.hpp"
#include "runtime/engine.hpp"
#include "wasm/validate.hpp"

namespace reprise::detail {

struct ComponentState {
  Result<void> validate() const {
    for (const auto& code : loaded->modules()) REPRISE_TRY(wasm::validate_module(code->module()));
    return ok();
  }

  std::shared_ptr<const runtime::Engine> engine;
  std::shared_ptr<const std::vector<uint8_t>> bytes;
  std::shared_ptr<const component::LoadedComponent> loaded;
  std::string name;
};

struct ModuleState {
  Result<void> validate() const { return wasm::validate_module(code->module()); }

  std::shared_ptr<const runtime::Engine> engine;
  std::shared_ptr<const std::vector<uint8_t>> bytes;
  std::shared_ptr<runtime::ModuleCode> code;
  std::string name;
};

struct LinkerState {
  embed::HostLibrary library;
  embed::NumberLibrary numbers;
  /// Tried in turn for what `numbers` doesn't have.
  std::vector<embed::CoreImports> core_imports;
  /// Interface and name of the functions that are coroutines.
  std::set<std::pair<std::string, std::string>> suspending;
};

/// One instance in a store. Entered by one call at a time, and by none after a call that did not
/// return: what a trap leaves behind in a memory is nobody's to see.
class InstanceState {
 public:
  InstanceState(StoreState& owner, std::unique_ptr<embed::Program> linked, uint32_t ordinal)
      : store_(owner), program_(std::move(linked)), ordinal_(ordinal) {}

  /// Why it cannot be called now.
  Result<void> may_enter() const;
  void enter() { state_ = State::entered; }
  /// How the call has ended.
  void leave(const Failure* failure);

  embed::Program& program() { return *program_; }
  bool is_component() const { return program_->is_component(); }
  StoreState& store() { return store_; }
  /// Its number in the store's recording.
  uint32_t ordinal() const { return ordinal_; }
  uint64_t record_call(replay::Recorder& recorder, const embed::Exported& function,
                       Bytes arguments);

 private:
  enum class State : uint8_t { open, entered, left };

  StoreState& store_;
  std::unique_ptr<embed::Program> program_;
  uint32_t ordinal_;
  State state_ = State::open;
  /// The recorded numbers of the exports that were called.
  std::vector<std::pair<const embed::Exported*, uint32_t>> defined_;
};

/// Which parts of a program may suspend that nothing else declares.
struct MaySuspend {
  /// A function that it imports and the host gives as a coroutine; empty if there is none.
  std::string function;
  /// The program, if it has a shared memory, where its guests may wait; else empty.
  std::string shares_memory;

  void add(const MaySuspend& other) {
    if (function.empty()) function = other.function;
    if (shares_memory.empty()) shares_memory = other.shares_memory;
  }
};

class StoreState {
 public:
  ~StoreState();

  bool is_on_own_thread() const { return std::this_thread::get_id() == thread; }
  Result<void> on_own_thread() const;
  static Error on_another_thread();
  /// Ends the program if this is another thread: for what has no other way to refuse.
  void expect_own_thread(const char* what) const;
  /// Why nothing here may be run without a loop, once `more` is in it; may be null.
  Result<void> may_run(const MaySuspend* more) const;
  /// Guests may yield, if there is a scheduler.
  bool yields() const;
  bool has_hook() const { return hook.index() != 0; }
  /// The recording that is going on; null if there is none.
  replay::Recorder* recorder() const { return recording ? session->recorder() : nullptr; }
  /// Fails when there was a recording, and it is closed.
  Result<void> check_recording() const;

  std::unique_ptr<Suspend> take_suspend();
  void give_back(std::unique_ptr<Suspend> suspend);

  // In the order in which they must outlive each other.
  std::shared_ptr<void> data;
  std::shared_ptr<const runtime::Engine> engine;
  std::vector<std::shared_ptr<LinkerState>> linkers;
  std::unique_ptr<embed::Session> session;
  std::vector<std::unique_ptr<InstanceState>> instances;

  /// Read by other threads, too: they are to find that it is not theirs.
  std::atomic<std::thread::id> thread = std::this_thread::get_id();
  /// Its data may go to other threads.
  bool is_sendable = false;
  Limits limits;
  /// Of what is linked.
  MaySuspend may_suspend;
  bool limiter_may_suspend = false;
  std::variant<std::monostate, std::shared_ptr<CallHook>, std::shared_ptr<AsyncCallHook>> hook;
  std::optional<RecordOptions> recording;
  /// The programs that it knows, by their numbers there.
  std::vector<std::shared_ptr<const std::vector<uint8_t>>> recorded_programs;
  /// How the last call ended, if not with a result.
  std::optional<Trap> last_trap;

  /// What was begun and is still there, the oldest first.
  std::vector<StoreWork*> works;
  std::vector<std::unique_ptr<Suspend>> idle_suspends;
  /// Of Suspends that are gone.
  FrameArena::Counts old_frames;
};

/// Opens the handles.
struct Access {
  static Engine engine(std::shared_ptr<const runtime::Engine> state) {
    return Engine(std::move(state));
  }
  static const std::shared_ptr<const runtime::Engine>& state(const Engine& engine) {
    return engine.state_;
  }
  static const std::shared_ptr<const ComponentState>& state(const Component& component) {
    return component.state_;
  }
  static StoreState& state(AnyStore& store) { return *store.state_; }
  static StoreState& state(StoreRef store) { return *store.state_; }
  static const std::shared_ptr<const ModuleState>& state(const Module& module) {
    return module.state_;
  }
  static LinkerState& state(LinkerCore& linker) { return *linker.state_; }
  static InstanceState* state(const Instance& instance) { return instance.state_; }
  static Instance instance(InstanceState* state) { return Instance(state); }
  static CoreInstance core_instance(InstanceState* state) { return CoreInstance(Instance(state)); }
};

}  // namespace reprise::detail
