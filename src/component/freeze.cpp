#include "component/freeze.hpp"

#include <algorithm>

namespace reprise::component {

namespace {

std::unexpected<Error> another_component() {
  return fail(ErrorKind::malformed, "the frozen state is of another component");
}

constexpr uint64_t kMaxLiveCalls = 1 << 20;

}  // namespace

/// A friend of RootInstance.
class InstanceFreezer {
 public:
  explicit InstanceFreezer(RootInstance& root) : root_(root) {}

  void begin() { root_.live_calls_.clear(); }
  void freeze(ByteWriter& out);
  Result<void> begin_thawing(ByteReader& in);
  Result<void> thaw(ByteReader& in);

 private:
  auto& instances() {
    return std::get<std::deque<std::unique_ptr<ComponentInstance>>>(root_.kept_);
  }
  auto& types() { return std::get<std::deque<std::unique_ptr<ResourceType>>>(root_.kept_); }
  /// 0 is none.
  uint32_t number_of(const AsyncTask* task) const;
  Result<AsyncTask*> task_at(uint32_t number) const;
  void freeze(const ComponentInstance& instance, ByteWriter& out);
  Result<void> thaw(ComponentInstance& instance, ByteReader& in);
  Result<void> thaw_results(ByteReader& in);

  RootInstance& root_;
};

uint32_t InstanceFreezer::number_of(const AsyncTask* task) const {
  const auto found = std::ranges::find(root_.live_calls_, task, &LiveCall::task);
  if (!task || found == root_.live_calls_.end()) return 0;
  return static_cast<uint32_t>(found - root_.live_calls_.begin()) + 1;
}

Result<AsyncTask*> InstanceFreezer::task_at(uint32_t number) const {
  if (number == 0) return nullptr;
  if (number > root_.live_calls_.size()) return another_component();
  AsyncTask* task = root_.live_calls_[number - 1].task;
  // Who returns through it must have been told where to.
  if (!task || !task->give) return another_component();
  return task;
}

void InstanceFreezer::freeze(ByteWriter& out) {
  std::vector<uint64_t> ids;
  for (const auto& [id, call] : root_.calls_) ids.push_back(id);
  std::ranges::sort(ids);
  out.leb_u64(ids.size());
  for (uint64_t id : ids) out.leb_u64(id);
  out.leb_u64(root_.live_calls_.size());
  out.leb_u64(root_.next_call_);
  for (uint64_t id : ids) {
    const ByteWriter& results = root_.calls_.at(id)->results;
    out.sized(results);
  }
  for (const LiveCall& call : root_.live_calls_) out.leb_u32(number_of(*call.outer_task));
  out.leb_u64(instances().size());
  for (const auto& instance : instances()) freeze(*instance, out);
}

void InstanceFreezer::freeze(const ComponentInstance& instance, ByteWriter& out) {
  out.u8(instance.may_enter ? 1 : 0);
  out.u8(instance.may_leave ? 1 : 0);
  out.u8(instance.may_block ? 1 : 0);
  out.leb_u32(instance.backpressure);
  for (uint32_t word : instance.context) out.leb_u32(word);
  out.leb_u32(number_of(instance.task));
  instance.handles.freeze(out, [this](const ResourceType* type) {
    const auto found =
        std::ranges::find(types(), type, [](const auto& owned) { return owned.get(); });
    return static_cast<uint32_t>(found - types().begin());
  });
  out.leb_u64(instance.lender_pools.size());
  for (const LenderPool* pool : instance.lender_pools) pool->freeze(out);
}

Result<void> InstanceFreezer::begin_thawing(ByteReader& in) {
  root_.calls_.clear();
  root_.live_calls_.clear();
  root_.expected_calls_.clear();
  // Whatever is going on now is over: destructors that are begun again find the door open.
  for (const auto& instance : instances()) instance->may_enter = true;
  REPRISE_ASSIGN(const uint64_t count, in.leb_u64());
  if (count > in.remaining()) return another_component();
  for (uint64_t i = 0; i < count; ++i) {
    REPRISE_ASSIGN(const uint64_t id, in.leb_u64());
    root_.expected_calls_.push_back(id);
  }
  std::ranges::sort(root_.expected_calls_, std::greater());
  if (std::ranges::adjacent_find(root_.expected_calls_) != root_.expected_calls_.end())
    return another_component();
  REPRISE_ASSIGN(const uint64_t live, in.leb_u64());
  if (live > kMaxLiveCalls) return another_component();
  root_.live_calls_.resize(live);
  return ok();
}

Result<void> InstanceFreezer::thaw_results(ByteReader& in) {
  std::vector<uint64_t> ids;
  for (const auto& [id, call] : root_.calls_) ids.push_back(id);
  std::ranges::sort(ids);
  for (uint64_t id : ids) {
    REPRISE_ASSIGN(const uint32_t size, in.leb_u32());
    REPRISE_ASSIGN(const Bytes bytes, in.bytes(size));
    root_.calls_.at(id)->results.bytes(bytes);
  }
  return ok();
}

Result<void> InstanceFreezer::thaw(ByteReader& in) {
  if (!root_.expected_calls_.empty()) return another_component();
  REPRISE_ASSIGN(root_.next_call_, in.leb_u64());
  for (const auto& [id, call] : root_.calls_)
    if (id >= root_.next_call_) return another_component();
  REPRISE_TRY(thaw_results(in));
  for (const LiveCall& call : root_.live_calls_) {
    REPRISE_ASSIGN(const uint32_t outer, in.leb_u32());
    if (!call.scope) return another_component();  // its frame did not come back
    REPRISE_ASSIGN(*call.outer_task, task_at(outer));
  }
  REPRISE_ASSIGN(const uint64_t count, in.leb_u64());
  if (count != instances().size()) return another_component();
  for (const auto& instance : instances()) REPRISE_TRY(thaw(*instance, in));
  for (const LiveCall& call : root_.live_calls_)
    if (!call.lenders->are_in(call.lent_by ? *call.lent_by : HandleTable()))
      return another_component();
  return ok();
}

Result<void> InstanceFreezer::thaw(ComponentInstance& instance, ByteReader& in) {
  for (bool* flag : {&instance.may_enter, &instance.may_leave, &instance.may_block}) {
    REPRISE_ASSIGN(const uint8_t byte, in.u8());
    *flag = byte != 0;
  }
  REPRISE_ASSIGN(instance.backpressure, in.leb_u32());
  for (uint32_t& word : instance.context) {
    REPRISE_ASSIGN(word, in.leb_u32());
  }
  REPRISE_ASSIGN(const uint32_t task, in.leb_u32());
  REPRISE_ASSIGN(instance.task, task_at(task));
  REPRISE_TRY(instance.handles.thaw(
      in,
      [this](uint32_t number) -> const ResourceType* {
        return number < types().size() ? types()[number].get() : nullptr;
      },
      [this](uint32_t number) -> CallScope* {
        return number <= root_.live_calls_.size() ? root_.live_calls_[number - 1].scope : nullptr;
      }));
  REPRISE_ASSIGN(const uint64_t pools, in.leb_u64());
  if (pools != instance.lender_pools.size()) return another_component();
  for (LenderPool* pool : instance.lender_pools) {
    REPRISE_TRY(pool->thaw(in));
    if (!pool->are_in(instance.handles)) return another_component();
  }
  return ok();
}

void begin_freezing(RootInstance& root) {
  InstanceFreezer(root).begin();
}

void freeze_instances(RootInstance& root, ByteWriter& out) {
  InstanceFreezer(root).freeze(out);
}

Result<void> begin_thawing(RootInstance& root, ByteReader& in) {
  return InstanceFreezer(root).begin_thawing(in);
}

Result<void> thaw_instances(RootInstance& root, ByteReader& in) {
  return InstanceFreezer(root).thaw(in);
}

}  // namespace reprise::component
