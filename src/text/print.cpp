#include "text/print.hpp"

#include <fmt/format.h>

#include <vector>

#include "text/print_instructions.hpp"
#include "text/print_types.hpp"
#include "text/type_codes.hpp"

namespace reprise::text {

namespace {

/// Sections by id; the words are those of `(@custom … (after word))`.
constexpr std::string_view kSectionWords[] = {"first",  "type",   "import",    "func",  "table",
                                              "memory", "global", "export",    "start", "elem",
                                              "code",   "data",   "datacount", "tag"};

class ModulePrinter {
 public:
  explicit ModulePrinter(Bytes binary) : in_(binary) {}

  Result<std::string> run() {
    REPRISE_TRY(header());
    while (!in_.at_end()) {
      REPRISE_ASSIGN(const uint8_t id, in_.u8());
      REPRISE_ASSIGN(const uint32_t size, in_.leb_u32());
      REPRISE_ASSIGN(ByteReader section, in_.sub(size));
      if (id >= std::size(kSectionWords)) return in_.malformed("malformed section id");
      REPRISE_TRY(print_section(id, section));
      if (!section.at_end()) return section.malformed("section size mismatch");
      if (id != 0) last_section_ = id;
    }
    return "(module\n" + out_ + ")\n";
  }

 private:
  Result<void> header() {
    REPRISE_ASSIGN(const uint32_t magic, in_.u32_le());
    if (magic != 0x6d736100) return in_.malformed("magic header not detected");
    REPRISE_ASSIGN(const uint32_t version, in_.u32_le());
    if (version == 0x0001000d) {
      return fail(ErrorKind::unsupported, "this is a component, not a core module");
    }
    if (version != 1) return in_.malformed("unknown binary version");
    return ok();
  }

  /// Calls `print_one` as often as the section says.
  template <class PrintOne>
  Result<void> each(ByteReader& in, PrintOne print_one) {
    REPRISE_ASSIGN(const uint32_t count, in.leb_u32());
    for (uint32_t i = 0; i < count; i++) REPRISE_TRY(print_one(i));
    return ok();
  }

  Result<void> print_section(uint8_t id, ByteReader& in) {
    switch (id) {
      case 0:
        return custom(in);
      case 1:
        return types(in);
      case 2:
        return each(in, [&](uint32_t) { return import(in); });
      case 3:
        return each(in, [&](uint32_t) { return function_type(in); });
      case 4:
        return each(in, [&](uint32_t) { return table(in); });
      case 5:
        return each(in, [&](uint32_t) { return memory(in); });
      case 6:
        return each(in, [&](uint32_t) { return global(in); });
      case 7:
        return each(in, [&](uint32_t) { return export_(in); });
      case 8:
        return start(in);
      case 9:
        return each(in, [&](uint32_t i) { return element(in, i); });
      case 10:
        return each(in, [&](uint32_t i) { return code(in, i); });
      case 11:
        return each(in, [&](uint32_t i) { return data(in, i); });
      case 12:
        REPRISE_TRY(in.leb_u32());
        return ok();
      default:
        return each(in, [&](uint32_t) { return tag(in); });
    }
  }

  Result<void> custom(ByteReader& in) {
    REPRISE_ASSIGN(const std::string_view name, in.name());
    REPRISE_ASSIGN(const Bytes bytes, in.bytes(in.remaining()));
    out_ += fmt::format("  (@custom {} ({} {}) {})\n", quote(name),
                        last_section_ == 0 ? "before" : "after", kSectionWords[last_section_],
                        quote(as_text(bytes)));
    return ok();
  }

  Result<void> types(ByteReader& in) {
    uint32_t next = 0;
    return each(in, [&](uint32_t) -> Result<void> {
      REPRISE_ASSIGN(const std::string group, print_recursive_group(in, next));
      out_ += group;
      return ok();
    });
  }

  Result<void> import(ByteReader& in) {
    REPRISE_ASSIGN(const std::string_view module, in.name());
    REPRISE_ASSIGN(const std::string_view name, in.name());
    REPRISE_ASSIGN(const uint8_t kind, in.u8());
    if (kind >= std::size(kExternWords)) return in.malformed("malformed import kind");
    REPRISE_ASSIGN(const std::string type, extern_type(kind, in));
    out_ += fmt::format("  (import {} {} ({} (;{};) {}))\n", quote(module), quote(name),
                        kExternWords[kind], next_[kind]++, type);
    return ok();
  }

  Result<std::string> extern_type(uint8_t kind, ByteReader& in) {
    switch (kind) {
      case 1:
        return print_table_type(in);
      case 2:
        return print_memory_type(in);
      case 3:
        return print_global_type(in);
      case 4:
        REPRISE_TRY(in.u8());
        break;
      default:
        break;
    }
    REPRISE_ASSIGN(const uint32_t type, in.leb_u32());
    return fmt::format("(type {})", type);
  }

  Result<void> function_type(ByteReader& in) {
    REPRISE_ASSIGN(const uint32_t type, in.leb_u32());
    function_types_.push_back(type);
    return ok();
  }

  Result<void> table(ByteReader& in) {
    std::string init;
    const bool has_init = in.peek() == 0x40;
    if (has_init) {
      REPRISE_TRY(in.u8());
      REPRISE_TRY(in.u8());
    }
    REPRISE_ASSIGN(const std::string type, print_table_type(in));
    if (has_init) {
      REPRISE_ASSIGN(init, print_expression(in));
      init = " " + init;
    }
    out_ += fmt::format("  (table (;{};) {}{})\n", next_[1]++, type, init);
    return ok();
  }

  Result<void> memory(ByteReader& in) {
    REPRISE_ASSIGN(const std::string type, print_memory_type(in));
    out_ += fmt::format("  (memory (;{};) {})\n", next_[2]++, type);
    return ok();
  }

  Result<void> global(ByteReader& in) {
    REPRISE_ASSIGN(const std::string type, print_global_type(in));
    REPRISE_ASSIGN(const std::string value, print_expression(in));
    out_ += fmt::format("  (global (;{};) {} {})\n", next_[3]++, type, value);
    return ok();
  }

  Result<void> tag(ByteReader& in) {
    REPRISE_ASSIGN(const std::string type, extern_type(4, in));
    out_ += fmt::format("  (tag (;{};) {})\n", next_[4]++, type);
    return ok();
  }

  Result<void> export_(ByteReader& in) {
    REPRISE_ASSIGN(const std::string_view name, in.name());
    REPRISE_ASSIGN(const uint8_t kind, in.u8());
    REPRISE_ASSIGN(const uint32_t index, in.leb_u32());
    if (kind >= std::size(kExternWords)) return in.malformed("malformed export kind");
    out_ += fmt::format("  (export {} ({} {}))\n", quote(name), kExternWords[kind], index);
    return ok();
  }

  Result<void> start(ByteReader& in) {
    REPRISE_ASSIGN(const uint32_t function, in.leb_u32());
    out_ += fmt::format("  (start {})\n", function);
    return ok();
  }

  /// Spec: binary/modules §element section.
  Result<void> element(ByteReader& in, uint32_t index) {
    REPRISE_ASSIGN(const uint32_t flags, in.leb_u32());
    if (flags > 7) return in.malformed("malformed elements segment kind");
    std::string text = fmt::format("  (elem (;{};)", index);
    const bool is_active = !(flags & 1);
    const bool is_short = is_active && !(flags & 2);
    if (is_active) {
      uint32_t table = 0;
      if (!is_short) {
        REPRISE_ASSIGN(table, in.leb_u32());
      }
      REPRISE_ASSIGN(const std::string offset, print_expression(in));
      text += fmt::format(" (table {}) (offset {})", table, offset);
    } else if (flags & 2) {
      text += " declare";
    }
    const bool has_expressions = flags & 4;
    std::string type = has_expressions ? "funcref" : "func";
    if (!is_short && has_expressions) {
      REPRISE_ASSIGN(type, print_value_type(in));
    } else if (!is_short) {
      REPRISE_TRY(in.u8());
    }
    text += " " + type;
    REPRISE_TRY(each(in, [&](uint32_t) -> Result<void> {
      if (has_expressions) {
        REPRISE_ASSIGN(const std::string item, print_expression(in));
        text += " (item " + item + ")";
      } else {
        REPRISE_ASSIGN(const uint32_t function, in.leb_u32());
        text += fmt::format(" {}", function);
      }
      return ok();
    }));
    out_ += text + ")\n";
    return ok();
  }

  Result<void> code(ByteReader& in, uint32_t i) {
    if (i >= function_types_.size()) {
      return in.malformed("function and code section have inconsistent lengths");
    }
    REPRISE_ASSIGN(const uint32_t size, in.leb_u32());
    REPRISE_ASSIGN(ByteReader body, in.sub(size));
    out_ += fmt::format("  (func (;{};) (type {})", next_[0]++, function_types_[i]);
    REPRISE_TRY(locals(body));
    out_ += '\n';
    REPRISE_TRY(print_body(body, 4, out_));
    if (!body.at_end()) return body.malformed("END opcode expected");
    out_ += "  )\n";
    return ok();
  }

  Result<void> locals(ByteReader& in) {
    // As many as a function may have; what is more is not valid, and would only fill memory.
    constexpr uint64_t kMaxLocals = 50'000;
    uint64_t total = 0;
    return each(in, [&](uint32_t) -> Result<void> {
      REPRISE_ASSIGN(const uint32_t count, in.leb_u32());
      REPRISE_ASSIGN(const std::string type, print_value_type(in));
      total += count;
      if (total > kMaxLocals) return fail(ErrorKind::limit, "too many locals", in.offset());
      if (count == 0) return ok();
      out_ += " (local";
      for (uint32_t i = 0; i < count; i++) out_ += " " + type;
      out_ += ")";
      return ok();
    });
  }

  Result<void> data(ByteReader& in, uint32_t index) {
    REPRISE_ASSIGN(const uint32_t flags, in.leb_u32());
    if (flags > 2) return in.malformed("malformed data segment kind");
    std::string text = fmt::format("  (data (;{};)", index);
    if (flags != 1) {
      uint32_t memory = 0;
      if (flags == 2) {
        REPRISE_ASSIGN(memory, in.leb_u32());
      }
      REPRISE_ASSIGN(const std::string offset, print_expression(in));
      if (memory) text += fmt::format(" (memory {})", memory);
      text += fmt::format(" (offset {})", offset);
    }
    REPRISE_ASSIGN(const uint32_t size, in.leb_u32());
    REPRISE_ASSIGN(const Bytes bytes, in.bytes(size));
    out_ += text + " " + quote(as_text(bytes)) + ")\n";
    return ok();
  }

  ByteReader in_;
  std::string out_;
  uint8_t last_section_ = 0;
  uint32_t next_[5] = {};
  std::vector<uint32_t> function_types_;
};

}  // namespace

Result<std::string> print_module(Bytes binary) {
  return ModulePrinter(binary).run();
}

}  // namespace reprise::text
