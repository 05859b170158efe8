// What stands behind the handles of the public API (include/reprise/store.hpp and its neighbours).

#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "embed/component_program.hpp"
#include "embed/host_library.hpp"
#include "reprise/component.hpp"
#include "reprise/instance.hpp"
#include "reprise/linker.hpp"
#include "reprise/store.hpp"
#include "runtime/engine.hpp"

namespace reprise::detail {

struct ComponentState {
  std::shared_ptr<const runtime::Engine> engine;
  std::shared_ptr<const std::vector<uint8_t>> bytes;
  std::shared_ptr<const component::LoadedComponent> loaded;
  std::string name;
};

struct LinkerState {
  embed::HostLibrary library;
  /// Interface and name of the functions that are coroutines.
  std::set<std::pair<std::string, std::string>> suspending;
};

/// One instantiated component. Entered by one call at a time, and by none after a call that did not
/// return: what a trap leaves behind in a memory is nobody's to see.
class InstanceState {
 public:
  InstanceState(StoreState& owner, std::unique_ptr<embed::ComponentProgram> linked);

  Task<Outcome<void>> instantiate();
  Task<embed::EncodedOutcome> call(const embed::Exported& function, std::vector<uint8_t> arguments);
  const embed::ComponentProgram& program() const { return *program_; }
  StoreState& store() { return store_; }

 private:
  enum class State : uint8_t { open, entered, left };

  /// Notes how a call ended, for the recording and for the next call.
  void note_end(const Failure* failure);

  StoreState& store_;
  std::unique_ptr<embed::ComponentProgram> program_;
  embed::Calls calls_;
  State state_ = State::open;
};

class StoreState {
 public:
  Result<void> on_own_thread() const;

  // In the order in which they must outlive each other.
  std::shared_ptr<void> data;
  std::shared_ptr<const runtime::Engine> engine;
  std::vector<std::shared_ptr<LinkerState>> linkers;
  std::unique_ptr<embed::Session> session;
  std::vector<std::unique_ptr<InstanceState>> instances;

  std::thread::id thread = std::this_thread::get_id();
  Limits limits;
  /// The first linked function that may suspend; empty if there is none.
  std::string suspending;
  std::optional<RecordOptions> recording;
  /// How the last call ended, if not with a result.
  std::optional<Trap> last_trap;
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
  static Instance instance(InstanceState* state) { return Instance(state); }
};

}  // namespace reprise::detail
