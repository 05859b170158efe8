// WASI 0.1's way in and out of a hostile guest: the input is the number of a function, its
// parameters and the guest's memory. Arguments that lift must be what their types say; a result
// that is lowered must stay inside the memory (the sanitizer's business) or trap.

#include <array>
#include <cstring>

#include "base/check.hpp"
#include "wasi/p1/imports.hpp"
#include "wit/encoding.hpp"

using namespace reprise;
using namespace reprise::wasi;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto imports = std::move(*p1::Imports::create_for_replay());
  constexpr size_t kSlots = 9;
  std::array<uint64_t, kSlots> slots{};
  if (size < 1 + sizeof slots) return 0;
  const size_t number = data[0] % p1::functions().size();
  const p1::FunctionAbi& function = p1::functions()[number];
  std::memcpy(slots.data(), data + 1, sizeof slots);
  std::vector<uint8_t> memory(data + 1 + sizeof slots, data + size);

  const wit::FuncType& type = imports->functions()[number].type;
  ByteWriter arguments;
  if (p1::lift_arguments(function, memory, slots.data(), arguments)) {
    ByteReader in(arguments.view());
    for (const wit::Param& param : type.params) {
      REPRISE_CHECK(wit::check_value(param.type, in));
    }
    REPRISE_CHECK(in.at_end());
  }
  // The same bytes as a result, if they are one.
  ByteReader result(memory);
  if (type.result != nullptr && wit::check_value(type.result, result)) {
    const std::vector<uint8_t> encoded(memory.begin(), memory.end() - result.remaining());
    (void)p1::lower_result(function, memory, slots.data(), encoded);
  }
  return 0;
}
