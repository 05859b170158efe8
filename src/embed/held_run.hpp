// A run that goes on until it is held: a recorded run that is made again (Replayer), or a live one
// that is recorded (LiveRun). What looks at runs needs to know no more of either.

#pragma once

#include <cstdint>
#include <vector>

#include "embed/program.hpp"
#include "embed/session.hpp"

namespace reprise::embed {

class HeldRun {
 public:
  virtual ~HeldRun() = default;

  /// Goes on until it is over, or held: before an event of this number or a higher one, or where
  /// its activation stops.
  virtual void run_to(uint64_t event) = 0;
  virtual bool is_over() const = 0;
  /// The number of the event that comes next; of a live run, the number that it will have.
  virtual uint64_t event() = 0;
  virtual Session& session() = 0;
  /// Of the first instance.
  virtual Program& program() = 0;
  /// Of all instances that the host has made, in their order, which is how a trace numbers them.
  virtual std::vector<Program*> programs() { return {&program()}; }
};

}  // namespace reprise::embed
