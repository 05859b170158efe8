// The byte reader and writer are public, because typed bindings use them; see reprise/bytes.hpp.

#pragma once

#include "reprise/bytes.hpp"  // IWYU pragma: export
