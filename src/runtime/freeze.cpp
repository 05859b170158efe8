#include "runtime/freeze.hpp"

#include <algorithm>
#include <cstring>

#include "runtime/activation.hpp"

namespace reprise::runtime {

namespace {

constexpr uint64_t kNone = UINT32_MAX;

std::unexpected<Error> another_store() {
  return fail(ErrorKind::malformed, "the frozen state is of another program");
}

void freeze_slots(std::span<const Slot> slots, ByteWriter& out) {
  out.leb_u64(slots.size());
  out.bytes({reinterpret_cast<const uint8_t*>(slots.data()), slots.size_bytes()});
}

Result<Bytes> thaw_slot_bytes(ByteReader& in, uint64_t count) {
  if (count > in.remaining() / sizeof(Slot)) return in.malformed("frozen slots are cut");
  return in.bytes(count * sizeof(Slot));
}

Result<void> thaw_slots(ByteReader& in, std::span<Slot> slots) {
  REPRISE_ASSIGN(const Bytes bytes, thaw_slot_bytes(in, slots.size()));
  std::copy_n(bytes.data(), bytes.size(), reinterpret_cast<uint8_t*>(slots.data()));
  return ok();
}

Result<void> thaw_segments(Instance& instance, ByteReader& in) {
  for (size_t i = 0; i < instance.data_segments.size(); ++i) {
    REPRISE_ASSIGN(const uint8_t is_there, in.u8());
    instance.data_segments[i] = is_there != 0 ? instance.module().data[i].bytes : Bytes{};
  }
  for (std::vector<Slot>& segment : instance.element_segments) {
    REPRISE_ASSIGN(const uint64_t count, in.leb_u64());
    if (count > in.remaining() / sizeof(Slot)) return another_store();
    segment.resize(count);
    REPRISE_TRY(thaw_slots(in, segment));
  }
  return ok();
}

}  // namespace

void freeze_store(StoreCore& store, ByteWriter& out) {
  out.leb_u64(store.table_count());
  for (uint32_t i = 0; i < store.table_count(); ++i)
    freeze_slots(store.table(TableId(i)).all(), out);
  out.leb_u64(store.global_count());
  for (uint32_t i = 0; i < store.global_count(); ++i) {
    out.u64_le(store.global(GlobalId(i)).value[0]);
    out.u64_le(store.global(GlobalId(i)).value[1]);
  }
  out.leb_u64(store.instance_count());
  for (uint32_t i = 0; i < store.instance_count(); ++i) {
    const Instance& instance = store.instance(InstanceId(i));
    // A data segment is as the module has it, or dropped.
    for (const Bytes& segment : instance.data_segments) out.u8(segment.empty() ? 0 : 1);
    for (const auto& segment : instance.element_segments) freeze_slots(segment, out);
  }
  store.heap().freeze(out);
}

Result<void> thaw_store(StoreCore& store, ByteReader& in) {
  REPRISE_ASSIGN(const uint64_t tables, in.leb_u64());
  if (tables != store.table_count()) return another_store();
  for (uint32_t i = 0; i < tables; ++i) {
    REPRISE_ASSIGN(const uint64_t size, in.leb_u64());
    Table& table = store.table(TableId(i));
    if (size > table.max_size() || size > in.remaining() / sizeof(Slot)) return another_store();
    REPRISE_TRY(table.resize(size));
    REPRISE_TRY(thaw_slots(in, table.all()));
  }
  REPRISE_ASSIGN(const uint64_t globals, in.leb_u64());
  if (globals != store.global_count()) return another_store();
  for (uint32_t i = 0; i < globals; ++i) {
    REPRISE_ASSIGN(store.global(GlobalId(i)).value[0], in.u64_le());
    REPRISE_ASSIGN(store.global(GlobalId(i)).value[1], in.u64_le());
  }
  REPRISE_ASSIGN(const uint64_t instances, in.leb_u64());
  if (instances != store.instance_count()) return another_store();
  for (uint32_t i = 0; i < instances; ++i)
    REPRISE_TRY(thaw_segments(store.instance(InstanceId(i)), in));
  store.note_thawed();
  return store.heap().thaw(in);
}

/// Frames are written innermost first:
///   kind, fp in slots above the stack's base, instance whose code runs in it;
///   a guest's: function index, word at which it goes on; a native one's: function, scratch.
enum class FrameKind : uint8_t { bottom, guest, native };

/// Freezes and thaws; a friend of Activation.
class StackFreezer {
 public:
  static Result<void> freeze(const Activation& a, ByteWriter& out) {
    if (a.state_ != Activation::State::stopped || a.in_leaf() || a.machine_.is_probed)
      return fail(ErrorKind::unsupported, "the activation is not stopped at a tick");
    const Machine& machine = a.machine_;
    const auto* base = reinterpret_cast<const Slot*>(a.stack_.base());
    std::vector<Slot> slots(base, a.end_of_frames());
    ByteWriter frames;
    uint64_t count = 0;
    const Word* pc = machine.pc;
    const Instance* instance = machine.instance;
    for (Slot* fp = machine.fp; fp != nullptr; ++count) {
      REPRISE_TRY(freeze_frame(a, fp, pc, instance, frames));
      const FrameHeader& header = header_of(fp);
      const auto at = static_cast<size_t>(fp - base);
      std::fill_n(slots.begin() + static_cast<ptrdiff_t>(at - kFrameHeaderSlots), kFrameHeaderSlots,
                  Slot{0});
      if (header.code != nullptr && header.code->native != nullptr) {
        auto& record = reinterpret_cast<NativeRecord&>(slots[at]);
        record.scratch = nullptr;
        record.destroy_scratch = nullptr;
      }
      pc = header.return_pc;
      instance = header.caller_instance;
      fp = header.caller_fp;
    }
    out.leb_u64(static_cast<uint64_t>(machine.budget));
    out.leb_u64(a.argument_slots_);
    out.leb_u64(a.result_slots_);
    freeze_slots(slots, out);
    out.leb_u64(count);
    out.bytes(frames.view());
    return ok();
  }

  static Result<void> thaw(Activation& a, ByteReader& in) {
    if (a.state_ != Activation::State::idle)
      return fail(ErrorKind::usage, "the activation is in use");
    StoreCore& store = *a.machine_.store;
    REPRISE_ASSIGN(const uint64_t budget, in.leb_u64());
    REPRISE_ASSIGN(const uint32_t argument_slots, in.leb_u32());
    REPRISE_ASSIGN(const uint32_t result_slots, in.leb_u32());
    REPRISE_ASSIGN(const uint64_t slots, in.leb_u64());
    if (slots > a.stack_.committed() / sizeof(Slot)) return another_store();
    REPRISE_ASSIGN(const Bytes bytes, thaw_slot_bytes(in, slots));
    REPRISE_ASSIGN(const uint64_t count, in.leb_u64());
    if (count > slots || budget > store.limits().stack_slots) return another_store();
    std::vector<Thawed> frames;
    for (uint64_t i = 0; i < count; ++i) {
      REPRISE_ASSIGN(Thawed frame, read_frame(store, in, slots));
      frames.push_back(std::move(frame));
    }
    if (!are_nested(frames)) return another_store();

    auto* base = reinterpret_cast<Slot*>(a.stack_.base());
    std::memcpy(base, bytes.data(), bytes.size());
    REPRISE_TRY(link(base, store, frames));
    a.trap_.reset();
    a.bottom_ = base + frames.back().fp;
    a.type_ = type_of(store, frames[frames.size() - 2]);
    a.argument_slots_ = argument_slots;
    a.result_slots_ = result_slots;
    Machine& machine = a.machine_;
    machine.pc = frames[0].code->entry + frames[0].word;
    machine.fp = base + frames[0].fp;
    machine.instance = frames[0].instance;
    machine.budget = static_cast<int64_t>(budget);
    machine.is_probed = false;
    machine.is_stopped = true;
    machine.is_again = false;
    machine.is_caught_at_loop = false;
    machine.made = 0;
    a.state_ = Activation::State::stopped;
    return ok();
  }

 private:
  struct Thawed {
    FrameKind kind = FrameKind::bottom;
    uint64_t fp = 0;
    Instance* instance = nullptr;
    const FunctionCode* code = nullptr;
    uint64_t word = 0;
    Bytes scratch;
  };

  static const wasm::FuncType* type_of(StoreCore& store, const Thawed& frame) {
    const FunctionCode& code = *frame.code;
    return code.native != nullptr ? &store.function_type(FuncId(code.index))
                                  : &code.module->module().function_type(code.index);
  }

  static Result<void> freeze_frame(const Activation& a, Slot* fp, const Word* pc,
                                   const Instance* instance, ByteWriter& out) {
    const FunctionCode* code = header_of(fp).code;
    out.u8(static_cast<uint8_t>(code == nullptr           ? FrameKind::bottom
                                : code->native != nullptr ? FrameKind::native
                                                          : FrameKind::guest));
    out.leb_u64(static_cast<uint64_t>(fp - reinterpret_cast<const Slot*>(a.stack_.base())));
    out.leb_u64(instance == nullptr ? kNone : instance->id.value);
    if (code == nullptr) return ok();
    out.leb_u64(code->index);
    if (code->native == nullptr) {
      if (code->module->cell(code->index).get() != code)
        return fail(ErrorKind::unsupported, "a frame runs observed code");
      out.leb_u64(static_cast<uint64_t>(pc - code->entry));
      return ok();
    }
    const NativeRecord& record = native_record_of(fp);
    ByteWriter scratch;
    if (record.scratch != nullptr) {
      const ScratchFormat* format = code->native->scratch_format;
      if (format == nullptr || !format->freeze(record.scratch, scratch))
        return fail(ErrorKind::unsupported,
                    "the native function " + code->native->name + " keeps more than plain data");
    }
    out.u8(record.scratch != nullptr ? 1 : 0);
    out.sized(scratch);
    return ok();
  }

  static Result<Thawed> read_frame(StoreCore& store, ByteReader& in, uint64_t slots) {
    Thawed frame;
    REPRISE_ASSIGN(const uint8_t kind, in.u8());
    if (kind > static_cast<uint8_t>(FrameKind::native)) return another_store();
    frame.kind = static_cast<FrameKind>(kind);
    REPRISE_ASSIGN(frame.fp, in.leb_u64());
    REPRISE_ASSIGN(const uint64_t instance, in.leb_u64());
    if (instance != kNone && instance >= store.instance_count()) return another_store();
    if (instance != kNone)
      frame.instance = &store.instance(InstanceId(static_cast<uint32_t>(instance)));
    if (frame.fp < kFrameHeaderSlots || frame.fp > slots) return another_store();
    if (frame.kind == FrameKind::bottom) return frame;
    REPRISE_ASSIGN(const uint32_t function, in.leb_u32());
    if (frame.kind == FrameKind::native) {
      if (function >= store.function_count()) return another_store();
      frame.code = store.function(FuncId(function)).cell->get();
      if (frame.code == nullptr || frame.code->native == nullptr) return another_store();
      REPRISE_ASSIGN(const uint8_t has_scratch, in.u8());
      REPRISE_ASSIGN(const uint32_t size, in.leb_u32());
      REPRISE_ASSIGN(frame.scratch, in.bytes(size));
      if (has_scratch != 0 && frame.code->native->scratch_format == nullptr) return another_store();
      frame.word = has_scratch;
    } else {
      if (frame.instance == nullptr) return another_store();
      ModuleCode& code = *frame.instance->code;
      if (function < code.module().imported_functions || function >= code.module().functions.size())
        return another_store();
      if (code.cell(function).get() == nullptr) REPRISE_TRY(code.lower_all());
      frame.code = code.cell(function).get();
      REPRISE_ASSIGN(frame.word, in.leb_u64());
      if (!code.offset_of(*frame.code,
                          frame.code->entry + std::min<uint64_t>(frame.word, UINT32_MAX)))
        return another_store();
    }
    const uint64_t own = frame.code->charge - kFrameCharge;
    if (frame.code->frame_offset > frame.fp || frame.fp + own > slots + own) return another_store();
    return frame;
  }

  /// One bottom, at the end, and each frame's arguments inside of its caller's.
  static bool are_nested(const std::vector<Thawed>& frames) {
    if (frames.size() < 2 || frames[0].kind != FrameKind::guest) return false;
    if (frames.back().kind != FrameKind::bottom || frames.back().fp != kFrameHeaderSlots)
      return false;
    for (size_t i = 0; i + 1 < frames.size(); ++i) {
      if (frames[i].kind == FrameKind::bottom) return false;
      if (frames[i].fp - frames[i].code->frame_offset < frames[i + 1].fp) return false;
    }
    return true;
  }

  static Result<void> link(Slot* base, StoreCore& store, const std::vector<Thawed>& frames) {
    const Tier& tier = store.engine().tier();
    header_of(base + frames.back().fp) = {};
    for (size_t i = frames.size() - 1; i-- > 0;) {
      const Thawed& frame = frames[i];
      const Thawed& caller = frames[i + 1];
      const Word* back = caller.kind == FrameKind::bottom   ? tier.return_to_host()
                         : caller.kind == FrameKind::native ? tier.return_to_native()
                                                            : caller.code->entry + caller.word;
      header_of(base + frame.fp) = {back, base + caller.fp, caller.instance, frame.code};
      if (frame.kind != FrameKind::native) continue;
      NativeRecord& record = native_record_of(base + frame.fp);
      record.scratch = nullptr;
      record.destroy_scratch = nullptr;
      if (frame.word == 0) continue;
      const ScratchFormat& format = *frame.code->native->scratch_format;
      ByteReader scratch(frame.scratch);
      record.scratch = format.thaw(scratch);
      record.destroy_scratch = format.destroy;
      if (record.scratch == nullptr) return another_store();
    }
    return ok();
  }
};

Result<void> freeze_activation(const Activation& activation, ByteWriter& out) {
  return StackFreezer::freeze(activation, out);
}

Result<void> thaw_activation(Activation& activation, ByteReader& in) {
  return StackFreezer::thaw(activation, in);
}

}  // namespace reprise::runtime
