// Words that the grammar knows. Instructions come from the opcode table; the rest of the words
// matter only for errors: a word that nothing knows is an "unknown operator", one in the wrong
// place an "unexpected token".

#pragma once

#include <optional>
#include <string_view>

#include "wasm/opcodes.hpp"

namespace reprise::text {

/// The instruction with that name; of two that share one, that of the lower code.
std::optional<wasm::Opcode> find_instruction(std::string_view mnemonic);

bool is_known_keyword(std::string_view word);

}  // namespace reprise::text
