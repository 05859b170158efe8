#include "code/module_code.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "wasm/walk.hpp"

namespace reprise::code {

using runtime::FunctionCode;

namespace {

/// Charged to functions whose frame is too large to be called: more than any budget.
constexpr uint32_t kUncallable = UINT32_MAX;

/// Where functions that are too large to be called begin; never reached.
const Word kUnreachableWord = make_word(Op::unreachable);

}  // namespace

Result<Emitter> RegisterCode::emit(uint32_t function, EmitOptions options,
                                   wasm::FunctionShape* shape) const {
  static thread_local wasm::WalkScratch scratch;
  while (true) {
    // Direct calls name cells, which are this object's own.
    Emitter emitter(module(), const_cast<RegisterCode&>(*this), options);
    REPRISE_ASSIGN(*shape, wasm::walk_function(module(), function, scratch, emitter));
    if (emitter.error()) return fail(Error(*emitter.error()));
    if (!emitter.is_too_far()) return emitter;
    REPRISE_CHECK(options.fuse_branches);
    options.fuse_branches = false;
    if (options.positions != nullptr) options.positions->clear();
  }
}

Result<RegisterCode::Lowered> RegisterCode::lower_function(uint32_t function) const {
  wasm::FunctionShape shape;
  REPRISE_ASSIGN(Emitter emitter, emit(function, {.bounds = bounds_}, &shape));
  const wasm::FuncType& type = module().function_type(function);
  Lowered lowered;
  FunctionCode& code = lowered.code;
  code.parameter_slots = type.parameter_slots;
  code.result_slots = type.result_slots;
  code.index = function;
  code.module = this;
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
  auto lowered = lower_function(function);
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

std::optional<uint64_t> RegisterCode::offset_of(const FunctionCode& code, const Word* pc) const {
  const std::lock_guard lock(mutex_);
  if (positions_.function != code.index) {
    Positions made;
    wasm::FunctionShape shape;
    const auto emitter = emit(code.index, {.bounds = bounds_, .positions = &made.list}, &shape);
    if (!emitter) return std::nullopt;
    made.function = code.index;
    made.words = emitter->words().size();
    positions_ = std::move(made);
  }
  if (pc < code.entry || pc >= code.entry + positions_.words) return std::nullopt;
  const auto word = static_cast<uint32_t>(pc - code.entry);
  const auto& list = positions_.list;
  const auto behind = std::upper_bound(list.begin(), list.end(), word,
                                       [](uint32_t w, const auto& p) { return w < p.first; });
  if (behind == list.begin()) return std::nullopt;
  return std::prev(behind)->second;
}

size_t RegisterCode::code_bytes() const {
  const std::lock_guard lock(mutex_);
  size_t words = 0;
  for (const Lowered& f : lowered_) words += f.count;
  return words * sizeof(Word);
}

}  // namespace reprise::code
