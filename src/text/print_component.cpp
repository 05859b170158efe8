// Components as text: the sections in their order, each definition on a line of its own.

#include <fmt/format.h>

#include "text/component_scope.hpp"
#include "text/print.hpp"
#include "text/print_component_types.hpp"
#include "text/print_types.hpp"

namespace reprise::text {

namespace {

constexpr uint32_t kMagic = 0x6d736100, kComponentVersion = 0x0001000d;

class ComponentPrinter {
 public:
  ComponentPrinter(Bytes binary, uint32_t depth) : in_(binary), scope_(depth) {}

  /// The definitions, each on its line, further in than the component.
  Result<std::string> run() {
    REPRISE_ASSIGN(const uint32_t magic, in_.u32_le());
    if (magic != kMagic) return in_.malformed("magic header not detected");
    REPRISE_ASSIGN(const uint32_t version, in_.u32_le());
    if (version != kComponentVersion) return in_.malformed("unknown version of a component");
    while (!in_.at_end()) {
      REPRISE_ASSIGN(const uint8_t id, in_.u8());
      REPRISE_ASSIGN(const uint32_t size, in_.leb_u32());
      REPRISE_ASSIGN(ByteReader section, in_.sub(size));
      REPRISE_TRY(print_section(id, section));
      if (!section.at_end()) return section.malformed("section size mismatch");
    }
    return std::move(out_);
  }

 private:
  void line(std::string_view text) { out_ += "  " + indented(text, 2) + "\n"; }

  template <class PrintOne>
  Result<void> each(ByteReader& in, PrintOne print_one) {
    REPRISE_ASSIGN(const uint32_t count, in.leb_u32());
    for (uint32_t i = 0; i < count; i++) {
      REPRISE_ASSIGN(const std::string one, print_one());
      line(one);
    }
    return ok();
  }

  /// Sections of a component (design/mvp/Binary.md §Component Definitions).
  Result<void> print_section(uint8_t id, ByteReader& in) {
    switch (id) {
      case 0:
        return custom(in);
      case 1:
        return core_module(in);
      case 2:
        return each(in, [&] { return core_instance(in); });
      case 3:
        return each(in, [&] { return scope_.core_type(in); });
      case 4:
        return component(in);
      case 5:
        return each(in, [&] { return instance(in); });
      case 6:
        return each(in, [&] { return scope_.alias(in); });
      case 7:
        return each(in, [&] { return scope_.type(in); });
      case 8:
        return each(in, [&] {
          return print_canon(in, scope_.next(Sort::core_func), scope_.next(Sort::func));
        });
      case 9:
        return start(in);
      case 10:
        return each(in, [&] { return scope_.import(in); });
      case 11:
        return each(in, [&] { return export_(in); });
      default:
        return in.malformed("malformed section id");
    }
  }

  Result<void> custom(ByteReader& in) {
    REPRISE_ASSIGN(const std::string_view name, in.name());
    REPRISE_ASSIGN(const Bytes bytes, in.bytes(in.remaining()));
    line(fmt::format("(@custom {} {})", quote(name), quote(as_text(bytes))));
    return ok();
  }

  Result<void> core_module(ByteReader& in) {
    REPRISE_ASSIGN(const Bytes bytes, in.bytes(in.remaining()));
    const std::string head = fmt::format("(core module (;{};)", scope_.next(Sort::core_module)++);
    constexpr std::string_view kModule = "(module";
    const auto text = print_module(bytes);
    if (text) {
      std::string_view rest = std::string_view(*text).substr(kModule.size());
      rest.remove_suffix(1);
      line(head + std::string(rest));
    } else {
      line(fmt::format("{} binary {})", head, quote(as_text(bytes))));
    }
    return ok();
  }

  Result<void> component(ByteReader& in) {
    if (scope_.depth() >= kMaxComponentDepth)
      return fail(ErrorKind::limit, "components nest too deeply", in.offset());
    REPRISE_ASSIGN(const Bytes bytes, in.bytes(in.remaining()));
    REPRISE_ASSIGN(const std::string text, ComponentPrinter(bytes, scope_.depth() + 1).run());
    line(fmt::format("(component (;{};)\n{})", scope_.next(Sort::component)++, text));
    return ok();
  }

  Result<std::string> core_instance(ByteReader& in) {
    const uint32_t number = scope_.next(Sort::core_instance)++;
    REPRISE_ASSIGN(const uint8_t form, in.u8());
    if (form > 1) return in.malformed("malformed core instance");
    if (form == 1) {
      REPRISE_ASSIGN(const std::string exports, items(in, "export", false));
      return fmt::format("(core instance (;{};){})", number, exports);
    }
    REPRISE_ASSIGN(const uint32_t module, in.leb_u32());
    REPRISE_ASSIGN(const std::string with, items(in, "with", false));
    return fmt::format("(core instance (;{};) (instantiate {}{}))", number, module, with);
  }

  Result<std::string> instance(ByteReader& in) {
    const uint32_t number = scope_.next(Sort::instance)++;
    REPRISE_ASSIGN(const uint8_t form, in.u8());
    if (form > 1) return in.malformed("malformed instance");
    if (form == 1) {
      REPRISE_ASSIGN(const std::string exports, instance_exports(in));
      return fmt::format("(instance (;{};){})", number, exports);
    }
    REPRISE_ASSIGN(const uint32_t component, in.leb_u32());
    REPRISE_ASSIGN(const std::string with, items(in, "with", true));
    return fmt::format("(instance (;{};) (instantiate {}{}))", number, component, with);
  }

  /// `(word "name" (sort index))`, each with a space before it.
  Result<std::string> items(ByteReader& in, std::string_view word, bool of_component) {
    REPRISE_ASSIGN(const uint32_t count, in.leb_u32());
    std::string out;
    for (uint32_t i = 0; i < count; i++) {
      REPRISE_ASSIGN(const std::string_view name, in.name());
      const auto sort = of_component ? print_sort(in) : print_core_sort(in);
      if (!sort) return fail(Error(sort.error()));
      REPRISE_ASSIGN(const uint32_t index, in.leb_u32());
      out += fmt::format(" ({} {} ({} {}))", word, quote(name),
                         of_component ? sort_words(*sort) : std::string(info(*sort).word), index);
    }
    return out;
  }

  Result<std::string> instance_exports(ByteReader& in) {
    REPRISE_ASSIGN(const uint32_t count, in.leb_u32());
    std::string out;
    for (uint32_t i = 0; i < count; i++) {
      REPRISE_ASSIGN(const std::string name, print_extern_name(in));
      REPRISE_ASSIGN(const Sort sort, print_sort(in));
      REPRISE_ASSIGN(const uint32_t index, in.leb_u32());
      out += fmt::format(" (export {} ({} {}))", name, sort_words(sort), index);
    }
    return out;
  }

  Result<void> start(ByteReader& in) {
    REPRISE_ASSIGN(const uint32_t function, in.leb_u32());
    std::string text = fmt::format("(start {}", function);
    REPRISE_ASSIGN(const uint32_t arguments, in.leb_u32());
    for (uint32_t i = 0; i < arguments; i++) {
      REPRISE_ASSIGN(const uint32_t value, in.leb_u32());
      text += fmt::format(" (value {})", value);
    }
    // Results have no bytes of their own, so their number is believed only up to a limit.
    constexpr uint32_t kMaxResults = 1000;
    REPRISE_ASSIGN(const uint32_t results, in.leb_u32());
    if (results > kMaxResults)
      return fail(ErrorKind::limit, "a start function with too many results", in.offset());
    for (uint32_t i = 0; i < results; i++)
      text += fmt::format(" (result (value (;{};)))", scope_.next(Sort::value)++);
    line(text + ")");
    return ok();
  }

  Result<std::string> export_(ByteReader& in) {
    REPRISE_ASSIGN(const std::string name, print_extern_name(in));
    REPRISE_ASSIGN(const Sort sort, print_sort(in));
    REPRISE_ASSIGN(const uint32_t index, in.leb_u32());
    REPRISE_ASSIGN(const uint8_t has_type, in.u8());
    if (has_type > 1) return in.malformed("malformed type of an export");
    std::string type;
    if (has_type) {
      REPRISE_ASSIGN(type, scope_.extern_type_only(in));
      type = " " + type;
    }
    return fmt::format("(export (;{};) {} ({} {}){})", scope_.next(sort)++, name, sort_words(sort),
                       index, type);
  }

  ByteReader in_;
  ScopePrinter scope_;
  std::string out_;
};

}  // namespace

Result<std::string> print_component(Bytes binary) {
  REPRISE_ASSIGN(const std::string text, ComponentPrinter(binary, 0).run());
  return "(component\n" + text + ")\n";
}

Result<std::string> print(Bytes binary) {
  ByteReader in(binary);
  REPRISE_TRY(in.u32_le());
  REPRISE_ASSIGN(const uint32_t version, in.u32_le());
  return version == kComponentVersion ? print_component(binary) : print_module(binary);
}

}  // namespace reprise::text
