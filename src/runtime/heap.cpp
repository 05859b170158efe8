// Allocation, marking and sweeping.

#include "runtime/heap.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/check.hpp"

namespace reprise::runtime {

namespace {

constexpr uint64_t make_header(uint32_t type, ObjectKind kind, uint32_t element_log2,
                               uint64_t length) {
  return type | uint64_t{static_cast<uint8_t>(kind)} << 26 | uint64_t{element_log2} << 28 |
         length << 32;
}

/// Offsets start here: 0 is null.
constexpr uint64_t kFirstOffset = 8;

}  // namespace

uint32_t Heap::element_log2(const wasm::FieldType& element) {
  switch (element.packing) {
    case wasm::Packing::i8:
      return 0;
    case wasm::Packing::i16:
      return 1;
    case wasm::Packing::none:
      break;
  }
  switch (element.value.kind()) {
    case wasm::ValueKind::i32:
    case wasm::ValueKind::f32:
      return 2;
    case wasm::ValueKind::v128:
      return 4;
    default:
      return 3;
  }
}

/// Header included. A free block has its own size in the length.
uint64_t Heap::words_of(uint64_t header) {
  const uint64_t length = header >> 32;
  switch (static_cast<ObjectKind>(header >> 26 & 3)) {
    case ObjectKind::free:
      return length;
    case ObjectKind::array:
      return std::max<uint64_t>(1 + ((length << (header >> 28 & 7)) + 7) / 8, 2);
    case ObjectKind::structure:
    case ObjectKind::exception:
      break;
  }
  return std::max<uint64_t>(1 + length, 2);
}

const Heap::Layout& Heap::layout(wasm::TypeId type) {
  std::unique_ptr<Layout>& entry = layouts_[type.value];
  if (entry == nullptr) {
    entry = std::make_unique<Layout>();
    if (const wasm::ArrayType* array = types_[type].array()) {
      entry->has_reference_elements = may_name_object(types_, array->element.value);
      return *entry;
    }
    for (const wasm::FieldType& field : types_[type].struct_type()->fields) {
      entry->field_slots.push_back(entry->slots);
      if (may_name_object(types_, field.value)) entry->reference_slots.push_back(entry->slots);
      entry->slots += field.value.slots();
    }
  }
  return *entry;
}

Slot Heap::allocate_struct(wasm::TypeId type) {
  const uint32_t slots = layout(type).slots;
  const uint64_t header = make_header(type.value, ObjectKind::structure, 0, slots);
  const uint64_t words = words_of(header);
  return finish(take(words), words, header);
}

Slot Heap::allocate_array(wasm::TypeId type, uint32_t length) {
  const uint32_t log2 = element_log2(types_[type].array()->element);
  const uint64_t header = make_header(type.value, ObjectKind::array, log2, length);
  const uint64_t words = words_of(header);
  return finish(take(words), words, header);
}

Slot Heap::allocate_exception(TagId tag, uint32_t slots) {
  const uint64_t header = make_header(tag.value, ObjectKind::exception, 0, slots);
  const uint64_t words = words_of(header);
  return finish(take(words), words, header);
}

Slot Heap::finish(Slot ref, uint64_t words, uint64_t header) {
  if (ref == kNullRef) return kNullRef;
  *word(ref) = header;
  std::fill_n(word(ref) + 1, words - 1, Slot{0});
  starts_[ref / 512] |= uint64_t{1} << (ref / 8 % 64);
  allocated_ += words * 8;
  return ref;
}

/// The first block of a list that has room, cut to size; what is left over becomes free again.
Slot Heap::take_from(Slot& list, uint64_t words) {
  for (Slot* link = &list; *link != 0; link = &word(*link)[1]) {
    const Slot ref = *link;
    const uint64_t size = words_of(*word(ref));
    // A rest of one word could not be linked.
    if (size != words && size < words + 2) continue;
    *link = word(ref)[1];
    if (size != words) give_back(ref + words * 8, size - words);
    return ref;
  }
  return kNullRef;
}

Slot Heap::take(uint64_t words) {
  if (words >= kSmallWords) {
    const Slot ref = take_from(large_, words);
    return ref != kNullRef ? ref : bump(words);
  }
  if (small_[words] != 0) return take_from(small_[words], words);
  if (const Slot ref = bump(words); ref != kNullRef) return ref;
  for (uint64_t size = words + 2; size < kSmallWords; ++size)
    if (small_[size] != 0) return take_from(small_[size], words);
  return take_from(large_, words);
}

bool Heap::reserve() {
  if (memory_.base() != nullptr) return true;
  auto reserved = Reservation::reserve(max_bytes_);
  if (!reserved) return false;
  memory_ = std::move(*reserved);
  top_ = kFirstOffset;
  return true;
}

bool Heap::commit(uint64_t need) {
  if (need <= memory_.committed()) return true;
  const uint64_t wish = std::min(memory_.size(), need + need / 2 + 65536);
  if (!memory_.commit(wish)) return false;
  starts_.resize(memory_.committed() / 512 + 1);
  return true;
}

Slot Heap::bump(uint64_t words) {
  if (!reserve()) return kNullRef;
  const uint64_t bytes = words * 8;
  if (bytes > max_bytes_ - std::min(top_, max_bytes_)) return kNullRef;
  const uint64_t need = top_ + bytes;
  if (need > granted_) {
    wanted_ = need;
    return kNullRef;
  }
  if (!commit(need)) return kNullRef;
  return std::exchange(top_, need);
}

void Heap::give_back(Slot ref, uint64_t words) {
  *word(ref) = make_header(0, ObjectKind::free, 0, words);
  Slot& list = words < kSmallWords ? small_[words] : large_;
  word(ref)[1] = list;
  list = ref;
}

void Heap::begin_marking() {
  pending_.clear();
}

void Heap::trace(const std::function<std::span<const wasm::ValueType>(TagId)>& parameters) {
  while (!pending_.empty()) {
    const Slot ref = pending_.back();
    pending_.pop_back();
    trace_object(ref, parameters);
  }
}

void Heap::trace_object(Slot ref,
                        const std::function<std::span<const wasm::ValueType>(TagId)>& parameters) {
  Slot* const payload = slots(ref);
  switch (kind(ref)) {
    case ObjectKind::structure:
      for (uint32_t slot : layout(type(ref)).reference_slots) mark(payload[slot]);
      break;
    case ObjectKind::array:
      if (layout(type(ref)).has_reference_elements)
        for (uint32_t i = 0; i < length(ref); ++i) mark(payload[i]);
      break;
    case ObjectKind::exception: {
      uint32_t slot = 0;
      for (wasm::ValueType t : parameters(tag(ref))) {
        if (may_name_object(types_, t)) mark(payload[slot]);
        slot += t.slots();
      }
      break;
    }
    case ObjectKind::free:
      break;
  }
}

void Heap::sweep() {
  small_.fill(0);
  large_ = 0;
  live_ = 0;
  Slot free_from = 0;  // a run of free words, while one is open
  const auto close = [&](Slot end) {
    if (free_from != 0) {
      const uint64_t words = (end - free_from) / 8;
      REPRISE_CHECK(words >= 2);
      give_back(free_from, words);
    }
    free_from = 0;
  };
  for (Slot at = kFirstOffset; at < top_;) {
    const uint64_t header = *word(at);
    const uint64_t words = words_of(header);
    if (header & kMark) {
      close(at);
      *word(at) = header & ~kMark;
      live_ += words * 8;
    } else {
      starts_[at / 512] &= ~(uint64_t{1} << (at / 8 % 64));
      if (free_from == 0) free_from = at;
    }
    at += words * 8;
  }
  // What is free at the end can be bumped over again.
  if (free_from != 0) top_ = free_from;
  allocated_ = 0;
  threshold_ = pace_ == 0 ? 0 : std::max(pace_, live_);
  ++collections_;
}

void Heap::freeze(ByteWriter& out) const {
  if (top_ == 0) return;
  for (uint64_t number : {top_, live_, allocated_, threshold_, collections_, uint64_t{large_}})
    out.leb_u64(number);
  for (Slot head : small_) out.leb_u64(head);
  out.bytes({memory_.base(), top_});
  const size_t words = top_ / 512 + 1;
  out.bytes({reinterpret_cast<const uint8_t*>(starts_.data()), words * sizeof(uint64_t)});
}

Result<void> Heap::thaw(ByteReader& in) {
  std::fill(starts_.begin(), starts_.end(), 0);
  // Fresh memory is zero, and whoever allocates relies on it.
  if (memory_.base() != nullptr) std::memset(memory_.base(), 0, memory_.committed());
  top_ = memory_.base() != nullptr ? kFirstOffset : 0;
  live_ = allocated_ = collections_ = large_ = 0;
  threshold_ = pace_;
  small_.fill(0);
  if (in.at_end()) return ok();
  REPRISE_ASSIGN(const uint64_t top, in.leb_u64());
  if (top > max_bytes_ || !reserve() || !commit(top))
    return fail(ErrorKind::limit, "there is no room for the frozen heap");
  for (uint64_t* number : {&live_, &allocated_, &threshold_, &collections_, &large_}) {
    REPRISE_ASSIGN(*number, in.leb_u64());
  }
  for (Slot& head : small_) {
    REPRISE_ASSIGN(head, in.leb_u64());
  }
  REPRISE_ASSIGN(const Bytes bytes, in.bytes(top));
  std::memcpy(memory_.base(), bytes.data(), bytes.size());
  REPRISE_ASSIGN(const Bytes starts, in.bytes((top / 512 + 1) * sizeof(uint64_t)));
  std::memcpy(starts_.data(), starts.data(), starts.size());
  top_ = top;
  return ok();
}

}  // namespace reprise::runtime
