#include "debug/terminal/text.hpp"

#include <fmt/format.h>

namespace reprise::debug {

std::string cut_to_width(std::string_view text, size_t width) {
  size_t characters = 0;
  size_t last = 0;  // where the character before starts
  for (size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xc0) == 0x80 || text[i] == '\n') continue;
    if (++characters > width) return std::string(text.substr(0, last)) + "…";
    last = i;
  }
  return std::string(text);
}

std::string frame_text(const Frame& frame) {
  std::string text = frame.function_name.empty() ? fmt::format("func[{}]", frame.function_index)
                                                 : frame.function_name;
  if (frame.source)
    return text +
           fmt::format(" ({}:{}:{})", frame.source->file, frame.source->line, frame.source->column);
  if (!frame.module_offset) return text + " (host)";
  return text + fmt::format(" ({}{}at {:#x})", frame.module, frame.module.empty() ? "" : " ",
                            *frame.module_offset);
}

std::string_view base_name(std::string_view path) {
  return path.substr(path.find_last_of('/') + 1);
}

std::string instance_text(const ResourceInfo& resource) {
  std::string text = fmt::format("instance {}", resource.root);
  if (resource.instance != 0) text += fmt::format(".{}", resource.instance);
  if (!resource.component.empty()) text += fmt::format(" ({})", resource.component);
  return text;
}

std::string handle_text(const ResourceInfo& resource) {
  std::string text =
      fmt::format("{} {} #{}", resource.is_owned ? "own" : "borrow", resource.type, resource.rep);
  if (resource.lends != 0)
    text += fmt::format(", lent {} time{}", resource.lends, resource.lends == 1 ? "" : "s");
  return text;
}

}  // namespace reprise::debug
