// Where a value comes from: the chain of copies behind it.
//
// Each link is one question to the past. Of memory: which instruction changed it last? Of an
// operand: which instruction of this call of the function left it on the stack? (flow.hpp: the
// instructions that could are known, so it is the last moment at which one of them ran.) Of a
// local: which set it, and if none did since the function was entered, which argument was it? So a
// chain is found with what moves the present moment backwards, and no value is ever followed that
// nobody asked about. It costs as many searches as it has links, and nothing while the run is made.
//
// What it leaves out: a store of what stood there already is no change, so the chain goes by it.

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_set>

#include "code/frame_state.hpp"
#include "component/abi/signature.hpp"
#include "debug/core.hpp"
#include "debug/flow.hpp"
#include "debug/host_value.hpp"
#include "debug/memory_access.hpp"
#include "replay/recorded_call.hpp"
#include "runtime/const_expression.hpp"
#include "wasi/p1/abi.hpp"

namespace reprise::debug {

using wasm::Opcode;

namespace {

std::string value_list(std::span<const code::TypedSlot> values) {
  std::string text;
  for (const code::TypedSlot& value : values)
    text += (text.empty() ? "" : ", ") + typed_value({}, value.type, {value.low, value.high}).text;
  return text;
}

bool is_call(Opcode op) {
  return op == Opcode::call || op == Opcode::call_indirect || op == Opcode::call_ref;
}
bool is_tail_call(Opcode op) {
  return op == Opcode::return_call || op == Opcode::return_call_indirect ||
         op == Opcode::return_call_ref;
}
/// Besides its parameters it takes the index or reference of what it calls.
bool takes_callee(Opcode op) {
  return op != Opcode::call && op != Opcode::return_call;
}

}  // namespace

class Debugger::Core::Tracer {
 public:
  explicit Tracer(Core& core) : core_(core) {}

  Result<std::vector<OriginStep>> follow(const OriginPlace& place) {
    at_ = core_.run_->now();
    REPRISE_ASSIGN(Where where, begin(place));
    while (!std::holds_alternative<End>(where)) {
      if (core_.interrupted_) return fail(ErrorKind::usage, "interrupted");
      if (links_.size() == kMaxOriginLinks) {
        add(OriginStep::Kind::lost, fmt::format("{} links were followed", kMaxOriginLinks));
        break;
      }
      REPRISE_TRY(core_.go_to(at_));
      Result<Where> next = std::visit([this](const auto& w) { return back(w); }, where);
      if (!next) return fail(std::move(next.error()));
      where = *next;
    }
    return std::move(links_);
  }

 private:
  struct End {};
  /// A call of a function that is going on.
  struct Frame {
    ptrdiff_t depth = 0;  // of its frame in the stack
    uint32_t instance = 0;
    uint32_t function = 0;
  };
  /// Bytes of a value.
  struct Part {
    uint64_t first = 0;
    uint64_t size = 0;
  };
  struct Operand {
    Frame frame;
    uint32_t index = 0;
    Part part;
  };
  struct Local {
    Frame frame;
    uint32_t index = 0;
    Part part;
  };
  struct GlobalValue {
    uint32_t global = 0;
    Part part;
  };
  /// What is followed, as it is just before at_.
  using Where = std::variant<End, MemoryRange, Operand, Local, GlobalValue>;

  // ---- Where one is ----

  runtime::StoreCore& store() const { return core_.run_->store(); }
  runtime::Instance& instance(const Frame& frame) const {
    return store().instance(runtime::InstanceId(frame.instance));
  }

  Result<Frame> machine_frame(size_t number) const {
    const runtime::Activation* const activation = core_.run_->activation();
    std::optional<Frame> found;
    size_t counted = 0;
    if (activation != nullptr && !activation->is_idle())
      activation->walk([&](const runtime::Activation::FrameView& view) {
        if (counted++ != number) return true;
        if (view.code->native == nullptr)
          found = Frame{view.fp - activation->bottom(), view.instance->id.value, view.code->index};
        return false;
      });
    if (!found) return fail(ErrorKind::usage, "that is no frame of the guest's");
    return *found;
  }

  /// The innermost frame's, at the present moment.
  struct Here {
    Frame frame;
    const FunctionFlow* flow = nullptr;
    const FlowStep* step = nullptr;
    code::FrameState state;
  };
  Result<Here> here() {
    Here here;
    REPRISE_ASSIGN(here.frame, machine_frame(0));
    here.state = std::move(code::frame_states(*core_.run_->activation(), 1).at(0));
    REPRISE_ASSIGN(here.flow, flow(here.frame));
    here.step = here.flow->at(here.state.offset);
    if (here.step == nullptr || here.state.operands.size() < here.step->height)
      return fail(ErrorKind::unsupported, "the function's code cannot be followed");
    return here;
  }
  static code::TypedSlot operand(const Here& here, uint32_t index) {
    return index < here.state.operands.size() ? here.state.operands[index] : code::TypedSlot{};
  }
  /// Those that the instruction takes.
  static std::span<const code::TypedSlot> operands(const Here& here) {
    return std::span(here.state.operands).subspan(here.step->first_operand(), here.step->operands);
  }

  Result<const FunctionFlow*> flow(const Frame& frame) {
    const wasm::Module& module = instance(frame).module();
    const auto key = std::pair(&module, frame.function);
    if (const auto known = flows_.find(key); known != flows_.end()) return &known->second;
    REPRISE_ASSIGN(FunctionFlow made, FunctionFlow::of(module, frame.function));
    return &flows_.emplace(key, std::move(made)).first->second;
  }

  std::optional<CodeLocation> location(const Here& here) const {
    const auto module = core_.modules_.number_of(instance(here.frame).module());
    if (!module) return std::nullopt;
    return CodeLocation{*module, here.state.offset};
  }
  std::string place_text(const Here& here) const {
    const auto at = location(here);
    return at ? core_.modules_.describe(*at) : "code that is not known";
  }

  OriginStep& add(OriginStep::Kind kind, std::string description) {
    OriginStep& link = links_.emplace_back();
    link.kind = kind;
    link.time = at_;
    link.description = std::move(description);
    return link;
  }
  OriginStep& add(OriginStep::Kind kind, const Here& here, std::string description) {
    OriginStep& link = add(kind, std::move(description));
    link.code = location(here);
    return link;
  }
  Where lost(const Here& here, std::string why) {
    add(OriginStep::Kind::lost, here, std::move(why));
    return End{};
  }
  Where computed(const Here& here) {
    add(OriginStep::Kind::computed, here,
        fmt::format("computed by {} of {} in {}", wasm::mnemonic(here.step->op),
                    value_list(operands(here)), place_text(here)));
    return End{};
  }

  // ---- Searching ----

  static bool is_of(const Moment& m, const Frame& frame) {
    return m.frame() - m.activation.bottom() == frame.depth && m.view.function == frame.function &&
           m.view.instance->id.value == frame.instance;
  }
  /// To the last moment before at_ at which that call of the function was at one of the offsets.
  Result<bool> go_back_to(const Frame& frame, const std::unordered_set<uint32_t>& offsets) {
    runtime::FunctionSet functions;
    functions.add(instance(frame).module(), frame.function);
    for (uint32_t offset : offsets) functions.narrow_to(offset);
    return go_back(
        {.watches = {},
         .accepts =
             [&](const Moment& m) { return offsets.contains(m.view.offset) && is_of(m, frame); },
         .functions = std::move(functions)});
  }
  /// To the instruction that ran before.
  Result<bool> go_back() {
    return go_back({.watches = {}, .accepts = [](const Moment&) { return true; }});
  }
  Result<bool> go_back(const Sought& sought) {
    REPRISE_ASSIGN(const Found found, core_.find_last(at_, sought));
    if (!found.accepted) return false;
    at_ = *found.accepted;
    REPRISE_TRY(core_.go_to(at_));
    return true;
  }
  /// To the first moment at which a call has returned to the frame that made it, or further out.
  Result<void> go_behind_call(const Frame& frame) {
    FindFirst search(core_.run_->now(), [&](const Moment& m) {
      return m.frame() - m.activation.bottom() <= frame.depth;
    });
    core_.observe(search, UINT64_MAX);
    return ok();
  }

  Result<Where> begin(const OriginPlace& place) {
    if (const auto* range = std::get_if<MemoryRange>(&place)) return *range;
    if (const auto* global = std::get_if<GlobalPlace>(&place))
      return GlobalValue{global->global, {0, 16}};
    const auto& value = std::get<FrameValue>(place);
    const auto frames = core_.inspector().frames();
    if (value.frame >= frames.size()) return fail(ErrorKind::usage, "there is no such frame");
    REPRISE_ASSIGN(const Frame frame, machine_frame(frames[value.frame].machine_frame));
    const Part part{value.offset, value.size};
    if (value.is_operand) return Operand{frame, value.index, part};
    return Local{frame, value.index, part};
  }

  // ---- One link ----

  Result<Where> back(const End& end) { return end; }
  Result<Where> back(const MemoryRange& range);
  Result<Where> back(const Operand& value);
  Result<Where> back(const Local& value);
  Result<Where> back(const GlobalValue& value);

  Result<Where> written(const Here& here, const MemoryRange& range, const Origin& write);
  Where initial(const MemoryRange& range);
  Result<Where> loaded(const Here& here, const MemoryAccess& access, const Part& part);
  Result<Where> argument(const Frame& frame, uint32_t index, const Part& part);
  Result<Where> result(const Here& call, uint32_t index, const Part& part);
  Where branched(const Here& here, const Operand& value);
  std::optional<uint32_t> passed_on(const Here& here, const Part& part) const;

  Result<OriginStep*> host(const Here& call, uint64_t event);
  void find_part(OriginStep& link, const Here& call, const MemoryRange& range);
  std::vector<uint64_t> arguments(const Here& call) const;

  Core& core_;
  Time at_;
  std::vector<OriginStep> links_;
  std::map<std::pair<const wasm::Module*, uint32_t>, FunctionFlow> flows_;
};

// ---- Memory ----

Result<Debugger::Core::Tracer::Where> Debugger::Core::Tracer::back(const MemoryRange& range) {
  REPRISE_ASSIGN(const Origin write, core_.last_write(range));
  if (write.kind == Origin::Kind::initial) return initial(range);
  at_ = write.time;
  REPRISE_TRY(core_.go_to(at_));
  REPRISE_ASSIGN(const Here writer, here());
  // Of several bytes those that were written: from the first that changed to the last.
  MemoryRange changed = range;
  for (size_t i = 0; i < write.before.size() && write.before[i] == write.after[i]; ++i) {
    ++changed.address;
    --changed.size;
  }
  for (size_t i = write.before.size(); i-- != 0 && write.before[i] == write.after[i];)
    --changed.size;
  if (write.kind == Origin::Kind::instruction) return written(writer, changed, write);
  REPRISE_ASSIGN(OriginStep* const link, host(writer, *write.event));
  link->place = changed;
  find_part(*link, writer, changed);
  return End{};
}

Debugger::Core::Tracer::Where Debugger::Core::Tracer::initial(const MemoryRange& range) {
  at_ = core_.beginning_;
  for (uint32_t i = 0; i < store().instance_count(); ++i) {
    runtime::Instance& owner = store().instance(runtime::InstanceId(i));
    const auto& segments = owner.module().data;
    // A later segment writes over an earlier one.
    for (size_t s = segments.size(); s-- != 0;) {
      const wasm::DataSegment& segment = segments[s];
      if (segment.mode != wasm::SegmentMode::active || segment.memory >= owner.memory_ids.size() ||
          owner.memory_ids[segment.memory].value != range.memory)
        continue;
      const auto offset = runtime::evaluate(store(), owner, segment.offset);
      if (!offset) continue;
      const uint64_t begin = offset->low;
      if (range.address < begin || range.address - begin >= segment.bytes.size()) continue;
      add(OriginStep::Kind::data_segment,
          fmt::format("byte {} of data segment {}: as the program began", range.address - begin, s))
          .place = range;
      return End{};
    }
  }
  add(OriginStep::Kind::zero, "zero, as memory is at first").place = range;
  return End{};
}

Result<Debugger::Core::Tracer::Where> Debugger::Core::Tracer::written(const Here& here,
                                                                      const MemoryRange& range,
                                                                      const Origin& write) {
  const FlowStep& step = *here.step;
  const auto number = [&](uint32_t index) { return operand(here, index).low; };
  const uint32_t first = step.first_operand();
  if (const auto store = store_of(step.op)) {
    const uint64_t address = address_of(operand(here, first)) + step.bits;
    const uint64_t begin = std::max(range.address, address);
    const uint64_t end = std::min(range.address + range.size, address + store->size);
    if (begin < end) {
      add(OriginStep::Kind::store, here, "stored by " + write.description).place =
          MemoryRange{range.memory, begin, end - begin};
      const uint64_t lane = store->is_lane ? uint64_t{step.lane} * store->size : 0;
      return Operand{here.frame, step.height - 1, {begin - address + lane, end - begin}};
    }
  }
  if (step.op == Opcode::memory_copy) {
    const MemoryRange from{instance(here.frame).memory_ids[step.index2].value,
                           number(first + 1) + (range.address - number(first)), range.size};
    add(OriginStep::Kind::copy, here,
        fmt::format("copied from {:#x} by {}", from.address, write.description))
        .place = from;
    return from;
  }
  if (step.op == Opcode::memory_fill) {
    add(OriginStep::Kind::store, here, "filled by " + write.description).place = range;
    return Operand{here.frame, first + 1, {0, 1}};
  }
  if (step.op == Opcode::memory_init) {
    add(OriginStep::Kind::data_segment, here,
        fmt::format("byte {} of data segment {}, put there by {}",
                    number(first + 1) + (range.address - number(first)), step.index,
                    write.description))
        .place = range;
    return End{};
  }
  if (is_call(step.op) || is_tail_call(step.op))
    return lost(here,
                "written in the call of an adapter between components, in " + write.description);
  return computed(here);
}

// ---- The operand stack ----

/// Instructions that leave the bytes of an operand as they are: which of them.
std::optional<uint32_t> Debugger::Core::Tracer::passed_on(const Here& here,
                                                          const Part& part) const {
  const FlowStep& step = *here.step;
  const uint32_t first = step.first_operand();
  const uint64_t end = part.first + part.size;
  switch (step.op) {
    case Opcode::local_tee:
    case Opcode::i32_reinterpret_f32:
    case Opcode::i64_reinterpret_f64:
    case Opcode::f32_reinterpret_i32:
    case Opcode::f64_reinterpret_i64:
    case Opcode::i32_wrap_i64:
      return first;
    case Opcode::i64_extend_i32_s:
    case Opcode::i64_extend_i32_u:
    case Opcode::i64_extend32_s:
      return end <= 4 ? std::optional(first) : std::nullopt;
    case Opcode::i32_extend8_s:
    case Opcode::i64_extend8_s:
      return end <= 1 ? std::optional(first) : std::nullopt;
    case Opcode::i32_extend16_s:
    case Opcode::i64_extend16_s:
      return end <= 2 ? std::optional(first) : std::nullopt;
    case Opcode::select:
    case Opcode::select_typed:
      return static_cast<uint32_t>(operand(here, first + 2).low) != 0 ? first : first + 1;
    case Opcode::i32_and:
    case Opcode::i64_and: {
      // `x & 255` is how a compiler says that x is a byte.
      const FlowStep* const before = &step == here.flow->steps().data() ? nullptr : &step - 1;
      const bool masks =
          before && (before->op == Opcode::i32_const || before->op == Opcode::i64_const);
      const uint64_t bytes = part.size >= 8 ? ~uint64_t{0} : (uint64_t{1} << (8 * part.size)) - 1;
      if (masks && part.first < 8 && (before->bits >> (8 * part.first) & bytes) == bytes)
        return first;
      return std::nullopt;
    }
    default:
      return std::nullopt;
  }
}

/// A branch carried it to where it is.
Debugger::Core::Tracer::Where Debugger::Core::Tracer::branched(const Here& here,
                                                               const Operand& value) {
  const FlowStep& step = *here.step;
  Operand before = value;
  if (step.op == Opcode::br_if && static_cast<uint32_t>(operand(here, step.height - 1).low) == 0)
    return before;  // it was not taken
  size_t taken = 0;
  if (step.op == Opcode::br_table)
    taken = std::min<size_t>(static_cast<uint32_t>(operand(here, step.height - 1).low),
                             step.carries.size() - 1);
  if (step.op != Opcode::br && step.op != Opcode::br_if && step.op != Opcode::br_table)
    return lost(here, "carried by a branch on a reference in " + place_text(here));
  const Carry& carry = step.carries[taken];
  if (value.index < carry.base || value.index - carry.base >= carry.count) return before;
  before.index = step.height - step.operands - carry.count + (value.index - carry.base);
  return before;
}

Result<Debugger::Core::Tracer::Where> Debugger::Core::Tracer::back(const Operand& value) {
  REPRISE_ASSIGN(const FunctionFlow* const flow, this->flow(value.frame));
  std::unordered_set<uint32_t> offsets{flow->entry()};
  for (const FlowStep& step : flow->steps())
    if (step.changes_operand(value.index)) offsets.insert(step.offset);
  REPRISE_ASSIGN(const bool found, go_back_to(value.frame, offsets));
  if (!found) return fail(ErrorKind::unsupported, "the function's code cannot be followed");
  REPRISE_ASSIGN(const Here maker, here());
  const FlowStep& step = *maker.step;
  if (flow->may_be_caught(value.index))
    return lost(maker, "an exception may have brought it; they are not followed");
  if (!step.changes_operand(value.index))
    return fail(ErrorKind::unsupported, "the function's code cannot be followed");
  if (!step.carries.empty()) return branched(maker, value);
  if (const auto from = passed_on(maker, value.part))
    return Operand{value.frame, *from, value.part};
  if (const auto load = load_of(step.op)) return loaded(maker, *load, value.part);
  if (step.op == Opcode::local_get) return Local{value.frame, step.index, value.part};
  if (step.op == Opcode::global_get) {
    const uint32_t global = instance(value.frame).global_ids[step.index].value;
    add(OriginStep::Kind::global, maker,
        fmt::format("read from global {} by {}", global, place_text(maker)));
    return GlobalValue{global, value.part};
  }
  if (is_call(step.op)) return result(maker, value.index - step.first_operand(), value.part);
  if (step.operands == 0) {
    const bool is_constant = step.op == Opcode::i32_const || step.op == Opcode::i64_const ||
                             step.op == Opcode::f32_const || step.op == Opcode::f64_const ||
                             step.op == Opcode::v128_const || step.op == Opcode::ref_null ||
                             step.op == Opcode::ref_func;
    if (!is_constant) {
      add(OriginStep::Kind::computed, maker,
          fmt::format("{} in {}", wasm::mnemonic(step.op), place_text(maker)));
      return End{};
    }
    // What it left is what the next instruction finds.
    add(OriginStep::Kind::constant, maker,
        fmt::format("{} in {}", constant_text(step), place_text(maker)));
    return End{};
  }
  return computed(maker);
}

Result<Debugger::Core::Tracer::Where> Debugger::Core::Tracer::loaded(const Here& here,
                                                                     const MemoryAccess& access,
                                                                     const Part& part) {
  if (part.first + part.size > access.size && !access.repeats) return computed(here);
  const uint64_t first = access.repeats ? part.first % access.size : part.first;
  const uint64_t address = address_of(operand(here, here.step->first_operand())) + here.step->bits;
  const MemoryRange from{instance(here.frame).memory_ids[here.step->index].value, address + first,
                         std::min(part.size, access.size - first)};
  add(OriginStep::Kind::load, here,
      fmt::format("loaded from {:#x} by {}", from.address, place_text(here)))
      .place = from;
  return from;
}

// ---- Locals, globals ----

Result<Debugger::Core::Tracer::Where> Debugger::Core::Tracer::back(const Local& value) {
  REPRISE_ASSIGN(const FunctionFlow* const flow, this->flow(value.frame));
  std::unordered_set<uint32_t> offsets{flow->entry()};
  const auto sets = [&](const FlowStep& step) {
    return (step.op == Opcode::local_set || step.op == Opcode::local_tee) &&
           step.index == value.index;
  };
  for (const FlowStep& step : flow->steps())
    if (sets(step)) offsets.insert(step.offset);
  REPRISE_ASSIGN(const bool found, go_back_to(value.frame, offsets));
  if (!found) return fail(ErrorKind::unsupported, "the function's code cannot be followed");
  REPRISE_ASSIGN(const Here setter, here());
  const wasm::Module& module = instance(value.frame).module();
  const std::string_view name = module.names().local(value.frame.function, value.index);
  const std::string local = fmt::format("local {}{}{}", value.index, name.empty() ? "" : " ", name);
  if (sets(*setter.step)) {
    add(OriginStep::Kind::local, setter,
        fmt::format("{} was set by {}", local, place_text(setter)));
    return Operand{value.frame, setter.step->height - 1, value.part};
  }
  const wasm::FuncType& type = module.function_type(value.frame.function);
  if (value.index < type.parameters.size()) return argument(value.frame, value.index, value.part);
  add(OriginStep::Kind::zero, setter,
      fmt::format("{} is zero at first, in {}", local, place_text(setter)));
  return End{};
}

Result<Debugger::Core::Tracer::Where> Debugger::Core::Tracer::back(const GlobalValue& value) {
  REPRISE_ASSIGN(const Origin write, core_.last_write(GlobalPlace{value.global}));
  if (write.kind != Origin::Kind::instruction) {
    at_ = core_.beginning_;
    add(OriginStep::Kind::constant,
        fmt::format("the value that global {} has at first", value.global));
    return End{};
  }
  at_ = write.time;
  REPRISE_TRY(core_.go_to(at_));
  REPRISE_ASSIGN(const Here setter, here());
  add(OriginStep::Kind::global, setter,
      fmt::format("global {} was set by {}", value.global, write.description));
  if (setter.step->op != Opcode::global_set) return lost(setter, "by something else than code");
  return Operand{setter.frame, setter.step->height - 1, value.part};
}

// ---- Calls ----

/// The run stands where the function was entered.
Result<Debugger::Core::Tracer::Where> Debugger::Core::Tracer::argument(const Frame& frame,
                                                                       uint32_t index,
                                                                       const Part& part) {
  REPRISE_ASSIGN(const Here entered, here());
  const auto states = code::frame_states(*core_.run_->activation(), 2);
  const auto module = core_.modules_.number_of(instance(frame).module());
  const std::string callee =
      module ? core_.modules_.function_name(*module, frame.function) : "a function";
  bool by_guest = states.size() == 2 && states[1].native == nullptr;
  if (by_guest) {
    REPRISE_ASSIGN(by_guest, go_back());
  }
  if (!by_guest) {
    add(OriginStep::Kind::argument, entered,
        states.size() == 2
            ? fmt::format("argument {} of {}, which an adapter between components, "
                          "or a built-in, called",
                          index, callee)
            : fmt::format("argument {} of {}, which the host called", index, callee));
    return End{};
  }
  REPRISE_ASSIGN(const Here caller, here());
  if (!is_call(caller.step->op) && !is_tail_call(caller.step->op))
    return lost(caller, fmt::format("argument {} of {}, whose call is not known", index, callee));
  add(OriginStep::Kind::argument, caller,
      fmt::format("argument {} of {}, called by {}", index, callee, place_text(caller)));
  return Operand{caller.frame, caller.step->first_operand() + index, part};
}

/// The run stands before the call.
Result<Debugger::Core::Tracer::Where> Debugger::Core::Tracer::result(const Here& call,
                                                                     uint32_t index,
                                                                     const Part& part) {
  const Time called = at_;
  REPRISE_TRY(go_behind_call(call.frame));
  at_ = core_.run_->now();
  const uint64_t events = at_.event - called.event;
  REPRISE_ASSIGN(const bool any, go_back());
  if (!any || at_ == called) {
    at_ = called;
    if (events == 0) return computed(call);
    REPRISE_ASSIGN(OriginStep* const link, host(call, called.event));
    REPRISE_ASSIGN(const auto recorded,
                   replay::find_recorded_call(core_.options_.trace, called.event));
    if (!recorded || !recorded->result || !recorded->type.result) return End{};
    if (const auto found = only_part(recorded->type.result, *recorded->result, part.first)) {
      link->field = found->field;
      link->byte = found->byte;
    }
    return End{};
  }
  REPRISE_ASSIGN(const Here callee, here());
  const auto caller = machine_frame(1);
  const bool direct =
      callee.frame.depth > call.frame.depth && caller && caller->depth == call.frame.depth;
  if (!direct || is_tail_call(callee.step->op))
    return lost(callee, "handed over by an adapter between components, a built-in or a tail call");
  add(OriginStep::Kind::result, callee, fmt::format("returned by {}", place_text(callee)));
  const auto& type = instance(callee.frame).module().function_type(callee.frame.function);
  const bool has_condition =
      callee.step->op == Opcode::br_if || callee.step->op == Opcode::br_table;
  const uint32_t top = callee.step->height - (has_condition ? 1 : 0);
  return Operand{callee.frame, top - static_cast<uint32_t>(type.results.size()) + index, part};
}

Result<OriginStep*> Debugger::Core::Tracer::host(const Here& call, uint64_t event) {
  REPRISE_ASSIGN(const auto lines, core_.log_.lines(event, 1));
  OriginStep& link =
      add(OriginStep::Kind::host, call, lines.empty() ? "a call of the host" : lines[0].text);
  link.event = event;
  return &link;
}

std::vector<uint64_t> Debugger::Core::Tracer::arguments(const Here& call) const {
  std::vector<uint64_t> slots;
  for (const code::TypedSlot& value : operands(call)) slots.push_back(value.low);
  if (takes_callee(call.step->op)) slots.pop_back();
  return slots;
}

/// The run stands before the call; afterwards somewhere behind.
void Debugger::Core::Tracer::find_part(OriginStep& link, const Here& call,
                                       const MemoryRange& range) {
  const auto recorded = replay::find_recorded_call(core_.options_.trace, *link.event);
  if (!recorded || !*recorded || !(*recorded)->result || !(*recorded)->type.result) return;
  const wit::Type type = (*recorded)->type.result;
  const std::vector<uint8_t>& encoded = *(*recorded)->result;
  const std::vector<uint64_t> slots = arguments(call);
  const runtime::MemoryId id(range.memory);
  std::optional<HostPart> found;
  if (core_.source_.program->component) {
    const bool is_64 = store().memory(id).type().is_64;
    const auto width = is_64 ? wit::PointerWidth::memory64 : wit::PointerWidth::memory32;
    const auto signature = component::abi::lower_signature((*recorded)->type, width);
    if (!signature.result_in_memory || slots.empty()) return;
    if (!go_behind_call(call.frame)) return;
    found = part_in_memory(type, encoded, store().memory(id).bytes(), width, slots.back(),
                           range.address);
  } else if (const auto* abi = wasi::p1::find_function((*recorded)->name);
             abi && slots.size() == abi->core_type().parameters.size()) {
    const auto now = store().memory(id).bytes();
    std::vector<uint8_t> copy;
    found = part_by_trial(type, encoded, [&](Bytes other) -> std::optional<uint8_t> {
      copy.assign(now.begin(), now.end());
      if (!wasi::p1::lower_result(*abi, copy, slots.data(), other)) return std::nullopt;
      return copy[range.address];
    });
  }
  if (!found) return;
  link.field = found->field;
  link.byte = found->byte;
}

Result<std::vector<OriginStep>> Debugger::Core::origin(const OriginPlace& place) {
  const Time present = run_->now();
  auto links = Tracer(*this).follow(place);
  REPRISE_TRY(come_back(present));
  const bool was_interrupted = interrupted_.exchange(false);
  if (!links) return fail(std::move(links.error()));
  if (was_interrupted) return fail(ErrorKind::usage, "interrupted");
  return links;
}

}  // namespace reprise::debug
