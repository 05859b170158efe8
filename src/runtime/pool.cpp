#include "runtime/pool.hpp"

#include <algorithm>

namespace reprise::runtime {

Result<Pool::TakenMemory> Pool::take_memory(size_t size, std::shared_ptr<const DataImage> image,
                                            size_t committed) {
  TakenMemory taken;
  {
    const std::lock_guard lock(mutex_);
    // The best one has the image already, the next best none that would have to go.
    auto best = memories_.end();
    for (auto at = memories_.begin(); at != memories_.end(); ++at) {
      if (at->reservation.size() != size) continue;
      if (at->image == image) {
        best = at;
        break;
      }
      if (best == memories_.end() || (at->image == nullptr && best->image != nullptr)) best = at;
    }
    if (best != memories_.end()) {
      taken.slot = std::move(*best);
      taken.was_pooled = true;
      *best = std::move(memories_.back());
      memories_.pop_back();
    }
  }
  if (!taken.was_pooled) {
    REPRISE_ASSIGN(taken.slot.reservation, Reservation::reserve(size));
  }
  Reservation& memory = taken.slot.reservation;
  if (taken.slot.image != image && taken.slot.image != nullptr) {
    REPRISE_TRY(memory.unmap(taken.slot.image->begin(), taken.slot.image->size()));
    taken.slot.image.reset();
  }
  REPRISE_TRY(memory.commit(committed));
  REPRISE_TRY(memory.protect_beyond(committed));
  taken.had_image = image != nullptr && taken.slot.image == image;
  if (taken.slot.image != image) {
    REPRISE_TRY(memory.map(image->fd(), image->begin(), image->size()));
    taken.slot.image = std::move(image);
  }
  return taken;
}

void Pool::give_back(MemorySlot slot) {
  slot.reservation.discard(slot.reservation.committed());
  const std::lock_guard lock(mutex_);
  // The oldest goes: its image is the least likely to be wanted again.
  if (memories_.size() >= options_.memories && !memories_.empty())
    memories_.erase(memories_.begin());
  if (options_.memories != 0) memories_.push_back(std::move(slot));
}

Reservation Pool::take_of(std::vector<Reservation>& from, size_t size) {
  const auto found = std::find_if(from.begin(), from.end(), [size](const Reservation& r) {
    return r.size() == Reservation::rounded(size);
  });
  if (found == from.end()) return {};
  Reservation taken = std::move(*found);
  *found = std::move(from.back());
  from.pop_back();
  return taken;
}

Reservation Pool::take_stack(size_t size) {
  const std::lock_guard lock(mutex_);
  return take_of(stacks_, size);
}

void Pool::give_back_stack(Reservation stack) {
  stack.discard(stack.committed());
  const std::lock_guard lock(mutex_);
  if (stacks_.size() < options_.stacks) stacks_.push_back(std::move(stack));
}

Reservation Pool::take_functions(size_t size) {
  const std::lock_guard lock(mutex_);
  return take_of(functions_, size);
}

void Pool::give_back_functions(Reservation functions) {
  const std::lock_guard lock(mutex_);
  if (functions_.size() < options_.stores) functions_.push_back(std::move(functions));
}

ElementSlots Pool::take_elements(size_t count) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = std::find_if(elements_.begin(), elements_.end(),
                                    [count](const ElementSlots& e) { return e.count == count; });
    if (found != elements_.end()) {
      ElementSlots taken = std::move(*found);
      *found = std::move(elements_.back());
      elements_.pop_back();
      return taken;
    }
  }
  // Large blocks come zeroed from the system, and cost nothing until they are written.
  return {SlotBlock(static_cast<Slot*>(std::calloc(count, sizeof(Slot)))), count};
}

void Pool::give_back(ElementSlots elements) {
  const std::lock_guard lock(mutex_);
  if (elements_.size() < options_.tables) elements_.push_back(std::move(elements));
}

}  // namespace reprise::runtime
