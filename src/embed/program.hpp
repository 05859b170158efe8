// A program: what an embedder, the command and a replay do with a component or a WASI 0.1 module,
// the same way for both. Its exports take and give encoded values (wit/encoding.hpp); instantiating
// it is the first call into it, under the name kInstantiate, so that what start functions do to the
// world is recorded and replayed like everything else.

#pragma once

#include <array>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "embed/session.hpp"
#include "reprise/outcome.hpp"
#include "reprise/task.hpp"
#include "wit/type.hpp"

namespace reprise::component {
struct ComponentInstance;
}

namespace reprise::embed {

inline constexpr std::string_view kInstantiate = "[instantiate]";

struct Exported {
  std::string interface;  // empty for the root
  std::string name;
  wit::FuncType type;
  /// Of a module's: in its function index space.
  uint32_t core_index = 0;
};

/// The arguments of a core function: in place, where they are few.
class CallSlots {
 public:
  void push_back(runtime::Slot slot) {
    if (count_ == kInPlace) many_.assign(few_.begin(), few_.end());
    if (count_ < kInPlace) {
      few_[count_] = slot;
    } else {
      many_.push_back(slot);
    }
    ++count_;
  }
  std::span<const runtime::Slot> view() const {
    return count_ <= kInPlace ? std::span(few_.data(), count_)
                              : std::span<const runtime::Slot>(many_);
  }

 private:
  static constexpr size_t kInPlace = 4;
  std::array<runtime::Slot, kInPlace> few_{};
  size_t count_ = 0;
  std::vector<runtime::Slot> many_;
};

using EncodedOutcome = Outcome<std::vector<uint8_t>>;

/// A handle in the table of a component instance.
struct HeldHandle {
  /// In the order in which component instances were made; 0 is the program itself.
  uint32_t instance = 0;
  /// The component's, from its name section; may be empty.
  std::string component;
  uint32_t index = 0;
  std::string type;
  /// Of a host's resource: its ordinal in the trace.
  uint32_t rep = 0;
  bool is_own = false;
  uint32_t lends = 0;
};

class Program {
 public:
  virtual ~Program() = default;

  /// Known after instantiation. Stable.
  virtual std::span<const Exported> exports() const = 0;

  /// A digest of memories, globals and tables, which a recording and its replay must agree on.
  uint64_t state_digest() const;

  /// The module that a trap's frame belongs to, for its debug information; null if unknown.
  virtual std::shared_ptr<const wasm::Module> module_of(const Frame& frame) const = 0;

  const Exported* find(std::string_view interface, std::string_view name) const;
  virtual bool is_component() const = 0;
  /// A module has none.
  virtual std::vector<HeldHandle> handles() const { return {}; }
  Session& session() const { return session_; }
  /// Makes a change of the embedder's that a recording tells of. False if it cannot be.
  bool apply(const trace::Record& change);

  // ---- In halves, for who drives activations himself ----

  /// Goes on with instantiation to the next thing that needs a guest's stack, or the host's
  /// patience.
  struct Next {
    enum class Kind : uint8_t {
      done,  // the program may be called
      call,  // `start` is to be called, then this again
      wait,  // HostContext::parked says for what; then this again
    };
    Kind kind = Kind::done;
    runtime::FuncId start{};
  };
  virtual Outcome<Next> advance(runtime::Asker asker) = 0;

  /// What a call of an export is for the core: a function, and slots in.
  struct CoreCall {
    runtime::FuncId function;
    CallSlots arguments;
    uint64_t id = 0;                                  // a component's
    size_t result_bytes = 0;                          // a module's
    component::ComponentInstance* entered = nullptr;  // by a destructor
  };
  virtual Result<CoreCall> begin_call(const Exported& function,
                                      std::vector<uint8_t>&& arguments) = 0;
  /// Slots out, or none when it did not return. The encoded results come in the place of what is in
  /// `encoded`.
  virtual void end_call(const CoreCall& call, std::span<const runtime::Slot> results,
                        std::vector<uint8_t>& encoded) = 0;

  // ---- Snapshots of a replay (embed/replayer.hpp) ----

  /// What it keeps beside the store and the stacks of its calls, which are frozen in between.
  virtual void begin_freezing() {}
  virtual void freeze(ByteWriter& out) { static_cast<void>(out); }
  /// Before its calls go on again, oldest first, and behind.
  virtual Result<void> begin_thawing(ByteReader& in) {
    static_cast<void>(in);
    return {};
  }
  virtual Result<void> thaw(ByteReader& in) {
    static_cast<void>(in);
    return {};
  }

  // ---- As a whole ----

  /// Runs start functions. Once, before any call.
  Task<Outcome<void>> instantiate();
  Task<EncodedOutcome> call(const Exported& function, std::vector<uint8_t> arguments);

 protected:
  explicit Program(Session& session) : session_(session) {}

  Session& session_;
};

/// Calls a program's exports for an embedder: plainly, or recorded, as its session is.
class Calls {
 public:
  Calls(Session& session, Program& program) : session_(session), program_(program) {}

  Task<Outcome<void>> instantiate();
  Task<EncodedOutcome> call(const Exported& function, std::vector<uint8_t> arguments);

 private:
  uint32_t define(const Exported& function);
  /// A live run that a debugger watches may be held before the call begins, and before it ends.
  replay::HeldBefore before_event(std::string_view arrow, const Exported& function,
                                  Bytes arguments);

  Session& session_;
  Program& program_;
  std::vector<std::pair<const Exported*, uint32_t>> defined_;
  Exported instantiate_{.interface = {}, .name = std::string(kInstantiate), .type = {}};
};

/// The digest of everything in a store that a guest can see: memories, globals, tables.
uint64_t digest_state(runtime::StoreCore& core);

}  // namespace reprise::embed
