// Instance and TypedFunc: an instantiated component, and a function that it exports.
//
//   auto greet = instance.func<std::string(std::string)>("example:app/greeter@1.0.0", "greet");
//   if (!greet) std::fputs(greet.error().to_string().c_str(), stderr);  // kind `link`
//   Outcome<std::string> said = greet->call(store, "Ada").run();
//
// func() fails when there is no such export, or it is of another type.
//
// The C++ signature is compared with the component's type once, in func(): a call checks nothing
// but its values. A trap ends the call with a Failure that holds it, and closes the instance: calls
// into it fail from then on.
//
// A DynamicFunc is the same for a type that is known at run time only, with values as trees.
//
// All are cheap handles into their store, and good for as long as it lives.
// Thread rules: on the store's thread only.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "reprise/bind.hpp"
#include "reprise/store.hpp"
#include "reprise/value.hpp"

namespace reprise {

namespace embed {
struct Exported;
}

namespace detail {

class InstanceState;

/// Finds an export and compares its type with `signature`, parameters by position.
Result<const embed::Exported*> find_export(InstanceState& instance, std::string_view interface,
                                           std::string_view name, std::string_view signature);
std::unique_ptr<Work> call_export(StoreRef store, InstanceState* instance,
                                  const embed::Exported* function, std::vector<uint8_t> arguments);
/// Of a call that has returned.
std::vector<uint8_t> take_results(Work& work);
Failure undecodable_results();

}  // namespace detail

template <class Signature>
class TypedFunc;

template <class R, class... A>
class TypedFunc<R(A...)> {
 public:
  /// Nothing runs until the Operation is awaited or run. `store` is the one of the instance, or the
  /// Call<T> of a host function that calls back.
  Operation<R> call(StoreRef store, std::type_identity_t<A>... arguments) const {
    ByteWriter encoded;
    (Describe<std::remove_cvref_t<A>>::encode(encoded, arguments), ...);
    return Operation<R>(detail::call_export(store, instance_, function_, encoded.take()), decode);
  }

 private:
  friend class Instance;
  TypedFunc(detail::InstanceState* instance, const embed::Exported* function)
      : instance_(instance), function_(function) {}

  static Outcome<R> decode(detail::Work& work) {
    if constexpr (std::is_void_v<R>) {
      return {};
    } else {
      const std::vector<uint8_t> encoded = detail::take_results(work);
      R value{};
      ByteReader in(encoded);
      if (!Describe<R>::decode(in, value) || !in.at_end())
        return std::unexpected(detail::undecodable_results());
      return value;
    }
  }

  detail::InstanceState* instance_;
  const embed::Exported* function_;
};

/// An exported function whose type is known at run time only.
class DynamicFunc {
 public:
  /// In WIT: "func(name: string) -> u32".
  std::string type() const;
  /// Fails with `usage`, before anything runs, when the values are not of the parameters' types.
  /// A function without a result gives none.
  Operation<std::optional<Value>> call(StoreRef store, const std::vector<Value>& arguments) const;

 private:
  friend class Instance;
  DynamicFunc(detail::InstanceState* instance, const embed::Exported* function)
      : instance_(instance), function_(function) {}

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
  /// The same, without knowing its type.
  Result<DynamicFunc> dynamic(std::string_view interface, std::string_view name) const;

  /// Runs the destructor of a guest's resource that the host has been given and holds; `interface`
  /// and `name` are those of the resource. Afterwards the handle is nobody's.
  Operation<void> drop_resource(StoreRef store, std::string_view interface, std::string_view name,
                                uint32_t handle) const;

 private:
  friend struct detail::Access;
  friend class CoreInstance;
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
