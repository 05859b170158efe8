// Small guests for tests: a module from text, instantiated, and its exports called with C++ values.

#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "code/interpreter.hpp"
#include "runtime/activation.hpp"
#include "runtime/instantiate.hpp"
#include "runtime/store.hpp"
#include "text/wat.hpp"
#include "wasm/reader.hpp"

namespace reprise::code {

using runtime::Extern;
using runtime::FuncId;
using runtime::InstanceId;
using runtime::Slot;

/// An engine and a store.
struct World {
  explicit World(runtime::EngineOptions options = {}, runtime::StoreLimits limits = {})
      : engine(make_engine(options)),
        store(std::move(*runtime::StoreCore::create(engine, limits))) {}

  std::shared_ptr<runtime::ModuleCode> load(std::string_view wat) {
    auto bytes = text::encode_module(wat);
    if (!bytes) {
      ADD_FAILURE() << bytes.error().to_string();
      return nullptr;
    }
    auto module = wasm::read_module(std::move(*bytes), engine->types());
    if (!module) {
      ADD_FAILURE() << module.error().to_string();
      return nullptr;
    }
    return engine->load(*module);
  }

  InstanceId instantiate(std::string_view wat, std::vector<Extern> imports = {}) {
    auto made = runtime::instantiate(*store, load(wat), imports, "guest");
    if (!made) {
      ADD_FAILURE() << made.error().to_string();
      return {};
    }
    EXPECT_FALSE(made->trap) << made->trap->to_string();
    if (made->start) {
      const auto done = runtime::call(*store, *made->start, {});
      EXPECT_TRUE(done) << done.error().to_string();
    }
    return made->instance;
  }

  FuncId function(InstanceId instance, std::string_view name) {
    const auto item = store->find_export(instance, name);
    if (!item || !std::holds_alternative<FuncId>(*item)) {
      ADD_FAILURE() << "no function " << name;
      return {};
    }
    return std::get<FuncId>(*item);
  }

  TrapOr<std::vector<Slot>> call(InstanceId instance, std::string_view name,
                                 std::vector<Slot> args = {}) {
    return runtime::call(*store, function(instance, name), args);
  }

  /// The first result, or a failure of the test.
  Slot value(InstanceId instance, std::string_view name, std::vector<Slot> args = {}) {
    auto results = call(instance, name, std::move(args));
    if (!results) {
      ADD_FAILURE() << name << ": " << results.error().to_string();
      return 0xdeadbeef;
    }
    return results->at(0);
  }

  TrapKind trap(InstanceId instance, std::string_view name, std::vector<Slot> args = {}) {
    auto results = call(instance, name, std::move(args));
    if (results) {
      ADD_FAILURE() << name << " did not trap";
      return TrapKind::host;
    }
    return results.error().kind;
  }

  wasm::TypeId type(std::vector<wasm::ValueType> parameters, std::vector<wasm::ValueType> results) {
    return *engine->types()->intern_func(std::move(parameters), std::move(results));
  }

  FuncId native(wasm::TypeId type, runtime::NativeFunction function) {
    return *store->add_native(type, std::move(function));
  }

  std::shared_ptr<const runtime::Engine> engine;
  std::unique_ptr<runtime::StoreCore> store;
};

}  // namespace reprise::code
