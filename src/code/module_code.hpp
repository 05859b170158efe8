// A module's register code: functions are lowered one by one, when they are first called or all at
// once.

#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "code/emitter.hpp"
#include "code/root_map.hpp"
#include "runtime/code.hpp"
#include "runtime/engine.hpp"

namespace reprise::code {

class RegisterCode final : public runtime::ModuleCode {
 public:
  RegisterCode(std::shared_ptr<const wasm::Module> module, const runtime::EngineOptions& options)
      : ModuleCode(std::move(module)), options_{.bounds = options.bounds, .fuel = options.fuel} {}

  /// The code of a function that is not imported: made now, if it isn't there. Fails with `invalid`
  /// or `malformed` if the body is. Thread-safe.
  Result<const runtime::FunctionCode*> lower(uint32_t function);

  /// The same function in its observed form: as many slots, charged the same, equal in its ticks.
  Result<const runtime::FunctionCode*> lower_observed(uint32_t function);
  /// Of a form that was made.
  const runtime::FunctionCode* observed(uint32_t function) const {
    const runtime::CodeCell* cells = observed_.load(std::memory_order_acquire);
    return cells == nullptr ? nullptr : cells[function - module().imported_functions].get();
  }

  // Where instructions and values are (function_map.hpp), of functions that are valid.
  std::shared_ptr<const FunctionMap> map(uint32_t function, bool is_observed) const;
  /// The values before the event; or, while it makes a call, those below the call's arguments.
  FrameLayout layout_before(uint32_t function, bool is_observed, size_t event) const;
  FrameLayout layout_in_call(uint32_t function, bool is_observed, size_t event) const;

  Result<void> lower_all() override;
  std::optional<uint64_t> offset_of(const runtime::FunctionCode& code,
                                    const Word* pc) const override;
  void find_roots(const runtime::FunctionCode& code, const Word* pc, runtime::FrameMoment moment,
                  std::vector<int32_t>& slots) const override;

  uint32_t index_of(const runtime::CodeCell& cell) const {
    return static_cast<uint32_t>(&cell - &this->cell(module().imported_functions)) +
           module().imported_functions;
  }

  /// Bytes of code made so far.
  size_t code_bytes() const;

 private:
  struct Lowered {
    std::unique_ptr<Word[]> words;
    size_t count = 0;
    std::unique_ptr<const std::vector<runtime::CatchRange>> catches;
    runtime::FunctionCode code;
  };

  Result<Lowered> lower_function(uint32_t function, bool is_observed) const;
  /// Walks over the function with an emitter, in front of which `wrap(emitter)` may put something.
  template <class Wrap>
  Result<Emitter> emit(uint32_t function, EmitOptions options, wasm::FunctionShape* shape,
                       Wrap wrap) const;
  Result<Emitter> emit(uint32_t function, EmitOptions options, wasm::FunctionShape* shape) const;
  const RootMap& root_map(uint32_t function, bool is_observed) const;

  EmitOptions options(bool is_observed) const {
    return {.bounds = options_.bounds, .fuel = options_.fuel, .is_observed = is_observed};
  }

  /// What all functions are lowered with.
  const EmitOptions options_;
  mutable std::mutex mutex_;
  /// Of functions asked for lately, by number and form: backtraces ask for the same ones again and
  /// again.
  mutable std::map<std::pair<uint32_t, bool>, std::shared_ptr<const FunctionMap>> maps_;
  /// Of functions that a collection has met, likewise.
  mutable std::map<std::pair<uint32_t, bool>, RootMap> root_maps_;
  std::deque<Lowered> lowered_;
  /// Made when somebody first observes.
  std::unique_ptr<runtime::CodeCell[]> observed_cells_;
  std::atomic<runtime::CodeCell*> observed_{nullptr};
};

}  // namespace reprise::code
