// Value: a WIT value whose type is known only at run time, as a tree.
//
//   Value point{Value::List{{uint64_t{3}}, {uint64_t{4}}}};     // record { x: u32, y: u32 }
//   Value some{Value::Case{1, {std::string("a")}}};             // some("a"): option<string>
//
// A Value doesn't know its type; whoever holds it does. DynamicFunc (instance.hpp) checks values
// against the function's type before it calls, and names what does not fit.
// Thread rules: plain data.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace reprise {

struct Value {
  struct Case {
    uint32_t index = 0;
    std::unique_ptr<Value> payload;  ///< null if the case has none

    Case() = default;
    explicit Case(uint32_t i) : index(i) {}
    Case(uint32_t i, Value v) : index(i), payload(std::make_unique<Value>(std::move(v))) {}
    Case(const Case& other)
        : index(other.index),
          payload(other.payload ? std::make_unique<Value>(*other.payload) : nullptr) {}
    Case(Case&&) noexcept = default;
    Case& operator=(Case other) noexcept {
      index = other.index;
      payload = std::move(other.payload);
      return *this;
    }
  };
  using List = std::vector<Value>;

  // bool: bool · u8..u64, char, flags (bit set), handles: uint64_t · s8..s64: int64_t
  // f32: float · f64: double · string: std::string (UTF-8)
  // list, map, record, tuple: List · variant, enum, option, result: Case
  std::variant<bool, uint64_t, int64_t, float, double, std::string, List, Case> data;
};

}  // namespace reprise
