// StoreCore: everything that guests can reach, and nothing of the embedder's. Functions, memories,
// tables, globals, tags and instances live here, at addresses that never change, and are named by
// typed ids that are never used again. A store is used by one thread at a time.
//
// How to drive a core module from C++ (src/code makes the engine):
//
//   auto engine = code::make_engine({});
//   auto store = StoreCore::create(engine, {});
//   auto module = wasm::read_module(bytes, engine->types());
//   FuncId log = (*store)->add_native(type, {.step = log_step, .name = "log"});
//   auto made = instantiate(**store, engine->load(*module), {{log}});        // instantiate.hpp
//   auto f = (*store)->find_export(made->instance, "f");                     // Extern
//   auto outcome = call(**store, std::get<FuncId>(*f), {{slot_of_i32(7)}});  // activation.hpp

#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "reprise/result.hpp"
#include "reprise/statistics.hpp"
#include "runtime/engine.hpp"
#include "runtime/heap.hpp"
#include "runtime/instance.hpp"
#include "runtime/limits.hpp"
#include "runtime/meter.hpp"
#include "runtime/native.hpp"
#include "runtime/observer.hpp"
#include "runtime/reservation.hpp"
#include "runtime/wait.hpp"

namespace reprise::runtime {

using Extern = std::variant<FuncId, TableId, MemoryId, GlobalId, TagId>;

class StoreCore {
 public:
  static Result<std::unique_ptr<StoreCore>> create(std::shared_ptr<const Engine> engine,
                                                   const StoreLimits& limits);
  ~StoreCore();
  StoreCore(const StoreCore&) = delete;
  StoreCore& operator=(const StoreCore&) = delete;

  const Engine& engine() const { return *engine_; }
  wasm::TypeRegistry& types() const { return *engine_->types(); }
  const StoreLimits& limits() const { return limits_; }

  /// Asked whenever something grows or is created; may be null. Must outlive its use here.
  void set_growth_door(GrowthDoor* door);
  GrowthDoor* growth_door() const { return growth_door_; }
  /// Where atomic waits park; null: they are answered at once. Must outlive its use here.
  void set_wait_door(WaitDoor* door) { wait_door_ = door; }
  WaitDoor* wait_door() const { return wait_door_; }
  /// Watches the guests of this store from the next run of each activation on; may be null. Must
  /// outlive its use here.
  /// An interruption that the one before was to make comes along.
  void set_observer(Observer* observer) {
    if (observer != nullptr && observer_ != nullptr) {
      observer->interrupt_at_tick = observer_->interrupt_at_tick;
      observer->interrupt_reason = observer_->interrupt_reason;
    }
    observer_ = observer;
  }
  Observer* observer() const { return observer_; }

  // What the host makes. Errors are of kind limit.
  Result<FuncId> add_native(wasm::TypeId type, NativeFunction function);
  Result<TableId> add_table(const wasm::TableType& type, Slot initial);
  /// With first contents, if there are any.
  Result<MemoryId> add_memory(const wasm::MemoryType& type,
                              std::shared_ptr<const DataImage> image = nullptr);
  Result<GlobalId> add_global(const wasm::GlobalType& type, Slot low, Slot high = 0);
  Result<TagId> add_tag(wasm::TypeId type);

  // Looking up. Ids must be of this store.
  Function& function(FuncId id) const { return functions_[id.value]; }
  FuncId id_of(const Function& f) const {
    return FuncId(static_cast<uint32_t>(&f - functions_.data()));
  }
  const wasm::FuncType& function_type(FuncId id) const { return *types().func(function(id).type); }
  /// The function with this index in an instance. Records of an instance's own functions are
  /// written when somebody first asks for one; until then nothing can name it.
  FuncId function_of(Instance& instance, uint32_t index);
  Table& table(TableId id) { return tables_[id.value]; }
  Memory& memory(MemoryId id) { return memories_[id.value]; }
  Global& global(GlobalId id) { return globals_[id.value]; }
  Tag& tag(TagId id) { return tags_[id.value]; }
  Instance& instance(InstanceId id) { return *instances_[id.value]; }
  size_t instance_count() const { return instances_.size(); }
  size_t memory_count() const { return memories_.size(); }
  size_t table_count() const { return tables_.size(); }
  size_t global_count() const { return globals_.size(); }
  /// Of all memories together, and of all tables.
  uint64_t memory_bytes() const { return memory_bytes_; }
  uint64_t table_elements() const { return table_elements_; }

  std::optional<Extern> find_export(InstanceId instance, std::string_view name);
  /// What `index` of `kind` is in an instance.
  Extern at(Instance& instance, wasm::ExternKind kind, uint32_t index);

  // Growth: plan (nullopt: it cannot be, whoever is asked), ask, commit. All three do nothing but
  // what they say; the interpreter, the host and a replay go through the same three. Who asked and
  // was not allowed says so with refuse().
  std::optional<MemoryGrowth> plan_memory_growth(MemoryId memory, uint64_t delta_pages);
  std::optional<TableGrowth> plan_table_growth(TableId table, uint64_t delta);
  /// For the allocation that has just failed.
  std::optional<HeapGrowth> plan_heap_growth() const;
  GrowthDoor::Answer ask(const ResourceRequest& request, Asker asker) {
    return growth_door_ ? growth_door_->ask(request, asker) : GrowthDoor::Answer::allow;
  }
  /// False if it has become impossible, or the system refused.
  bool commit(const MemoryGrowth& growth);
  bool commit(const TableGrowth& growth, Slot value);
  bool commit(const HeapGrowth& growth);
  void refuse(const ResourceRequest& request) { settled(request, false); }
  void settled(const ResourceRequest& request, bool done) {
    if (growth_door_) growth_door_->settled(request, done);
  }
  /// The asker was cancelled while it waited.
  void forget(Asker asker) {
    if (growth_door_) growth_door_->forget(asker);
    if (wait_door_) wait_door_->forget(asker);
  }

  Heap& heap() { return *heap_; }
  /// Frees what nothing refers to any more. References that the host holds must be rooted.
  void collect();
  /// Keeps an object alive until it is unrooted as often as it was rooted.
  void root(Slot ref);
  void unroot(Slot ref);
  /// `ref` is of type (ref null? `type`): spec, exec/instructions §ref.test.
  bool reference_matches(Slot ref, wasm::ValueType type);
  /// The same for a slot that may hold anything.
  bool is_reference(Slot slot, wasm::ValueType type);

  /// Fuel, if the engine charges any.
  Meter& meter() { return meter_; }
  const std::shared_ptr<Interrupter>& interrupter() const { return interrupter_; }
  /// Guests may run for so many more epochs of the engine. Then they trap; or, with a delta, they
  /// yield, and are allowed that many more.
  void allow_epochs(uint64_t epochs) {
    engine_->clock().set_epoch_deadline(interrupter_, engine_->clock().epoch() + epochs);
  }
  void set_epoch_delta(uint64_t delta) { epoch_delta_ = delta; }
  uint64_t epoch_delta() const { return epoch_delta_; }

  Statistics& statistics() { return statistics_; }

  /// VM stacks are kept for the next activation.
  Result<Reservation> take_stack();
  void give_back_stack(Reservation stack);

  size_t function_count() const { return functions_.size(); }
  /// Its contents were replaced: any function may be named now, and sizes are others.
  void note_thawed();

  /// Those that exist, the newest last.
  std::span<Activation* const> activations() const { return activations_; }

  Function* function_base() const { return functions_.data(); }

  /// A guest is running now.
  bool is_running() const { return running_ != 0; }

 private:
  friend class Instantiation;
  friend class Activation;
  StoreCore(std::shared_ptr<const Engine> engine, const StoreLimits& limits)
      : engine_(std::move(engine)), limits_(limits) {}

  void mark_and_sweep();
  Result<TableId> add_lazy_table(const wasm::TableType& type,
                                 std::shared_ptr<const ElementImage> image, Instance& instance);
  Result<void> may_add_table(const wasm::TableType& type) const;
  TableId keep(Table table);
  void note_written(size_t function);
  void give_back_functions();
  bool has_room_for_pages(uint64_t pages) const;

  struct Native {
    NativeFunction function;
    FunctionCode code;
    CodeCell cell;
  };

  std::shared_ptr<const Engine> engine_;
  StoreLimits limits_;
  GrowthDoor* growth_door_ = nullptr;
  WaitDoor* wait_door_ = nullptr;
  Observer* observer_ = nullptr;
  StableArray<Function> functions_;
  /// Which of its records were written, while they are few.
  std::vector<uint32_t> written_functions_;
  std::deque<Native> natives_;
  std::deque<Table> tables_;
  std::deque<Memory> memories_;
  std::deque<Global> globals_;
  std::deque<Tag> tags_;
  std::deque<std::unique_ptr<Instance>> instances_;
  std::unique_ptr<Heap> heap_;
  std::map<Slot, uint32_t> roots_;
  /// All that exist, for their stacks' references.
  std::vector<Activation*> activations_;
  std::vector<Reservation> idle_stacks_;
  Meter meter_;
  std::shared_ptr<Interrupter> interrupter_ = std::make_shared<Interrupter>();
  uint64_t epoch_delta_ = 0;
  Statistics statistics_;
  /// What the limits of all memories and all tables together are compared with.
  uint64_t memory_bytes_ = 0;
  uint64_t table_elements_ = 0;
  /// Activations that run at this moment, one inside the other.
  uint32_t running_ = 0;
};

}  // namespace reprise::runtime
