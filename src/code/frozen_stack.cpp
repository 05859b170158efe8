#include "code/frozen_stack.hpp"

#include <algorithm>
#include <cstring>
#include <map>

#include "code/frame_position.hpp"

namespace reprise::code {

using runtime::Activation;
using runtime::FuncId;
using runtime::FunctionCode;
using runtime::header_of;
using runtime::Instance;
using runtime::InstanceId;
using runtime::kFrameHeaderSlots;
using runtime::Machine;
using runtime::NativeFrame;
using runtime::NativeRecord;
using runtime::Slot;
using runtime::StoreCore;
using runtime::Word;

namespace {

std::unexpected<Error> another_program() {
  return fail(ErrorKind::malformed, "the frozen stack is of another program");
}

/// Frames are written innermost first:
///   kind, fp in slots above the stack's base;
///   a guest's: instance, function index, offset of its instruction in the module;
///   a native one's: number in the store, whether it has a scratch, the scratch.
/// The instruction is the one to run next in the innermost frame, elsewhere the call it is in.
enum class FrameKind : uint8_t { bottom, guest, native };

/// What the activation does.
enum class FrozenAs : uint8_t {
  stopped,         // at a tick
  waiting,         // in a native function
  yields_at_tick,  // the innermost frame is as if it were stopped
  yields_at_fuel   // in front of a row, which it has not paid
};
constexpr uint8_t kFrozenAs = 4;

/// Where a row begins there is a word of its own in every form of the code, though other
/// instructions for which there is no code may come first.
std::optional<size_t> word_of_row(const FunctionCode& code, const FunctionMap& map, size_t event) {
  const FunctionMap::Event& e = map.events[event];
  const bool is_row = e.is_clean && e.word < map.words && op_of(code.entry + e.word) == Op::fuel;
  return is_row ? std::optional<size_t>(e.word) : std::nullopt;
}

/// Layouts by function and instruction: recursion asks for the same ones again and again.
class Layouts {
 public:
  const FrameLayout& at(const FunctionCode& code, const Position& position) {
    const auto key = std::tuple(&code, position.event, position.is_calling);
    const auto found = known_.find(key);
    if (found != known_.end()) return found->second;
    return known_.emplace(key, layout_at(code, position)).first->second;
  }

 private:
  std::map<std::tuple<const FunctionCode*, size_t, bool>, FrameLayout> known_;
};

}  // namespace

/// A friend of Activation.
class StackFreezer {
 public:
  static Result<void> freeze(const Activation& a, ByteWriter& out);
  static Result<void> thaw(Activation& a, ByteReader& in);

 private:
  struct Thawed {
    FrameKind kind = FrameKind::bottom;
    uint64_t fp = 0;
    Instance* instance = nullptr;
    const FunctionCode* code = nullptr;
    const wasm::FuncType* type = nullptr;
    Position position;
    const Word* word = nullptr;
    bool has_scratch = false;
    Bytes scratch;

    uint64_t first_slot() const { return fp - code->frame_offset; }
  };

  static Result<void> freeze_guest(const Activation& a, const Activation::FrameView& view,
                                   Slot* copy, Layouts& layouts, ByteWriter& out);
  static Result<void> freeze_native(const Activation::FrameView& view, ByteWriter& out);

  static FrozenAs state_of(const Activation& a);
  /// `as`: what the activation does, of the innermost frame.
  static Result<Thawed> read_frame(StoreCore& store, ByteReader& in, std::optional<FrozenAs> as);
  static Result<void> read_guest(StoreCore& store, ByteReader& in, std::optional<FrozenAs> as,
                                 Thawed& frame);
  static Result<void> check_shape(StoreCore& store, const std::vector<Thawed>& frames,
                                  uint64_t slots);
  static Result<void> check_values(StoreCore& store, const std::vector<Thawed>& frames,
                                   const Slot* base);
  static void link(Slot* base, StoreCore& store, const std::vector<Thawed>& frames);
  static Result<void> thaw_scratches(Slot* base, const std::vector<Thawed>& frames);
};

// ---- Freezing ----

FrozenAs StackFreezer::state_of(const Activation& a) {
  if (a.state_ == Activation::State::stopped) return FrozenAs::stopped;
  if (a.machine_.yielded == runtime::Yielded::no) return FrozenAs::waiting;
  return a.machine_.is_stopped ? FrozenAs::yields_at_tick : FrozenAs::yields_at_fuel;
}

Result<void> StackFreezer::freeze(const Activation& a, ByteWriter& out) {
  const bool is_parked = a.state_ == Activation::State::parked;
  if ((a.state_ != Activation::State::stopped && !is_parked) || a.in_leaf() || a.machine_.is_probed)
    return fail(ErrorKind::unsupported, "the activation is not stopped at a tick");
  const auto* base = reinterpret_cast<const Slot*>(a.stack_.base());
  std::vector<Slot> slots(base, a.end_of_frames());
  ByteWriter frames;
  Layouts layouts;
  uint64_t count = 0;
  Result<void> result = ok();
  a.walk([&](const Activation::FrameView& view) {
    const auto at = static_cast<size_t>(view.fp - base);
    Slot* const copy = slots.data() + at;
    const bool is_native = view.code->native != nullptr;
    frames.u8(static_cast<uint8_t>(is_native ? FrameKind::native : FrameKind::guest));
    frames.leb_u64(at);
    result = is_native ? freeze_native(view, frames) : freeze_guest(a, view, copy, layouts, frames);
    std::fill_n(copy - kFrameHeaderSlots, kFrameHeaderSlots, Slot{0});
    if (is_native) {
      auto& record = reinterpret_cast<NativeRecord&>(*copy);
      record.scratch = nullptr;
      record.destroy_scratch = nullptr;
    }
    ++count;
    return result.has_value();
  });
  REPRISE_TRY(std::move(result));
  std::fill_n(slots.data(), kFrameHeaderSlots, Slot{0});
  out.u8(static_cast<uint8_t>(state_of(a)));
  out.leb_u64(slots.size());
  out.bytes({reinterpret_cast<const uint8_t*>(slots.data()), slots.size() * sizeof(Slot)});
  out.leb_u64(count);
  out.bytes(frames.view());
  return ok();
}

Result<void> StackFreezer::freeze_guest(const Activation& a, const Activation::FrameView& view,
                                        Slot* copy, Layouts& layouts, ByteWriter& out) {
  const FunctionCode& code = *view.code;
  const auto position = position_of(code, view.pc, view.is_calling, a.machine_.is_stopped);
  if (!position || position->is_paid)
    return fail(ErrorKind::unsupported, "a frame is between two instructions");
  if (!view.is_calling && state_of(a) == FrozenAs::yields_at_fuel) {
    REPRISE_ASSIGN(const FunctionCode* const folded,
                   const_cast<RegisterCode&>(module_of(code)).lower(code.index));
    if (!word_of_row(*folded, *module_of(code).map(code.index, false), position->event))
      return fail(ErrorKind::unsupported, "a frame yields where no row begins");
  }
  out.leb_u64(view.instance->id.value);
  out.leb_u64(code.index);
  out.leb_u64(module_of(code).map(code.index, code.is_observed)->events[position->event].offset);
  settle(copy, layouts.at(code, *position));
  return ok();
}

Result<void> StackFreezer::freeze_native(const Activation::FrameView& view, ByteWriter& out) {
  const runtime::NativeFunction& function = *view.code->native;
  const NativeFrame frame{function, runtime::native_record_of(view.fp),
                          view.fp - view.code->frame_offset};
  ByteWriter scratch;
  if (function.frame_format == nullptr || !function.frame_format->freeze(frame, scratch))
    return fail(ErrorKind::unsupported, "a frame of " + function.name + " cannot be frozen");
  out.leb_u64(view.code->index);
  out.sized(scratch);
  return ok();
}

// ---- Thawing ----

Result<void> StackFreezer::read_guest(StoreCore& store, ByteReader& in, std::optional<FrozenAs> as,
                                      Thawed& frame) {
  const bool is_innermost = as.has_value();
  REPRISE_ASSIGN(const uint64_t instance, in.leb_u64());
  REPRISE_ASSIGN(const uint32_t function, in.leb_u32());
  REPRISE_ASSIGN(const uint64_t offset, in.leb_u64());
  if (instance >= store.instance_count()) return another_program();
  frame.instance = &store.instance(InstanceId(static_cast<uint32_t>(instance)));
  auto& module = static_cast<RegisterCode&>(*frame.instance->code);
  if (function < module.module().imported_functions || function >= module.module().functions.size())
    return another_program();
  REPRISE_ASSIGN(frame.code, module.lower(function));
  frame.type = &module.module().function_type(function);
  const auto map = module.map(function, false);
  const auto event = map->event_of_offset(offset);
  if (!event) return another_program();
  frame.position = {*event, !is_innermost};
  if (!is_innermost && *event + 1 >= map->events.size()) return another_program();
  const auto word = as == FrozenAs::yields_at_fuel ? word_of_row(*frame.code, *map, *event)
                                                   : word_at(*frame.code, *map, frame.position);
  if (!word) return another_program();
  frame.word = frame.code->entry + *word;
  return ok();
}

Result<StackFreezer::Thawed> StackFreezer::read_frame(StoreCore& store, ByteReader& in,
                                                      std::optional<FrozenAs> as) {
  Thawed frame;
  REPRISE_ASSIGN(const uint8_t kind, in.u8());
  REPRISE_ASSIGN(frame.fp, in.leb_u64());
  frame.kind = static_cast<FrameKind>(kind);
  if (frame.kind == FrameKind::guest) {
    REPRISE_TRY(read_guest(store, in, as, frame));
    return frame;
  }
  if (frame.kind != FrameKind::native) return another_program();
  REPRISE_ASSIGN(const uint32_t function, in.leb_u32());
  if (function >= store.function_count()) return another_program();
  const runtime::Function& found = store.function(FuncId(function));
  if (found.cell == nullptr || !found.is_native()) return another_program();
  frame.code = found.cell->get();
  frame.type = store.types().func(found.type);
  REPRISE_ASSIGN(const uint32_t size, in.leb_u32());
  REPRISE_ASSIGN(frame.scratch, in.bytes(size));
  if (frame.code->native->frame_format == nullptr) return another_program();
  return frame;
}

/// Each frame's arguments are where its caller puts them, and none is larger than the stack.
Result<void> StackFreezer::check_shape(StoreCore& store, const std::vector<Thawed>& frames,
                                       uint64_t slots) {
  uint64_t charge = 0;
  for (size_t i = 0; i < frames.size(); ++i) {
    const Thawed& frame = frames[i];
    charge += frame.code->charge;
    if (charge > store.limits().stack_slots || frame.fp > slots ||
        frame.fp < frame.code->frame_offset)
      return another_program();
    uint64_t expected = kFrameHeaderSlots;
    if (i + 1 < frames.size()) {
      const Thawed& caller = frames[i + 1];
      expected = caller.fp;
      if (caller.kind == FrameKind::native) {
        expected += runtime::kNativeRecordSlots;
      } else {
        const FrameLayout layout = layout_at(*caller.code, caller.position);
        for (const auto& operand : layout.operands) expected += operand.type.slots();
        // Its parameters may be others, after a tail call.
        if (layout.callee == nullptr ||
            !std::ranges::equal(
                frame.type->results, layout.callee->results,
                [&](wasm::ValueType a, wasm::ValueType b) { return store.types().matches(a, b); }))
          return another_program();
      }
    }
    if (frame.first_slot() != expected) return another_program();
  }
  return ok();
}

/// What is to be a reference is one.
Result<void> StackFreezer::check_values(StoreCore& store, const std::vector<Thawed>& frames,
                                        const Slot* base) {
  for (const Thawed& frame : frames) {
    if (frame.kind != FrameKind::guest) continue;
    const FrameLayout layout = layout_at(*frame.code, frame.position);
    const auto is_good = [&](wasm::ValueType type, Place place) {
      if (!type.is_reference()) return true;
      const Slot slot = base[static_cast<ptrdiff_t>(frame.fp) + place];
      // A local that must not be null is, until it is set.
      return slot == runtime::kNullRef || store.is_reference(slot, type);
    };
    for (const auto& local : layout.locals)
      if (!is_good(local.type, local.place)) return another_program();
    for (const auto& operand : layout.operands)
      if (!is_good(operand.type, operand.home)) return another_program();
  }
  return ok();
}

void StackFreezer::link(Slot* base, StoreCore& store, const std::vector<Thawed>& frames) {
  const runtime::Tier& tier = store.engine().tier();
  header_of(base + kFrameHeaderSlots) = {};
  const Word* back = tier.return_to_host();
  Slot* caller_fp = base + kFrameHeaderSlots;
  Instance* caller_instance = nullptr;
  for (size_t i = frames.size(); i-- > 0;) {
    const Thawed& frame = frames[i];
    Slot* const fp = base + frame.fp;
    header_of(fp) = {back, caller_fp, caller_instance, frame.code};
    const bool is_native = frame.kind == FrameKind::native;
    back = is_native ? tier.return_to_native() : frame.word;
    caller_fp = fp;
    // A native function sees its caller's instance.
    if (!is_native) caller_instance = frame.instance;
    if (!is_native) continue;
    NativeRecord& record = runtime::native_record_of(fp);
    record.scratch = nullptr;
    record.destroy_scratch = nullptr;
  }
}

Result<void> StackFreezer::thaw_scratches(Slot* base, const std::vector<Thawed>& frames) {
  // From the outside in, as they were made.
  for (size_t i = frames.size(); i-- > 0;) {
    const Thawed& frame = frames[i];
    if (frame.kind != FrameKind::native) continue;
    Slot* const fp = base + frame.fp;
    const runtime::NativeFunction& function = *frame.code->native;
    ByteReader in(frame.scratch);
    const NativeFrame native{function, runtime::native_record_of(fp), base + frame.first_slot()};
    if (!function.frame_format->thaw(native, in) || !in.at_end()) return another_program();
  }
  return ok();
}

Result<void> StackFreezer::thaw(Activation& a, ByteReader& in) {
  if (a.state_ != Activation::State::idle)
    return fail(ErrorKind::usage, "the activation is in use");
  StoreCore& store = *a.machine_.store;
  REPRISE_ASSIGN(const uint8_t state, in.u8());
  if (state >= kFrozenAs) return another_program();
  const auto as = static_cast<FrozenAs>(state);
  REPRISE_ASSIGN(const uint64_t slots, in.leb_u64());
  if (slots > a.stack_.committed() / sizeof(Slot) || slots > in.remaining() / sizeof(Slot))
    return another_program();
  REPRISE_ASSIGN(const Bytes bytes, in.bytes(slots * sizeof(Slot)));
  REPRISE_ASSIGN(const uint64_t count, in.leb_u64());
  if (count == 0 || count > slots) return another_program();
  std::vector<Thawed> frames;
  for (uint64_t i = 0; i < count; ++i) {
    REPRISE_ASSIGN(Thawed frame, read_frame(store, in, i == 0 ? std::optional(as) : std::nullopt));
    frames.push_back(frame);
  }
  const bool is_in_native = frames[0].kind == FrameKind::native;
  if (is_in_native != (as == FrozenAs::waiting)) return another_program();
  REPRISE_TRY(check_shape(store, frames, slots));

  auto* base = reinterpret_cast<Slot*>(a.stack_.base());
  std::memcpy(base, bytes.data(), bytes.size());
  REPRISE_TRY(check_values(store, frames, base));
  link(base, store, frames);
  a.trap_.reset();
  a.bottom_ = base + kFrameHeaderSlots;
  a.type_ = frames.back().type;
  a.argument_slots_ = frames.back().type->parameter_slots;
  a.result_slots_ = frames.back().type->result_slots;
  Machine& machine = a.machine_;
  machine.pc = is_in_native ? store.engine().tier().return_to_native() : frames[0].word;
  machine.fp = base + frames[0].fp;
  machine.instance = nullptr;
  for (size_t i = frames.size(); i-- > 0;)
    if (frames[i].kind == FrameKind::guest) machine.instance = frames[i].instance;
  machine.budget = store.limits().stack_slots;
  for (const Thawed& frame : frames) machine.budget -= frame.code->charge;
  machine.yielded = as == FrozenAs::yields_at_tick   ? runtime::Yielded::epoch
                    : as == FrozenAs::yields_at_fuel ? runtime::Yielded::fuel
                                                     : runtime::Yielded::no;
  machine.is_probed = false;
  machine.is_stopped = as == FrozenAs::stopped || as == FrozenAs::yields_at_tick;
  machine.is_again = false;
  machine.is_caught_at_loop = false;
  machine.has_observed_frames = false;
  machine.made = 0;
  // From here on, what was made again of scratches goes when the activation is cancelled.
  a.state_ = as == FrozenAs::stopped ? Activation::State::stopped : Activation::State::parked;
  auto thawed = thaw_scratches(base, frames);
  if (!thawed) a.cancel();
  return thawed;
}

Result<void> freeze_activation(const Activation& activation, ByteWriter& out) {
  return StackFreezer::freeze(activation, out);
}

Result<void> thaw_activation(Activation& activation, ByteReader& in) {
  return StackFreezer::thaw(activation, in);
}

}  // namespace reprise::code
