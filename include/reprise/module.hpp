// Core modules through the public API: Module, what it is linked with, and what its instances
// export.
//
//   auto module = Module::read(engine, text, "calc.wat");
//   Linker<App> linker;
//   auto add = [](Call<App>, int32_t a, int32_t b) { return a + b; };
//   Result<void> added = linker.core_func("env", "add", add);
//   Outcome<CoreInstance> calc = linker.instantiate(store, *module).run();
//   auto f = calc->func<int32_t(int32_t)>("f");
//   Memory memory = *calc->memory("memory");
//   Result<void> written = memory.write(store, 16, bytes);      // recorded, if the store is
//
// Values at this border are numbers: 32- and 64-bit integers of either sign, float, double.
//
// Memories, tables and globals are looked at through scoped views: inside of the function that gets
// the view, and nowhere else, since a guest may change what is behind it. Everything that is
// changed through them is an event of a recording; a raw pointer, which nobody watches, poisons it.
//
// Handles are cheap, and good for as long as their store; with another one they fail with `usage`,
// or find nothing. Thread rules: on the store's thread only.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "reprise/instance.hpp"

namespace reprise {

namespace detail {
struct ModuleState;
}

class Module {
 public:
  /// Binary if it begins with "\0asm", text otherwise. The bytes are copied.
  static Result<Module> read(const Engine& engine, Bytes bytes, std::string_view name = "module");
  static Result<Module> read(const Engine& engine, std::string_view text,
                             std::string_view name = "module") {
    return read(engine, as_bytes(text), name);
  }

  /// Validates and compiles every function now, and not when it is first called.
  Result<void> prepare() const;

  struct Item {
    std::string module;  // of imports
    std::string name;
    enum class Kind : uint8_t { function, table, memory, global, tag } kind = Kind::function;
  };
  std::vector<Item> imports() const;
  std::vector<Item> exports() const;

 private:
  friend struct detail::Access;
  explicit Module(std::shared_ptr<const detail::ModuleState> state) : state_(std::move(state)) {}

  std::shared_ptr<const detail::ModuleState> state_;
};

class Memory {
 public:
  uint64_t bytes(StoreRef store) const;
  uint64_t pages(StoreRef store) const { return bytes(store) / 65536; }

  /// Fail with `usage` where the range is not inside.
  Result<void> read(StoreRef store, uint64_t offset, std::span<uint8_t> into) const;
  Result<void> write(StoreRef store, uint64_t offset, Bytes bytes) const;
  /// Lends the range to `look` for as long as that runs.
  Result<void> view(StoreRef store, uint64_t offset, uint64_t length,
                    const std::function<void(Bytes)>& look) const;
  /// Lends it for writing; what is there afterwards is recorded.
  Result<void> edit(StoreRef store, uint64_t offset, uint64_t length,
                    const std::function<void(std::span<uint8_t>)>& change) const;
  /// Wakes guests that wait in `memory.atomic.wait` at `address`, those that have waited longest
  /// first and `count` at most. Gives how many there were.
  Result<uint32_t> notify(StoreRef store, uint64_t address, uint32_t count = UINT32_MAX) const;
  /// The memory itself; null with another store. It stays where it is for the life of the store,
  /// and whoever writes here makes a recording worthless: it is poisoned.
  uint8_t* unwatched(StoreRef store) const;

  /// By so many pages. Gives the old number of them; fails with `limit` if it cannot be, or the
  /// limiter refuses.
  Operation<uint64_t> grow(StoreRef store, uint64_t pages) const;

 private:
  friend class CoreInstance;
  Memory(const detail::StoreState* owner, uint32_t id) : owner_(owner), id_(id) {}
  const detail::StoreState* owner_;
  uint32_t id_;
};

/// A reference to a function or an object of a guest's, or null. Opaque.
class Reference {
 public:
  Reference() = default;
  bool is_null() const { return slot_ == 0; }
  bool operator==(const Reference&) const = default;

 private:
  friend class Table;
  uint64_t slot_ = 0;
};

class Table {
 public:
  uint64_t size(StoreRef store) const;
  Result<Reference> get(StoreRef store, uint64_t index) const;
  /// Fails with `usage` beyond the end, or when the reference is not of the table's type.
  Result<void> set(StoreRef store, uint64_t index, Reference reference) const;
  /// As Memory::grow, in elements, which are all `reference`.
  Operation<uint64_t> grow(StoreRef store, uint64_t elements, Reference reference = {}) const;

 private:
  friend class CoreInstance;
  Table(const detail::StoreState* owner, uint32_t id) : owner_(owner), id_(id) {}
  const detail::StoreState* owner_;
  uint32_t id_;
};

using Number = std::variant<int32_t, int64_t, float, double>;

class Global {
 public:
  /// Fail with `usage` if it is no number, and set() if it is of another type or immutable.
  Result<Number> get(StoreRef store) const;
  Result<void> set(StoreRef store, Number value) const;

 private:
  friend class CoreInstance;
  Global(const detail::StoreState* owner, uint32_t id) : owner_(owner), id_(id) {}
  const detail::StoreState* owner_;
  uint32_t id_;
};

/// An instance of a core module.
class CoreInstance {
 public:
  template <class Signature>
  Result<TypedFunc<Signature>> func(std::string_view name) const {
    return instance_.func<Signature>("", name);
  }
  Result<DynamicFunc> dynamic(std::string_view name) const { return instance_.dynamic("", name); }
  /// Fail with `link` when nothing of the kind is exported under that name.
  Result<Memory> memory(std::string_view name) const;
  Result<Table> table(std::string_view name) const;
  Result<Global> global(std::string_view name) const;

 private:
  friend struct detail::Access;
  explicit CoreInstance(Instance instance) : instance_(instance) {}
  Instance instance_;
};

}  // namespace reprise
