#include "embed/host_library.hpp"

#include <fmt/format.h>

namespace reprise::embed {

namespace {

using Start = decltype(runtime::HostFunction::start);

runtime::HostFunction::Started drop_resource(HostContext& context, Bytes arguments, ByteWriter&) {
  ByteReader in(arguments);
  auto ordinal = in.leb_u32();
  if (!ordinal || !context.resources.drop(*ordinal))
    return std::unexpected(Trap::host("the dropped handle names no resource of the host"));
  return std::unique_ptr<PendingHostCall>();
}

}  // namespace

Result<void> HostLibrary::define(std::string_view interface, std::string_view name,
                                 wit::FuncType type, Start start) {
  functions_.push_back({.interface = std::string(interface),
                        .name = std::string(name),
                        .type = std::move(type),
                        .start = std::move(start)});
  return imports_.define(functions_.back());
}

Result<void> HostLibrary::func(std::string_view interface, std::string_view name,
                               detail::BoundFunction function) {
  auto type = wit::parse_func_type(function.signature, types_);
  if (!type) return fail(std::move(type.error()).in(fmt::format("{}#{}", interface, name)));
  return define(interface, name, std::move(*type), std::move(function.start));
}

Result<void> HostLibrary::define_resource(std::string_view interface, std::string_view name,
                                          Start on_drop) {
  const std::string_view plain = interface.substr(0, interface.find('@'));
  const std::string qualified =
      plain.empty() ? std::string(name) : fmt::format("{}.{}", plain, name);
  wit::FuncType type;
  REPRISE_ASSIGN(const wit::Type handle, types_.own(types_.resource_named(qualified)));
  type.params.push_back({"handle", handle});
  functions_.push_back({.interface = std::string(interface),
                        .name = fmt::format("[resource-drop]{}", name),
                        .type = std::move(type),
                        .start = std::move(on_drop)});
  return imports_.define_resource(interface, name, {.on_drop = &functions_.back()});
}

Result<void> HostLibrary::resource(std::string_view interface, std::string_view name) {
  return define_resource(interface, name, drop_resource);
}

void HostLibrary::trap_missing(std::string prefix, std::string message) {
  imports_.trap_missing(std::move(prefix), std::move(message));
}

Result<void> HostLibrary::add_recorded(const component::Component& component,
                                       replay::Player& player) {
  const component::ComponentCode& code = component.root();
  for (const component::BorderResource& resource : code.imported_resources)
    REPRISE_TRY(define_resource(resource.interface, resource.name, nullptr));
  for (const component::BorderFunction& function : code.imported_functions) {
    if (!player.find(trace::Direction::imported, function.interface, function.name)) {
      REPRISE_TRY(imports_.define_trap(function.interface, function.name,
                                       "not available in the recorded run"));
      continue;
    }
    REPRISE_TRY(define(function.interface, function.name, code.func_types[function.type], nullptr));
  }
  return ok();
}

}  // namespace reprise::embed
