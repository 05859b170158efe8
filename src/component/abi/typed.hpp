// Lifting and lowering of C++ values, straight between guest and C++: no encoded form in between.
// How a C++ type is a WIT type is said once, in reprise/values.hpp; here that description is walked
// together with the run-time type, which knows the layout and the resources. What a guest can
// observe (flat values, bytes written, realloc calls, traps) is the same as with dynamic.hpp, and
// so are the rules for the host's own mistakes: a string that isn't UTF-8, a char or enum that is
// no such value trap with TrapKind::host.
//
//   std::tuple<uint32_t, std::string> arguments;
//   REPRISE_TRY(lift_typed(context, types, wit::kMaxFlatParams, slots, arguments));
//
// The types given must be those that the C++ types describe (compare texts when linking).

#pragma once

#include <optional>
#include <span>
#include <string>
#include <tuple>

#include "component/abi/typed_products.hpp"
#include "component/abi/typed_scalars.hpp"
#include "component/abi/typed_sums.hpp"

namespace reprise::component::abi {

/// See lift_values. `out` is a std::tuple of as many values as there are types.
template <class... Ts>
TrapOr<void> lift_typed(Context& context, std::span<const Type> types, uint32_t max_flat,
                        std::span<const Slot> flat, std::tuple<Ts...>& out) {
  REPRISE_CHECK(types.size() == sizeof...(Ts));
  TypedLift state(context, flat);
  bool good =
      flat_count(types) <= max_flat
          ? typed::each(out, [&](auto& v, size_t i) { return typed::lift(state, types[i], v); })
          : typed::lift_spilled(state, types, out);
  if (good) return {};
  return std::unexpected(std::move(state.error));
}

/// See lower_values.
template <class... Ts>
TrapOr<uint32_t> lower_typed(Context& context, std::span<const Type> types, uint32_t max_flat,
                             const std::tuple<Ts...>& values, std::span<Slot> flat,
                             std::optional<uint64_t> out_pointer = std::nullopt) {
  REPRISE_CHECK(types.size() == sizeof...(Ts));
  TypedLower state(context, flat);
  bool good =
      flat_count(types) <= max_flat
          ? typed::each(values, [&](auto& v, size_t i) { return typed::lower(state, types[i], v); })
          : typed::lower_spilled(state, types, values, out_pointer);
  if (good) return static_cast<uint32_t>(state.next);
  return std::unexpected(std::move(state.error));
}

}  // namespace reprise::component::abi
