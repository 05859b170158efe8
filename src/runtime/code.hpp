// What the runtime knows of code: an entry point and the shape of a frame. How instructions look,
// and who runs them, is a tier's business (src/code is one).

#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

#include "reprise/result.hpp"
#include "runtime/frame.hpp"
#include "wasm/module.hpp"

namespace reprise::runtime {

class Activation;
class ModuleCode;
struct ModuleImage;
struct NativeFunction;

/// A clause of a try_table, resolved: where its values go, and where it goes on.
struct CatchClause {
  static constexpr uint32_t kAnyTag = UINT32_MAX;
  static constexpr uint32_t kReturn = UINT32_MAX;
  /// In the instance's tag index space.
  uint32_t tag = kAnyTag;
  /// Pass the exception itself, too, behind its values.
  bool with_reference = false;
  /// Word to continue at, or kReturn: the values are the function's results.
  uint32_t target = 0;
  /// Relative to fp.
  int32_t place = 0;
  /// It goes on at a loop that the try_table is in.
  bool is_back = false;
};

/// The words of a try_table's body, and its clauses.
struct CatchRange {
  uint32_t begin = 0;
  uint32_t end = 0;
  std::vector<CatchClause> clauses;
};

/// A function ready to be called. Immutable once published.
struct FunctionCode {
  const Word* entry = nullptr;
  /// From the first parameter to fp, in slots: locals and header.
  uint32_t frame_offset = 0;
  /// Locals that are no parameters start as zero: how many slots.
  uint32_t clear_slots = 0;
  /// See frame.hpp.
  uint32_t charge = 0;
  uint32_t parameter_slots = 0;
  uint32_t result_slots = 0;
  /// In the module's function index space. For a native function: its number in the
  /// store.
  uint32_t index = 0;
  /// Asks the store's observer before each WebAssembly instruction (observer.hpp).
  bool is_observed = false;
  /// Innermost first; null if there are none.
  const std::vector<CatchRange>* catches = nullptr;
  const ModuleCode* module = nullptr;      // null for a native function
  const NativeFunction* native = nullptr;  // null for a guest's
};

/// Where a function's code is found: a cell, because code comes at the first call and may be
/// replaced by better code later. Cells of a module are shared by all its instances, in all stores
/// and threads.
struct CodeCell {
  std::atomic<const FunctionCode*> code{nullptr};
  const FunctionCode* get() const { return code.load(std::memory_order_acquire); }
};

/// Where in its code a frame is.
enum class FrameMoment : uint8_t {
  before,   // stopped: the instruction at pc has not begun
  inside,   // the instruction at pc runs, or waits to run again
  calling,  // in a call that returns to pc
};

/// A module's code, coming into being function by function. Thread-safe.
class ModuleCode {
 public:
  virtual ~ModuleCode() = default;

  const wasm::Module& module() const { return *module_; }
  const std::shared_ptr<const wasm::Module>& shared_module() const { return module_; }
  /// Of a function that is not imported.
  CodeCell& cell(uint32_t function) { return cells_[function - module_->imported_functions]; }
  const CodeCell& cell(uint32_t function) const {
    return cells_[function - module_->imported_functions];
  }

  /// What instances begin with; null for the first of them (module_image.hpp).
  const ModuleImage* image_for_instance();

  /// Validates and lowers every function now. The error is that of the first invalid one.
  virtual Result<void> lower_all() = 0;

  /// The offset in the module of the instruction that the word at `pc`, in `code`, belongs to.
  virtual std::optional<uint64_t> offset_of(const FunctionCode& code, const Word* pc) const = 0;

  /// Appends where a frame of `code` keeps references that may name objects of the heap: slots
  /// relative to its fp. Nothing that the function does not use any more is among them.
  virtual void find_roots(const FunctionCode& code, const Word* pc, FrameMoment moment,
                          std::vector<int32_t>& slots) const = 0;

 protected:
  explicit ModuleCode(std::shared_ptr<const wasm::Module> module)
      : module_(std::move(module)),
        cells_(std::make_unique<CodeCell[]>(module_->functions.size() -
                                            module_->imported_functions)) {}

 private:
  std::shared_ptr<const wasm::Module> module_;
  std::unique_ptr<CodeCell[]> cells_;
  std::atomic<uint32_t> instances_{0};
  std::once_flag imaged_;
  std::shared_ptr<const ModuleImage> image_;
};

/// How an entry into code ended; `stopped`: by the store's observer (observer.hpp).
enum class Exit : uint8_t { returned, trapped, suspended, stopped };

/// Runs code. Stateless and shared by all stores of an engine.
class Tier {
 public:
  virtual ~Tier() = default;

  /// Makes a module's code; nothing is lowered yet.
  virtual std::shared_ptr<ModuleCode> load(std::shared_ptr<const wasm::Module> module) const = 0;
  /// What FunctionCode::entry is for native functions.
  virtual const Word* native_entry() const = 0;
  /// Where the outermost function and callees of native functions return to.
  virtual const Word* return_to_host() const = 0;
  virtual const Word* return_to_native() const = 0;
  /// Runs what the activation's machine says (activation.hpp) until it exits.
  virtual Exit run(Activation& activation) const = 0;
};

}  // namespace reprise::runtime
