// A module's register code: functions are lowered one by one, when they are first called or all at
// once.

#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "code/emitter.hpp"
#include "runtime/code.hpp"

namespace reprise::code {

class RegisterCode final : public runtime::ModuleCode {
 public:
  RegisterCode(std::shared_ptr<const wasm::Module> module, runtime::Bounds bounds)
      : ModuleCode(std::move(module)), bounds_(bounds) {}

  /// The code of a function that is not imported: made now, if it isn't there. Fails with `invalid`
  /// or `malformed` if the body is. Thread-safe.
  Result<const runtime::FunctionCode*> lower(uint32_t function);

  Result<void> lower_all() override;
  std::optional<uint64_t> offset_of(const runtime::FunctionCode& code,
                                    const Word* pc) const override;

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

  Result<Lowered> lower_function(uint32_t function) const;
  Result<Emitter> emit(uint32_t function, EmitOptions options, wasm::FunctionShape* shape) const;

  /// Where the instructions of one function begin: (word, module offset), ascending.
  struct Positions {
    uint32_t function = UINT32_MAX;
    size_t words = 0;
    std::vector<std::pair<uint32_t, uint32_t>> list;
  };

  const runtime::Bounds bounds_;
  mutable std::mutex mutex_;
  /// Of the function last asked for: a recursion's backtrace asks for the same one again and again.
  mutable Positions positions_;
  std::deque<Lowered> lowered_;
};

}  // namespace reprise::code
