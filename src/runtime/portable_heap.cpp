#include "runtime/portable_heap.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <functional>
#include <unordered_map>

#include "runtime/store.hpp"

namespace reprise::runtime {

namespace {

constexpr Slot kFirstOffset = 8;
constexpr size_t kCounters = 4;     // bytes alive and allocated, the next collection, collections
constexpr size_t kSmallLists = 64;  // by the size of their blocks in words

std::unexpected<Error> damaged() {
  return fail(ErrorKind::malformed, "the frozen heap makes no sense");
}

/// The header of an object or a free block, taken apart (heap.hpp).
struct Header {
  static constexpr uint64_t kTypeMask = (uint64_t{1} << 26) - 1;
  uint64_t bits;

  uint32_t type() const { return static_cast<uint32_t>(bits & kTypeMask); }
  ObjectKind kind() const { return static_cast<ObjectKind>(bits >> 26 & 3); }
  uint32_t element_log2() const { return bits >> 28 & 7; }
  bool is_marked() const { return (bits >> 31 & 1) != 0; }
  uint64_t length() const { return bits >> 32; }
  Header with_type(uint32_t type) const { return {(bits & ~kTypeMask) | type}; }

  /// How long the block is, header included.
  uint64_t words() const {
    if (kind() == ObjectKind::free) return length();
    const uint64_t payload =
        kind() == ObjectKind::array ? ((length() << element_log2()) + 7) / 8 : length();
    return std::max<uint64_t>(1 + payload, 2);
  }
};

/// Numbers for what objects name that follow from the program.
class ModuleTypes {
 public:
  explicit ModuleTypes(StoreCore& store) : store_(store) {
    for (uint32_t i = 0; i < store.instance_count(); ++i) {
      const Instance& instance = store.instance(InstanceId(i));
      for (const wasm::TypeId type : instance.module().types)
        if (numbers_.try_emplace(type.value, static_cast<uint32_t>(types_.size())).second)
          types_.push_back(type);
      for (const TagId tag : instance.tag_ids) {
        uint32_t slots = 0;
        for (const wasm::ValueType one : parameters(tag)) slots += one.slots();
        exception_slots_[tag.value] = slots;
      }
    }
  }

  /// With the number of its type; an exception's tag has one that is the same everywhere.
  std::optional<Header> to_portable(Header header) const {
    if (header.kind() == ObjectKind::exception || header.kind() == ObjectKind::free) return header;
    const auto found = numbers_.find(header.type());
    if (found == numbers_.end()) return std::nullopt;
    return header.with_type(found->second);
  }
  /// Nothing if there is no such object.
  std::optional<Header> from_portable(Header header) const {
    if (header.is_marked()) return std::nullopt;
    if (header.kind() == ObjectKind::free) return header;
    if (header.kind() == ObjectKind::exception) {
      const auto found = exception_slots_.find(header.type());
      const bool is_one = found != exception_slots_.end() && found->second == header.length();
      return is_one ? std::optional(header) : std::nullopt;
    }
    if (header.type() >= types_.size()) return std::nullopt;
    const wasm::TypeId type = types_[header.type()];
    const wasm::SubType& definition = store_.types()[type];
    if (header.kind() == ObjectKind::structure) {
      if (!definition.struct_type() || store_.heap().layout(type).slots != header.length())
        return std::nullopt;
    } else if (!definition.array() ||
               Heap::element_log2(definition.array()->element) != header.element_log2()) {
      return std::nullopt;
    }
    return header.with_type(type.value);
  }

 private:
  std::span<const wasm::ValueType> parameters(TagId tag) const {
    return store_.types().func(store_.tag(tag).type)->parameters;
  }

  StoreCore& store_;
  std::unordered_map<uint32_t, uint32_t> numbers_;  // by type id
  std::vector<wasm::TypeId> types_;                 // by number
  std::unordered_map<uint32_t, uint32_t> exception_slots_;
};

/// What stands before the objects in the bytes of Heap::freeze().
struct Counters {
  uint64_t top = 0;
  std::array<uint64_t, kCounters> counters{};
  Slot large = 0;
  std::array<Slot, kSmallLists> small{};

  static Result<Counters> read(ByteReader& in) {
    Counters made;
    REPRISE_ASSIGN(made.top, in.leb_u64());
    for (uint64_t& counter : made.counters) {
      REPRISE_ASSIGN(counter, in.leb_u64());
    }
    REPRISE_ASSIGN(made.large, in.leb_u64());
    for (Slot& head : made.small) {
      REPRISE_ASSIGN(head, in.leb_u64());
    }
    return made;
  }
  void write(ByteWriter& out) const {
    out.leb_u64(top);
    for (const uint64_t counter : counters) out.leb_u64(counter);
    out.leb_u64(large);
    for (const Slot head : small) out.leb_u64(head);
  }
};

/// The bytes of a heap, by words.
class Blocks {
 public:
  explicit Blocks(std::span<uint8_t> bytes) : bytes_(bytes) {}

  uint64_t word(Slot at) const {
    uint64_t word = 0;
    std::memcpy(&word, bytes_.data() + at, sizeof word);
    return word;
  }
  void set(Slot at, uint64_t word) { std::memcpy(bytes_.data() + at, &word, sizeof word); }
  /// Rewrites each header. False if one has nothing to be rewritten to, or the blocks don't end
  /// where the bytes do.
  bool rewrite(const std::function<std::optional<Header>(Slot, Header)>& change) {
    for (Slot at = kFirstOffset; at < bytes_.size();) {
      const auto header = change(at, {word(at)});
      if (!header || header->words() < 2 || header->words() > (bytes_.size() - at) / 8)
        return false;
      set(at, header->bits);
      at += header->words() * 8;
    }
    return true;
  }

 private:
  std::span<uint8_t> bytes_;
};

/// One bit for each word of a heap.
class WordSet {
 public:
  explicit WordSet(uint64_t bytes) : bits_(bytes / 512 + 1) {}
  void add(Slot at) { bits_[at / 512] |= uint64_t{1} << (at / 8 % 64); }
  /// False if it is not there.
  bool take(Slot at) {
    if (at % 8 != 0 || at / 512 >= bits_.size()) return false;
    uint64_t& word = bits_[at / 512];
    const uint64_t bit = uint64_t{1} << (at / 8 % 64);
    if ((word & bit) == 0) return false;
    word &= ~bit;
    return true;
  }
  const std::vector<uint64_t>& bits() const { return bits_; }

 private:
  std::vector<uint64_t> bits_;
};

/// Each block of a list is free, of a size that the list is for, and in one list only.
bool are_lists(const Counters& counters, const Blocks& blocks, WordSet free) {
  const auto is_list = [&](Slot head, uint64_t least, uint64_t most) {
    for (Slot at = head; at != 0; at = blocks.word(at + 8)) {
      if (!free.take(at)) return false;
      const uint64_t words = Header{blocks.word(at)}.words();
      if (words < least || words > most) return false;
    }
    return true;
  };
  for (size_t words = 0; words < kSmallLists; ++words)
    if (!is_list(counters.small[words], words, words)) return false;
  return is_list(counters.large, kSmallLists, UINT64_MAX);
}

}  // namespace

Result<PortableHeap> to_portable(StoreCore& store, Bytes frozen) {
  PortableHeap made;
  ByteReader in(frozen);
  REPRISE_ASSIGN(const Counters counters, Counters::read(in));
  REPRISE_ASSIGN(const Bytes bytes, in.bytes(counters.top));
  made.objects.assign(bytes.begin(), bytes.end());
  const ModuleTypes types(store);
  if (!Blocks(made.objects).rewrite([&](Slot, Header h) { return types.to_portable(h); }))
    return fail(ErrorKind::unsupported, "an object has a type that no module has");
  ByteWriter out;
  counters.write(out);
  made.state = out.take();
  return made;
}

Result<std::vector<uint8_t>> from_portable(StoreCore& store, Bytes state, Bytes objects) {
  ByteReader in(state);
  REPRISE_ASSIGN(const Counters counters, Counters::read(in));
  if (!in.at_end() || counters.top < kFirstOffset || counters.top % 8 != 0 ||
      counters.top > objects.size())
    return damaged();
  std::vector<uint8_t> copy(objects.begin(),
                            objects.begin() + static_cast<ptrdiff_t>(counters.top));
  const ModuleTypes types(store);
  WordSet starts(counters.top), free(counters.top);
  Blocks blocks(copy);
  const bool are_blocks = blocks.rewrite([&](Slot at, Header header) {
    (header.kind() == ObjectKind::free ? free : starts).add(at);
    return types.from_portable(header);
  });
  if (!are_blocks || !are_lists(counters, blocks, std::move(free))) return damaged();
  ByteWriter out;
  counters.write(out);
  out.bytes(copy);
  out.bytes({reinterpret_cast<const uint8_t*>(starts.bits().data()),
             starts.bits().size() * sizeof(uint64_t)});
  return out.take();
}

Result<void> check_objects(StoreCore& store) {
  Heap& heap = store.heap();
  const auto is_value = [&](wasm::ValueType type, Slot slot) {
    return !type.is_reference() || store.is_reference(slot, type);
  };
  const auto is_good = [&](Slot object) {
    const Slot* slot = heap.slots(object);
    switch (heap.kind(object)) {
      case ObjectKind::structure:
        for (const wasm::FieldType& field :
             store.types()[heap.type(object)].struct_type()->fields) {
          if (!is_value(field.value, *slot)) return false;
          slot += field.value.slots();
        }
        break;
      case ObjectKind::array: {
        const wasm::ValueType element = store.types()[heap.type(object)].array()->element.value;
        if (!element.is_reference()) break;
        return std::all_of(slot, slot + heap.length(object),
                           [&](Slot one) { return is_value(element, one); });
      }
      case ObjectKind::exception:
        for (const wasm::ValueType type :
             store.types().func(store.tag(heap.tag(object)).type)->parameters) {
          if (!is_value(type, *slot)) return false;
          slot += type.slots();
        }
        break;
      case ObjectKind::free:
        break;
    }
    return true;
  };
  for (Slot at = kFirstOffset; at < heap.used_bytes();) {
    if (!is_good(at)) return damaged();
    at += Header{heap.header(at)}.words() * 8;
  }
  return ok();
}

}  // namespace reprise::runtime
