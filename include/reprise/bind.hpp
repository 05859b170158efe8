// A C++ function as a host function: its WIT signature, and a form that takes and gives encoded
// values.
//
// `f` is a function or a coroutine that takes a Call<T> and then its WIT parameters by value. It
// returns its WIT result R (or void), TrapOr<R> if it may trap, or a Task of either if it may
// suspend. An exception that leaves it becomes a trap.
//
//   auto bound = detail::bind<App>([](Call<App>, std::string name) { return name.empty(); });
//   std::string signature = bound.signature;    // "func(p0: string) -> bool"
//
// Linker (linker.hpp) is what embedders use; this is what it is made of.
// Thread rules: what is bound runs on the thread of the store that calls it.

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <tuple>
#include <type_traits>

#include "reprise/host.hpp"
#include "reprise/values.hpp"

namespace reprise::detail {

struct BoundFunction {
  std::string signature;
  bool suspends = false;
  using Started = TrapOr<std::unique_ptr<PendingHostCall>>;
  std::function<Started(HostContext&, Bytes arguments, ByteWriter& results)> start;
};

template <class R>
struct IsTask : std::false_type {
  using Value = R;
};
template <class R>
struct IsTask<Task<R>> : std::true_type {
  using Value = R;
};
template <class R>
struct IsTrapOr : std::false_type {
  using Value = R;
};
template <class R>
struct IsTrapOr<std::expected<R, Trap>> : std::true_type {
  using Value = R;
};

/// The types in a host function's signature, from its call operator or function type.
template <class F>
struct Signature : Signature<decltype(&F::operator())> {};
template <class R, class C, class... A>
struct Signature<R (*)(C, A...)> {
  using Returned = R;
  using Arguments = std::tuple<std::remove_cvref_t<A>...>;
};
template <class R, class O, class C, class... A>
struct Signature<R (O::*)(C, A...) const> : Signature<R (*)(C, A...)> {};
template <class R, class O, class C, class... A>
struct Signature<R (O::*)(C, A...)> : Signature<R (*)(C, A...)> {};

template <class Result, class... A>
std::string signature_text(std::tuple<A...>*) {
  std::string text;
  size_t i = 0;
  ((text += (i ? ", p" : "p") + std::to_string(i) + ": " + Describe<A>::text(), ++i), ...);
  text = "func(" + text + ")";
  if constexpr (!std::is_void_v<Result>) text += " -> " + Describe<Result>::text();
  return text;
}

/// Encodes what a host function gave: R, or TrapOr<R>.
template <class V>
TrapOr<void> encode_outcome(ByteWriter& out, V&& value) {
  using Plain = std::remove_cvref_t<V>;
  if constexpr (IsTrapOr<Plain>::value) {
    if (!value) return std::unexpected(std::move(value.error()));
    using R = typename IsTrapOr<Plain>::Value;
    if constexpr (!std::is_void_v<R>) Describe<R>::encode(out, *value);
  } else {
    Describe<Plain>::encode(out, value);
  }
  return {};
}

/// Appends the results of a Task that is done.
template <class V>
TrapOr<void> finish_task(Task<V>& task, ByteWriter& results) {
  if constexpr (std::is_void_v<V>) {
    task.take();
    return {};
  } else {
    return encode_outcome(results, task.take());
  }
}

/// A Task that was started and waits.
template <class V>
class PendingTask final : public PendingHostCall {
 public:
  explicit PendingTask(Task<V> task) : task_(std::move(task)) {}
  bool done() const override { return task_.done(); }
  void on_done(std::coroutine_handle<> waiter) override { task_.when_done(waiter); }
  TrapOr<void> finish(ByteWriter& results) override { return finish_task(task_, results); }

 private:
  Task<V> task_;
};

template <class T, class F>
BoundFunction bind(F f) {
  using S = Signature<F>;
  using Returned = typename S::Returned;
  using Arguments = typename S::Arguments;
  using Value = typename IsTask<Returned>::Value;
  using WitResult = typename IsTrapOr<Value>::Value;

  BoundFunction bound;
  bound.signature = signature_text<WitResult>(static_cast<Arguments*>(nullptr));
  bound.suspends = IsTask<Returned>::value;
  bound.start = [f = std::move(f)](HostContext& context, Bytes encoded,
                                   ByteWriter& results) -> BoundFunction::Started {
    Arguments arguments;
    ByteReader in(encoded);
    if (!Describe<Arguments>::decode(in, arguments) || !in.at_end())
      return std::unexpected(Trap::host("arguments are not of the host function's types"));
    const auto invoke = [&]() -> Returned {
      return std::apply([&](auto&&... a) { return f(Call<T>(context), std::move(a)...); },
                        std::move(arguments));
    };
    if constexpr (IsTask<Returned>::value) {
      Returned task = invoke();
      if (!task.start()) return std::make_unique<PendingTask<Value>>(std::move(task));
      auto finished = finish_task(task, results);
      if (!finished) return std::unexpected(std::move(finished.error()));
    } else if constexpr (std::is_void_v<Returned>) {
      invoke();
    } else {
      auto encoded_result = encode_outcome(results, invoke());
      if (!encoded_result) return std::unexpected(std::move(encoded_result.error()));
    }
    return std::unique_ptr<PendingHostCall>();
  };
  return bound;
}

}  // namespace reprise::detail
