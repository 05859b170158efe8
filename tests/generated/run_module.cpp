#include "run_module.hpp"

#include <fmt/format.h>

#include <cstring>

#include "base/sha256.hpp"
#include "code/interpreter.hpp"
#include "runtime/activation.hpp"
#include "runtime/instantiate.hpp"
#include "runtime/observer.hpp"
#include "runtime/store.hpp"
#include "wasm/reader.hpp"
#include "wasm/validate.hpp"

namespace reprise::generated {

namespace {

using runtime::Slot;
using wasm::ValueType;

std::string show(ValueType type, Slot slot) {
  if (type == wasm::kI32) return fmt::format("i32:{}", static_cast<int32_t>(slot));
  if (type == wasm::kI64) return fmt::format("i64:{}", static_cast<int64_t>(slot));
  if (type == wasm::kF32) {
    const auto bits = static_cast<uint32_t>(slot);
    return (bits & 0x7fffffff) > 0x7f800000 ? "f32:nan" : fmt::format("f32:{:08x}", bits);
  }
  return (slot & INT64_MAX) > 0x7ff0000000000000 ? "f64:nan" : fmt::format("f64:{:016x}", slot);
}

Slot argument(ValueType type, uint32_t number) {
  constexpr int64_t kIntegers[] = {0, 1, -1, 7, 100, 65536, INT32_MIN, INT32_MAX};
  constexpr uint32_t kFloats[] = {0, 0x3f800000, 0xbf800000, 0x80000000, 0x7f800000, 0x42280000};
  constexpr uint64_t kDoubles[] = {0,
                                   0x3ff0000000000000,
                                   0xbff0000000000000,
                                   0x8000000000000000,
                                   0x7ff0000000000000,
                                   0x4045000000000000};
  if (type == wasm::kI32) return static_cast<uint32_t>(kIntegers[number % 8]);
  if (type == wasm::kI64) return static_cast<Slot>(kIntegers[number % 8]);
  return type == wasm::kF32 ? kFloats[number % 6] : kDoubles[number % 6];
}

std::string quoted(std::string_view text) {
  return fmt::format("\"{}\"", text);
}

std::string list(const std::vector<std::string>& items) {
  std::string out;
  for (const std::string& item : items) out += (out.empty() ? "" : ",") + quoted(item);
  return "[" + out + "]";
}

/// Looks at each instruction, and goes on.
runtime::ProbeAnswer look(void* data, runtime::Activation&, const runtime::ProbeView&) {
  ++*static_cast<uint64_t*>(data);
  return runtime::ProbeAnswer::go_on;
}

class Runner {
 public:
  Runner(const GeneratedModule& module, Code code)
      : module_(module), always_collects_(code == Code::collected) {
    if (code == Code::folded || always_collects_) return;
    observed_ = true;
    if (code == Code::counted) return;
    observer_.mode = runtime::Observer::Mode::observing;
    observer_.probe = look;
    observer_.data = &instructions_;
  }

  Result<Run> run() {
    const auto engine = code::make_engine();
    REPRISE_ASSIGN(auto module, wasm::read_module(module_.binary, engine->types()));
    REPRISE_TRY(wasm::validate_module(*module));
    REPRISE_ASSIGN(store_, runtime::StoreCore::create(engine, {}));
    if (observed_) store_->set_observer(&observer_);
    if (always_collects_) store_->heap().set_pace(0);
    REPRISE_ASSIGN(const auto made, runtime::instantiate(*store_, engine->load(module), {}));
    instance_ = made.instance;
    const auto refuel = find("refuel");
    for (uint32_t i = 0; i < module_.functions.size() * 3; i++) {
      const auto fuelled = runtime::call(*store_, refuel, {});
      if (!fuelled) return fail(ErrorKind::usage, fuelled.error().to_string());
      call(module_.functions[i % module_.functions.size()], i);
    }
    note_state();
    run_.ticks = observer_.ticks;
    return std::move(run_);
  }

 private:
  runtime::FuncId find(std::string_view name) {
    return std::get<runtime::FuncId>(*store_->find_export(instance_, name));
  }

  void call(const GeneratedFunction& function, uint32_t number) {
    Call made{.name = function.name, .arguments = {}, .outcome = {}};
    std::vector<Slot> arguments;
    for (const ValueType type : function.parameters) {
      arguments.push_back(argument(type, number++));
      made.arguments.push_back(show(type, arguments.back()));
    }
    const auto results = runtime::call(*store_, find(function.name), arguments);
    if (!results) {
      made.outcome = "trap";
      run_.traps += fmt::format("{} ", to_string(results.error().kind));
    } else {
      for (size_t i = 0; i < results->size(); i++)
        made.outcome += (i ? " " : "") + show(function.results[i], (*results)[i]);
    }
    run_.calls.push_back(std::move(made));
  }

  void note_state() {
    for (size_t i = 0; i < module_.globals.size(); i++) {
      const auto id =
          std::get<runtime::GlobalId>(*store_->find_export(instance_, "g" + std::to_string(i)));
      run_.globals.push_back(show(module_.globals[i], store_->global(id).value[0]));
    }
    Sha256 digest;
    for (uint32_t i = 0; i < store_->memory_count(); i++) {
      const auto& memory = store_->memory(runtime::MemoryId(i));
      run_.pages += static_cast<uint32_t>(memory.byte_size() / 65536);
      digest.update({memory.base(), memory.byte_size()});
    }
    run_.memory = to_hex(digest.finish());
  }

  const GeneratedModule& module_;
  const bool always_collects_;
  bool observed_ = false;
  uint64_t instructions_ = 0;
  runtime::Observer observer_;
  std::unique_ptr<runtime::StoreCore> store_;
  runtime::InstanceId instance_;
  Run run_;
};

}  // namespace

std::string Run::to_json() const {
  std::string out = "{\"calls\":[";
  for (const Call& call : calls) {
    if (out.back() == '}') out += ',';
    out += fmt::format("\n{{\"name\":{},\"arguments\":{},\"outcome\":{}}}", quoted(call.name),
                       list(call.arguments), quoted(call.outcome));
  }
  return out + fmt::format("],\n\"globals\":{},\"pages\":{},\"memory\":{}}}\n", list(globals),
                           pages, quoted(memory));
}

Result<Run> run_module(const GeneratedModule& module, Code code) {
  return Runner(module, code).run();
}

}  // namespace reprise::generated
