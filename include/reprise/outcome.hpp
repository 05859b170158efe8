// How a call into a guest ended: with its result, or with why it has none.
//
//   Outcome<uint32_t> outcome = f.call(store, 1).run();
//   if (!outcome) {
//     const Trap* trap = outcome.error().trap();       // a trap, or an exit
//     const Error* error = outcome.error().error();    // or the call could not be made
//     std::fputs((trap ? trap->to_string() : error->to_string()).c_str(), stderr);
//   }
//
// Thread rules: plain data.

#pragma once

#include <expected>
#include <string>
#include <utility>
#include <variant>

#include "reprise/result.hpp"
#include "reprise/trap.hpp"

namespace reprise {

class Failure {
 public:
  Failure(Trap trap) : reason_(std::move(trap)) {}     // NOLINT(google-explicit-constructor)
  Failure(Error error) : reason_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  const Trap* trap() const { return std::get_if<Trap>(&reason_); }
  Trap* trap() { return std::get_if<Trap>(&reason_); }
  const Error* error() const { return std::get_if<Error>(&reason_); }

  std::string to_string() const {
    return trap() ? trap()->to_string() : std::get<Error>(reason_).to_string();
  }

 private:
  std::variant<Trap, Error> reason_;
};

template <class R>
using Outcome = std::expected<R, Failure>;

}  // namespace reprise
