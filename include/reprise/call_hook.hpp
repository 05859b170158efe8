// Call hooks: told of every crossing between host and guest, in both directions.
//
//   class Timer final : public CallHook {
//    public:
//     TrapOr<void> crossing(Crossing crossing, std::string_view function) override {
//       std::printf("%d %s\n", static_cast<int>(crossing), std::string(function).c_str());
//       return {};
//     }
//   };
//   std::shared_ptr<CallHook> hook = std::make_shared<Timer>();
//   Result<void> hooked = store.set_call_hook(hook);     // before anything is instantiated
//
// A hook that gives a trap ends the call: before a guest is entered, nothing has happened; after it
// has returned, its results are lost; around a host function, the trap is the host function's. A
// recording holds what a hook did to the guest (the trap of a host function), and a replay calls no
// hook. Results of host functions are given to the guest after the hook has seen them.
//
// Where no hook is set, nothing asks whether there is one: a hooked host function is another
// function, chosen when it is linked.
//
// Thread rules: called on the store's thread.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "reprise/task.hpp"
#include "reprise/trap.hpp"

namespace reprise {

enum class Crossing : uint8_t {
  calling_guest,
  returned_from_guest,
  calling_host,
  returned_from_host
};

class CallHook {
 public:
  virtual ~CallHook() = default;
  /// `function` is "interface#name", or the name alone.
  virtual TrapOr<void> crossing(Crossing crossing, std::string_view function) = 0;
};

class AsyncCallHook {
 public:
  virtual ~AsyncCallHook() = default;
  virtual Task<TrapOr<void>> crossing(Suspend& suspend, Crossing crossing,
                                      std::string function) = 0;
};

}  // namespace reprise
