// Engine: what components and stores share (types, and the tier that runs code).
//
//   auto engine = Engine::create();
//   if (!engine) std::fputs(engine.error().to_string().c_str(), stderr);
//
// An Engine is a cheap handle: copies name the same engine, and everything made with it keeps it
// alive. Thread rules: any thread may use it.

#pragma once

#include <cstddef>
#include <memory>

#include "reprise/result.hpp"

namespace reprise {

namespace runtime {
class Engine;
}
namespace detail {
struct Access;
}

struct EngineOptions {
  /// Code charges fuel (metering.hpp). It costs some speed; without it nothing of it is there.
  bool fuel = false;
  /// How many idle memories, stacks, tables and stores' records are kept for the next instances,
  /// each. They cost addresses, not memory.
  size_t pooled = 64;
};

class Engine {
 public:
  static Result<Engine> create(const EngineOptions& options = {});

  /// What Metering::trap_after_epochs and yield_every_epochs count. From any thread.
  void increment_epoch() const;

 private:
  friend struct detail::Access;
  explicit Engine(std::shared_ptr<const runtime::Engine> state) : state_(std::move(state)) {}

  std::shared_ptr<const runtime::Engine> state_;
};

}  // namespace reprise
