// Instance and TypedFunc: an instantiated component, and a function that it exports.
//
//   auto greet = instance.func<std::string(std::string)>("example:app/greeter@1.0.0", "greet");
//   if (!greet) …                         // no such export, or of another type: kind `link`
//   Outcome<std::string> said = store.run(greet->call(store, "Ada"));
//
// The C++ signature is compared with the component's type once, in func(): a call checks nothing
// but its values. A trap ends the call with a Failure that holds it, and closes the instance: calls
// into it fail from then on.
//
// Both are cheap handles into their store, and good for as long as it lives.
// Thread rules: on the store's thread only.

#pragma once

#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "reprise/bind.hpp"
#include "reprise/store.hpp"

namespace reprise {

namespace embed {
struct Exported;
}

namespace detail {

class InstanceState;

using EncodedTask = Task<Outcome<std::vector<uint8_t>>>;

/// Finds an export and compares its type with `signature`, parameters by position.
Result<const embed::Exported*> find_export(InstanceState& instance, std::string_view interface,
                                           std::string_view name, std::string_view signature);
EncodedTask call_export(AnyStore& store, InstanceState* instance, const embed::Exported* function,
                        std::vector<uint8_t> arguments);
Failure undecodable_results();

}  // namespace detail

template <class Signature>
class TypedFunc;

template <class R, class... A>
class TypedFunc<R(A...)> {
 public:
  /// Nothing runs until the Task is awaited or run. `store` is the one of the instance.
  Task<Outcome<R>> call(AnyStore& store, std::type_identity_t<A>... arguments) const {
    ByteWriter encoded;
    (Describe<std::remove_cvref_t<A>>::encode(encoded, arguments), ...);
    return decode(detail::call_export(store, instance_, function_, encoded.take()));
  }

 private:
  friend class Instance;
  TypedFunc(detail::InstanceState* instance, const embed::Exported* function)
      : instance_(instance), function_(function) {}

  static Task<Outcome<R>> decode(detail::EncodedTask task) {
    Outcome<std::vector<uint8_t>> encoded = co_await task;
    if (!encoded) co_return std::unexpected(std::move(encoded.error()));
    if constexpr (std::is_void_v<R>) {
      co_return Outcome<void>();
    } else {
      R value{};
      ByteReader in(*encoded);
      if (!Describe<R>::decode(in, value) || !in.at_end())
        co_return std::unexpected(detail::undecodable_results());
      co_return value;
    }
  }

  detail::InstanceState* instance_;
  const embed::Exported* function_;
};

class Instance {
 public:
  /// `interface` as the component has it, version included; empty for functions of the root.
  template <class Signature>
  Result<TypedFunc<Signature>> func(std::string_view interface, std::string_view name) const {
    return find(interface, name, static_cast<Signature*>(nullptr));
  }

 private:
  friend struct detail::Access;
  explicit Instance(detail::InstanceState* state) : state_(state) {}

  template <class R, class... A>
  Result<TypedFunc<R(A...)>> find(std::string_view interface, std::string_view name,
                                  R (*)(A...)) const {
    using Arguments = std::tuple<std::remove_cvref_t<A>...>;
    REPRISE_ASSIGN(auto function, detail::find_export(
                                      *state_, interface, name,
                                      detail::signature_text<R>(static_cast<Arguments*>(nullptr))));
    return TypedFunc<R(A...)>(state_, function);
  }

  detail::InstanceState* state_;
};

}  // namespace reprise
