// Engine: what components and stores share (types, and the tier that runs code).
//
//   auto engine = Engine::create();
//   if (!engine) return report(engine.error());
//
// An Engine is a cheap handle: copies name the same engine, and everything made with it keeps it
// alive. Thread rules: immutable; any thread may use it.

#pragma once

#include <memory>

#include "reprise/result.hpp"

namespace reprise {

namespace runtime {
class Engine;
}
namespace detail {
struct Access;
}

class Engine {
 public:
  static Result<Engine> create();

 private:
  friend struct detail::Access;
  explicit Engine(std::shared_ptr<const runtime::Engine> state) : state_(std::move(state)) {}

  std::shared_ptr<const runtime::Engine> state_;
};

}  // namespace reprise
