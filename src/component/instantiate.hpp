// Instantiation: running a component's plan, nested components included. It needs no stack of a
// guest's: whoever drives it calls the start functions that it comes to, and waits where the
// store's growth door says so. It is also a native function, for who has an activation anyway.

#pragma once

#include "component/instance.hpp"
#include "runtime/native.hpp"

namespace reprise::component {

class Instantiation;

/// An instantiation on its way. Destroyed before it is done, it leaves an instance that cannot be
/// called.
class Instantiating {
 public:
  explicit Instantiating(RootInstance& root);
  ~Instantiating();

  enum class Kind : uint8_t { done, call, wait };
  struct Next {
    Kind kind = Kind::done;
    runtime::FuncId start{};
  };
  /// Goes on until it is done, a core start function is to be called, or the growth door wants
  /// `asker` to wait.
  TrapOr<Next> next(runtime::Asker asker);

 private:
  std::unique_ptr<Instantiation> work_;
};

/// The step of RootInstance::instantiate_function.
runtime::NativeStep instantiate_step(runtime::NativeCall& call);

}  // namespace reprise::component
