// What calls need when the callee is not ready, or its type is not obvious: out of line.

#pragma once

#include <cstdint>

#include "runtime/activation.hpp"

namespace reprise::code {

/// Validates and lowers the function behind `cell`, of `instance`'s module. Null if its body is
/// invalid; the activation then has the trap.
const runtime::FunctionCode* lower_now(runtime::Machine* machine, runtime::Instance* instance,
                                       runtime::CodeCell* cell);

/// The form of a guest function's code that asks the observer. Null, and a trap, if it can't be
/// made.
const runtime::FunctionCode* observed_form(runtime::Machine* machine,
                                           const runtime::FunctionCode& code);

/// `type` is a proper subtype of the type with the number `expected`.
/// Saves the caller's registers itself: it is rarely called, from where none should be saved.
__attribute__((preserve_most)) bool is_subtype(runtime::Machine* machine, wasm::TypeId type,
                                               uint32_t expected);

// Code of one instruction, for frames that no guest function has.
const runtime::Word* exit_word();
const runtime::Word* start_word();
const runtime::Word* native_enter_word();
const runtime::Word* native_resume_word();

}  // namespace reprise::code
