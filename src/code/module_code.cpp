#include "code/module_code.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "runtime/heap.hpp"
#include "wasm/walk.hpp"

namespace reprise::code {

using runtime::FunctionCode;

namespace {

/// Charged to functions whose frame is too large to be called: more than any budget.
constexpr uint32_t kUncallable = UINT32_MAX;

/// So many maps of functions are kept.
constexpr size_t kMaxMaps = 256;

/// Where functions that are too large to be called begin; never reached.
const Word kUnreachableWord = make_word(Op::unreachable);

}  // namespace

template <class Wrap>
Result<Emitter> RegisterCode::emit(uint32_t function, EmitOptions options,
                                   wasm::FunctionShape* shape, Wrap wrap) const {
  static thread_local wasm::WalkScratch scratch;
  while (true) {
    // Direct calls name cells, which are this object's own.
    Emitter emitter(module(), const_cast<RegisterCode&>(*this), options);
    auto&& told = wrap(emitter);
    REPRISE_ASSIGN(*shape, wasm::walk_function(module(), function, scratch, told));
    if (emitter.error()) return fail(Error(*emitter.error()));
    if (!emitter.is_too_far()) return emitter;
    REPRISE_CHECK(options.fuse_branches);
    options.fuse_branches = false;
    if (options.map != nullptr) *options.map = {};
  }
}

Result<Emitter> RegisterCode::emit(uint32_t function, EmitOptions options,
                                   wasm::FunctionShape* shape) const {
  return emit(function, options, shape, [](Emitter& emitter) -> Emitter& { return emitter; });
}

Result<RegisterCode::Lowered> RegisterCode::lower_function(uint32_t function,
                                                           bool is_observed) const {
  wasm::FunctionShape shape;
  REPRISE_ASSIGN(Emitter emitter, emit(function, options(is_observed), &shape));
  const wasm::FuncType& type = module().function_type(function);
  Lowered lowered;
  FunctionCode& code = lowered.code;
  code.parameter_slots = type.parameter_slots;
  code.result_slots = type.result_slots;
  code.index = function;
  code.module = this;
  code.is_observed = is_observed;
  code.frame_offset = shape.local_slots + runtime::kFrameHeaderSlots;
  if (shape.frame_slots() > runtime::kMaxFrameSlots) {
    code.charge = kUncallable;
    code.entry = &kUnreachableWord;
    return lowered;
  }
  code.charge = shape.frame_slots() + runtime::kFrameCharge;
  code.clear_slots = shape.local_slots - shape.parameter_slots;
  emitter.finish(shape, code.charge);
  if (auto catches = emitter.take_catches(); !catches.empty()) {
    lowered.catches = std::make_unique<const std::vector<runtime::CatchRange>>(std::move(catches));
    code.catches = lowered.catches.get();
  }
  lowered.count = emitter.words().size();
  lowered.words = std::make_unique_for_overwrite<Word[]>(lowered.count);
  std::copy(emitter.words().begin(), emitter.words().end(), lowered.words.get());
  code.entry = lowered.words.get();
  return lowered;
}

Result<const FunctionCode*> RegisterCode::lower(uint32_t function) {
  runtime::CodeCell& cell = this->cell(function);
  if (const FunctionCode* code = cell.get()) return code;
  // Two threads may both do it; the second finds the first one's work in the cell.
  auto lowered = lower_function(function, false);
  if (!lowered) return fail(std::move(lowered).error().in("function " + std::to_string(function)));
  const std::lock_guard lock(mutex_);
  if (const FunctionCode* code = cell.get()) return code;
  const FunctionCode& code = lowered_.emplace_back(std::move(*lowered)).code;
  cell.code.store(&code, std::memory_order_release);
  return &code;
}

Result<void> RegisterCode::lower_all() {
  const auto count = static_cast<uint32_t>(module().functions.size());
  for (uint32_t i = module().imported_functions; i < count; ++i) REPRISE_TRY(lower(i));
  return ok();
}

Result<const FunctionCode*> RegisterCode::lower_observed(uint32_t function) {
  if (const FunctionCode* code = observed(function)) return code;
  REPRISE_ASSIGN(Lowered lowered, lower_function(function, true));
  const std::lock_guard lock(mutex_);
  if (observed_cells_ == nullptr) {
    observed_cells_ = std::make_unique<runtime::CodeCell[]>(module().functions.size() -
                                                            module().imported_functions);
    observed_.store(observed_cells_.get(), std::memory_order_release);
  }
  if (const FunctionCode* code = observed(function)) return code;
  const FunctionCode& code = lowered_.emplace_back(std::move(lowered)).code;
  observed_cells_[function - module().imported_functions].code.store(&code,
                                                                     std::memory_order_release);
  return &code;
}

std::shared_ptr<const FunctionMap> RegisterCode::map(uint32_t function, bool is_observed) const {
  const std::pair key(function, is_observed);
  const std::lock_guard lock(mutex_);
  if (const auto known = maps_.find(key); known != maps_.end()) return known->second;
  auto made = std::make_shared<FunctionMap>();
  wasm::FunctionShape shape;
  EmitOptions options = this->options(is_observed);
  options.map = made.get();
  const auto emitter = emit(function, options, &shape);
  REPRISE_CHECK(emitter.has_value());
  made->words = emitter->words().size();
  if (maps_.size() >= kMaxMaps) maps_.clear();
  maps_.emplace(key, made);
  return made;
}

namespace {

/// An emitter that describes the frame on the way.
class Describing {
 public:
  /// What is wanted is the frame after `events` events; the last of these is a call that has not
  /// returned, if `in_call`.
  Describing(Emitter& emitter, size_t events, bool in_call)
      : emitter_(emitter), left_(events), in_call_(in_call) {}

  void begin(const wasm::WalkState& state) {
    emitter_.begin(state);
    if (left_ == 0) emitter_.describe(state, layout_);
  }
  void on(const wasm::Instruction& i, const wasm::WalkState& state) {
    emitter_.on(i, state);
    const bool calls = i.op == wasm::Opcode::call || i.op == wasm::Opcode::call_indirect ||
                       i.op == wasm::Opcode::call_ref;
    after(state, true, i.result_count, calls ? i.callee : nullptr);
  }
  void on_block(const wasm::Instruction& i, const wasm::WalkState& state,
                const wasm::Label& label) {
    emitter_.on_block(i, state, label);
    after(state, true, 0, nullptr);
  }
  void on_else(const wasm::Instruction& i, const wasm::WalkState& state, const wasm::Label& label) {
    emitter_.on_else(i, state, label);
    after(state, i.falls, 0, nullptr);
  }
  void on_end(const wasm::Instruction& i, const wasm::WalkState& state, const wasm::Label& label) {
    emitter_.on_end(i, state, label);
    // Behind the function's last `end` there is no frame.
    if (label.kind != wasm::LabelKind::function) after(state, i.falls, 0, nullptr);
  }

  FrameLayout take() { return std::move(layout_); }

 private:
  void after(const wasm::WalkState& state, bool is_event, uint32_t results,
             const wasm::FuncType* callee) {
    if (is_done_) return;
    if (is_event && left_-- == 0) {
      is_done_ = true;
      return;
    }
    if (left_ != 0) return;
    emitter_.describe(state, layout_);
    if (!in_call_) return;
    layout_.callee = callee;
    if (callee != nullptr) layout_.operands.resize(layout_.operands.size() - results);
    is_done_ = true;
  }

  Emitter& emitter_;
  size_t left_;
  const bool in_call_;
  bool is_done_ = false;
  FrameLayout layout_;
};

FrameLayout describe(const wasm::Module& module, uint32_t function, Emitter& emitter, size_t events,
                     bool in_call) {
  static thread_local wasm::WalkScratch scratch;
  Describing describing(emitter, events, in_call);
  REPRISE_CHECK(wasm::walk_function(module, function, scratch, describing).has_value());
  return describing.take();
}

}  // namespace

FrameLayout RegisterCode::layout_before(uint32_t function, bool is_observed, size_t event) const {
  Emitter emitter(module(), const_cast<RegisterCode&>(*this), options(is_observed));
  return describe(module(), function, emitter, event, false);
}

FrameLayout RegisterCode::layout_in_call(uint32_t function, bool is_observed, size_t event) const {
  Emitter emitter(module(), const_cast<RegisterCode&>(*this), options(is_observed));
  return describe(module(), function, emitter, event + 1, true);
}

std::optional<uint64_t> RegisterCode::offset_of(const FunctionCode& code, const Word* pc) const {
  if (code.charge == kUncallable) return std::nullopt;
  const auto known = map(code.index, code.is_observed);
  if (pc < code.entry) return std::nullopt;
  const auto event = known->event_in(static_cast<size_t>(pc - code.entry));
  if (!event) return std::nullopt;
  return known->events[*event].offset;
}

const RootMap& RegisterCode::root_map(uint32_t function, bool is_observed) const {
  const std::pair key(function, is_observed);
  const std::lock_guard lock(mutex_);
  const auto [entry, is_new] = root_maps_.try_emplace(key);
  RootMap& map = entry->second;
  if (!is_new) return map;
  wasm::FunctionShape shape;
  const auto emitter = emit(function, options(is_observed), &shape,
                            [&](Emitter& e) { return RootMapper(e, *module().registry, map); });
  REPRISE_CHECK(emitter.has_value());  // it has run
  map.locals.shrink_to_fit();
  map.operands.shrink_to_fit();
  map.points.shrink_to_fit();
  return map;
}

void RegisterCode::find_roots(const FunctionCode& code, const Word* pc, runtime::FrameMoment moment,
                              std::vector<int32_t>& slots) const {
  using runtime::FrameMoment;
  const RootMap& map = root_map(code.index, code.is_observed);
  const auto append = [&slots](std::span<const Place> places) {
    slots.insert(slots.end(), places.begin(), places.end());
  };
  append(map.locals);
  const auto word = static_cast<size_t>(pc - code.entry);
  const bool is_calling = moment == FrameMoment::calling;
  const RootMap::Point* point = map.at(is_calling ? word - 1 : word);
  if (point != nullptr && moment != FrameMoment::before) {
    append(is_calling ? map.in_call(*point) : map.before(*point));
    return;
  }
  REPRISE_CHECK(!is_calling);
  // It was stopped, or waits, somewhere else.
  const auto events = this->map(code.index, code.is_observed);
  const bool is_before = moment == FrameMoment::before && !code.is_observed;
  const auto event = is_before ? events->event_at(word) : events->event_in(word);
  REPRISE_CHECK(event.has_value());
  for (const auto& operand : layout_before(code.index, code.is_observed, *event).operands)
    if (runtime::may_name_object(*module().registry, operand.type) && !operand.is_constant)
      slots.push_back(operand.place);
}

size_t RegisterCode::code_bytes() const {
  const std::lock_guard lock(mutex_);
  size_t words = 0;
  for (const Lowered& f : lowered_) words += f.count;
  return words * sizeof(Word);
}

}  // namespace reprise::code
