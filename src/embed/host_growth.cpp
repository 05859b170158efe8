// Growing memories and tables from the host: plan, ask, commit, as for a guest (runtime/store.hpp),
// but with nothing of a guest's running. What has grown is recorded, since a replay has no host
// that would do it again.

#include "embed/api_module.hpp"
#include "embed/api_state.hpp"

namespace reprise::detail {

namespace {

using runtime::GrowthDoor;

class GrowWork : public StoreWork {
 public:
  explicit GrowWork(StoreState& owner) : StoreWork(owner) {}
  uint64_t old_size() const { return old_size_; }

 protected:
  /// Nothing when it cannot be, whoever is asked.
  virtual std::optional<ResourceRequest> plan() = 0;
  virtual bool commit() = 0;
  /// What new elements are, for the recording.
  virtual runtime::Slot reference() const { return 0; }

  bool step() final {
    if (auto open = store().check_recording(); !open) return fail_with(std::move(open.error()));
    const auto request = plan();
    pending_ = nullptr;
    if (!request) {
      // Perhaps only since it was asked about.
      cancel();
      return refuse("its maximum, or a limit of the store, is reached");
    }
    runtime::StoreCore& core = store().session->core();
    // The growth door of a recording is passed by: what the host does is recorded as done.
    LimiterDoor& door = store().session->limiter();
    const LendSuspend lend(store().session->context(), suspend());
    switch (door.ask(*request, this)) {
      case GrowthDoor::Answer::later:
        pending_ = std::exchange(store().session->context().parked, nullptr);
        return false;
      case GrowthDoor::Answer::allow:
        break;
      default:
        door.settled(*request, false);
        return refuse("the limiter refuses it");
    }
    GrowthDoor* const outer = core.growth_door();
    core.set_growth_door(&door);
    const bool grown = commit();
    core.set_growth_door(outer);
    if (!grown) return refuse("the system has no memory for it");
    old_size_ = request->from;
    if (replay::Recorder* const recorder = store().recorder())
      recorder->grown(*request, reference());
    return true;
  }

 private:
  using LimiterDoor = embed::LimiterDoor;

  bool refuse(std::string why) {
    return fail_with(Error{ErrorKind::limit, "no growth: " + std::move(why), {}, {}});
  }
  Pending* pending() const final { return pending_; }
  void cancel() noexcept final { store().session->limiter().forget(this); }
  SuspensionPoint point(SuspensionPoint) const final { return SuspensionPoint::host_growth; }

  Pending* pending_ = nullptr;
  uint64_t old_size_ = 0;
};

class GrowMemory final : public GrowWork {
 public:
  GrowMemory(StoreState& owner, runtime::MemoryId memory, uint64_t pages)
      : GrowWork(owner), memory_(memory), pages_(pages) {}
  ~GrowMemory() override { end(); }

 private:
  std::optional<ResourceRequest> plan() override {
    plan_ = store().session->core().plan_memory_growth(memory_, pages_);
    return plan_ ? std::optional(plan_->request()) : std::nullopt;
  }
  bool commit() override { return store().session->core().commit(*plan_); }

  runtime::MemoryId memory_;
  uint64_t pages_;
  std::optional<runtime::MemoryGrowth> plan_;
};

class GrowTable final : public GrowWork {
 public:
  GrowTable(StoreState& owner, runtime::TableId table, uint64_t elements, runtime::Slot reference)
      : GrowWork(owner), table_(table), elements_(elements), reference_(reference) {}
  ~GrowTable() override { end(); }

 private:
  std::optional<ResourceRequest> plan() override {
    runtime::StoreCore& core = store().session->core();
    if (!core.is_reference(reference_, core.table(table_).type().element)) return std::nullopt;
    plan_ = core.plan_table_growth(table_, elements_);
    return plan_ ? std::optional(plan_->request()) : std::nullopt;
  }
  bool commit() override { return store().session->core().commit(*plan_, reference_); }
  runtime::Slot reference() const override { return reference_; }

  runtime::TableId table_;
  uint64_t elements_;
  runtime::Slot reference_;
  std::optional<runtime::TableGrowth> plan_;
};

Outcome<uint64_t> finish_growth(Work& work) {
  return static_cast<GrowWork&>(work).old_size();
}

}  // namespace

Operation<uint64_t> grow_memory(StoreState& store, runtime::MemoryId memory, uint64_t pages) {
  return Operation<uint64_t>(std::make_unique<GrowMemory>(store, memory, pages), finish_growth);
}

Operation<uint64_t> grow_table(StoreState& store, runtime::TableId table, uint64_t elements,
                               runtime::Slot reference) {
  return Operation<uint64_t>(std::make_unique<GrowTable>(store, table, elements, reference),
                             finish_growth);
}

}  // namespace reprise::detail
