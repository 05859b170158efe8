// Lifting from a hostile guest: the input is a type's text, a zero byte, options, and then a memory
// whose first bytes are also the flat values. Whatever lifts must be well-formed, and must come out
// the same after it was moved to another guest.

#include <algorithm>
#include <array>
#include <cstring>

#include "base/check.hpp"
#include "component/abi/dynamic.hpp"
#include "wit/encoding.hpp"

namespace {

using namespace reprise;
using namespace reprise::component::abi;

class FuzzGuest final : public Instance {
 public:
  std::vector<uint8_t> bytes;
  std::span<uint8_t> memory() override { return bytes; }
  TrapOr<uint64_t> realloc(uint64_t old_pointer, uint64_t old_size, uint64_t alignment,
                           uint64_t new_size) override {
    uint64_t pointer = align_to(bytes.size(), alignment);
    if (pointer + new_size > (1 << 20)) return trap(TrapKind::unreachable, "out of memory");
    bytes.resize(pointer + new_size);
    std::copy_n(bytes.begin() + static_cast<ptrdiff_t>(old_pointer), std::min(old_size, new_size),
                bytes.begin() + static_cast<ptrdiff_t>(pointer));
    return pointer;
  }
  TrapOr<uint32_t> lift_handle(Type, uint32_t index) override { return index; }
  TrapOr<uint32_t> lower_handle(Type, uint32_t ordinal) override { return ordinal; }
};

struct Options {
  StringEncoding encoding;
  PointerWidth width;
  uint32_t max_flat;
};

Options options_of(uint8_t bits) {
  return {static_cast<StringEncoding>(bits % 3),
          bits & 0x10 ? PointerWidth::memory64 : PointerWidth::memory32,
          bits & 0x20 ? 0 : wit::kMaxFlatParams};
}

void run(Type type, Options from, Options to, std::span<const uint8_t> memory) {
  FuzzGuest source, target;
  source.bytes.assign(memory.begin(), memory.end());
  std::array<Slot, wit::kMaxFlatParams> slots{}, moved{};
  std::memcpy(slots.data(), memory.data(), std::min(memory.size(), sizeof slots));
  Context source_context{source, from.encoding, from.width};
  Context target_context{target, to.encoding, to.width};
  std::array types{type};

  ByteWriter lifted;
  if (!lift_values(source_context, types, from.max_flat, slots, lifted)) return;
  ByteReader reader(lifted.view());
  REPRISE_CHECK(wit::check_value(type, reader).has_value() && reader.at_end());

  TransferBuffer buffer;
  if (!transfer_values({source_context, types, from.max_flat}, slots,
                       {target_context, types, to.max_flat}, moved, buffer)) {
    return;  // only for want of memory
  }
  ByteWriter again;
  REPRISE_CHECK(lift_values(target_context, types, to.max_flat, moved, again).has_value());
  REPRISE_CHECK(std::ranges::equal(lifted.view(), again.view()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  size_t split = input.find('\0');
  if (split == std::string_view::npos || size - split < 3) return 0;
  wit::TypeTable table;
  auto type = wit::parse_type(input.substr(0, split), table);
  // Large types, and lists within lists, only make it slow.
  if (!type || (*type)->node_count > 30 || (*type)->layouts[1].size > 4096) return 0;
  Options from = options_of(data[split + 1]);
  Options to = options_of(data[split + 2]);
  run(*type, from, to, {data + split + 3, size - split - 3});
  return 0;
}
