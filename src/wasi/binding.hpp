// A function of a WASI interface, bound: what a linker needs to offer it to guests.

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "reprise/bind.hpp"
#include "wasi/host.hpp"

namespace reprise::wasi {

struct Binding {
  std::string interface;  // "wasi:io/streams@0.2.12", "wasi_snapshot_preview1"
  std::string name;       // "[method]input-stream.read", "fd_read"
  detail::BoundFunction function;
};

/// Gives the parameters of a signature their names: "fd, length" for p0, p1.
std::string with_parameter_names(std::string_view signature, std::string_view names);

}  // namespace reprise::wasi
