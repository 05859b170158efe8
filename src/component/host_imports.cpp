#include "component/host_imports.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace reprise::component {
namespace {

std::string_view version_of(std::string_view interface) {
  const size_t at = interface.find('@');
  return at == interface.npos ? std::string_view() : interface.substr(at + 1);
}

bool older(std::string_view a, std::string_view b) {
  const auto first = parse_version(a), second = parse_version(b);
  return first && second && first->older_than(*second);
}

}  // namespace

HostImports::Interface& HostImports::interface(std::string_view name) {
  std::vector<Interface>& versions = interfaces_[canonical_name(name)];
  const std::string_view version = version_of(name);
  for (Interface& candidate : versions)
    if (candidate.version == version) return candidate;
  const auto place = std::find_if(versions.begin(), versions.end(), [&](const Interface& other) {
    return older(other.version, version);
  });
  return *versions.insert(
      place, Interface{.version = std::string(version), .functions = {}, .resources = {}});
}

Result<void> HostImports::add(std::string_view interface_name, std::string_view name, Table table,
                              Found found) {
  if (!(interface(interface_name).*table).emplace(std::string(name), found).second) {
    return fail(ErrorKind::usage,
                fmt::format("`{}` of `{}` is defined twice", name, interface_name));
  }
  return ok();
}

Result<void> HostImports::define(const runtime::HostFunction& function) {
  return add(function.interface, function.name, &Interface::functions, {.function = &function});
}

Result<void> HostImports::define_resource(std::string_view interface_name, std::string_view name,
                                          HostResource resource) {
  resources_.push_back(resource);
  return add(interface_name, name, &Interface::resources, {.resource = &resources_.back()});
}

Result<void> HostImports::define_module(std::string_view name,
                                        std::shared_ptr<const wasm::Module> module) {
  if (!modules_.emplace(std::string(name), std::move(module)).second)
    return fail(ErrorKind::usage, fmt::format("module `{}` is defined twice", name));
  return ok();
}

Result<void> HostImports::define_trap(std::string_view interface_name, std::string_view name,
                                      std::string message) {
  messages_.push_back(std::move(message));
  return add(interface_name, name, &Interface::functions, {.trap_message = &messages_.back()});
}

void HostImports::trap_missing(std::string prefix, std::string message) {
  missing_.emplace_back(std::move(prefix), std::move(message));
}

std::optional<HostImports::Found> HostImports::find(std::string_view interface_name,
                                                    std::string_view name, Table table) const {
  const Found* newest = nullptr;
  if (const auto versions = interfaces_.find(canonical_name(interface_name));
      versions != interfaces_.end()) {
    for (const Interface& candidate : versions->second) {
      const auto found = (candidate.*table).find(name);
      if (found == (candidate.*table).end()) continue;
      if (candidate.version == version_of(interface_name)) return found->second;
      if (!newest) newest = &found->second;
    }
  }
  if (newest) return *newest;
  for (const auto& [prefix, message] : missing_)
    if (interface_name.starts_with(prefix)) return Found{.trap_message = &message};
  return std::nullopt;
}

std::optional<HostImports::Found> HostImports::find_function(std::string_view interface_name,
                                                             std::string_view name) const {
  return find(interface_name, name, &Interface::functions);
}

std::optional<HostImports::Found> HostImports::find_resource(std::string_view interface_name,
                                                             std::string_view name) const {
  return find(interface_name, name, &Interface::resources);
}

const std::shared_ptr<const wasm::Module>* HostImports::find_module(std::string_view name) const {
  const auto found = modules_.find(name);
  return found == modules_.end() ? nullptr : &found->second;
}

}  // namespace reprise::component
