#include "debug/gdb/server.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "debug/gdb/return_address.hpp"
#include "debug/interruption.hpp"
#include "debug/wire_address.hpp"

namespace reprise::debug::gdb {

namespace {

constexpr std::string_view kOkay = "OK";
constexpr std::string_view kBadRequest = "E16";  // EINVAL
constexpr std::string_view kNotThere = "E0e";    // EFAULT
constexpr std::string_view kUnknown = "";
/// The most memory in one answer; the client asks again for more.
constexpr uint64_t kMaxRead = kMaxPacket / 4;
constexpr std::string_view kTrapSignal = "05";
constexpr std::string_view kFaultSignal = "0b";

uint64_t wire_of(const CodeLocation& code) {
  return WireAddress::of(code).encode();
}

std::string xml_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '<' || c == '>' || c == '&' || c == '"' || static_cast<unsigned char>(c) < 0x20)
      out += fmt::format("&#{};", static_cast<unsigned>(static_cast<unsigned char>(c)));
    else
      out += c;
  }
  return out;
}

/// The part of a document that `offset,length` asks for: "m" and a part, "l" and the last one.
std::string part_of(std::string_view document, std::string_view request) {
  const auto offset = take_hex(request);
  if (!offset || !request.starts_with(',')) return std::string(kBadRequest);
  request.remove_prefix(1);
  const auto length = take_hex(request);
  if (!length) return std::string(kBadRequest);
  if (*offset >= document.size()) return "l";
  const std::string_view part =
      document.substr(*offset, std::min<uint64_t>(*length, kMaxPacket / 2));
  return (*offset + part.size() < document.size() ? "m" : "l") + std::string(part);
}

}  // namespace

// By the start of the packet; of several, the first counts.
const Server::Row Server::kPackets[] = {
    {"qSupported", &Server::supported},
    {"QStartNoAckMode", &Server::no_acknowledgements},
    {"QListThreadsInStopReply", &Server::okay},
    {"QEnableErrorStrings", &Server::okay},
    {"QThreadSuffixSupported", &Server::okay},
    {"qHostInfo", &Server::host_info},
    {"qProcessInfo", &Server::process_info},
    {"qXfer:libraries:read::", &Server::libraries},
    {"qMemoryRegionInfo:", &Server::memory_region},
    {"qRegisterInfo", &Server::register_info},
    {"qThreadStopInfo", &Server::stop_reason},
    {"qfThreadInfo", &Server::first_threads},
    {"qsThreadInfo", &Server::no_more},
    {"qAttached", &Server::attached},
    {"qWasmCallStack:", &Server::call_stack},
    {"qWasmLocal:", &Server::local},
    {"qWasmGlobal:", &Server::global},
    {"qWasmStackValue:", &Server::operand},
    {"qRcmd,", &Server::monitor},
    {"qC", &Server::current_thread},
    {"vCont?", &Server::continue_actions},
    {"vCont;", &Server::continue_with},
    {"vKill", &Server::kill},
    {"bc", &Server::go_back},
    {"bs", &Server::step_back},
    {"?", &Server::stop_reason},
    {"g", &Server::read_registers},
    {"p", &Server::read_register},
    {"m", &Server::read_memory},
    {"Z", &Server::insert},
    {"z", &Server::remove},
    {"H", &Server::okay},
    {"T", &Server::okay},
    {"c", &Server::go_on},
    {"s", &Server::step},
    {"D", &Server::detach},
    {"k", &Server::kill},
};

Server::Server(Debugger& debugger, Monitor monitor)
    : debugger_(debugger), monitor_(std::move(monitor)) {}

std::string Server::answer(std::string_view packet) {
  for (const Row& row : kPackets)
    if (packet.starts_with(row.prefix))
      return (this->*row.handler)(packet.substr(row.prefix.size()));
  return std::string(kUnknown);
}

// ---- What we are ----

std::string Server::supported(std::string_view) {
  return fmt::format(
      "PacketSize={:x};QStartNoAckMode+;qXfer:libraries:read+;vContSupported+;ReverseStep+;"
      "ReverseContinue+",
      kMaxPacket);
}

std::string Server::no_acknowledgements(std::string_view) {
  acknowledges_ = false;
  return std::string(kOkay);
}

std::string Server::okay(std::string_view) {
  return std::string(kOkay);
}

std::string Server::host_info(std::string_view) {
  return fmt::format("triple:{};endian:little;ptrsize:4;", text_to_hex("wasm32-unknown-wasi-wasm"));
}

std::string Server::process_info(std::string_view) {
  return fmt::format(
      "pid:1;parent-pid:1;triple:{};vendor:unknown;ostype:wasi;endian:little;ptrsize:4;",
      text_to_hex("wasm32-unknown-wasi-wasm"));
}

std::string Server::current_thread(std::string_view) {
  return "QC1";
}
std::string Server::first_threads(std::string_view) {
  return "m1";
}
std::string Server::no_more(std::string_view) {
  return "l";
}
std::string Server::attached(std::string_view) {
  return "1";
}

std::string Server::register_info(std::string_view rest) {
  if (take_hex(rest) != 0u) return std::string(kBadRequest);
  return "name:pc;alt-name:pc;bitsize:64;offset:0;encoding:uint;format:hex;"
         "set:General Purpose Registers;gcc:16;dwarf:16;generic:pc;";
}

std::string Server::libraries(std::string_view rest) {
  std::string list = "<library-list>";
  for (const ModuleInfo& module : debugger_.modules())
    list += fmt::format("<library name=\"{}\"><section address=\"{:#x}\"/></library>",
                        xml_text(module.name), wire_of({module.number, 0}));
  return part_of(list + "</library-list>", rest);
}

// ---- Where we are ----

std::vector<Server::MachineFrame> Server::machine_frames() {
  std::vector<MachineFrame> out;
  const std::vector<DebugFrame> frames = debugger_.frames();
  bool innermost = true;
  for (size_t i = 0; i < frames.size(); ++i) {
    const DebugFrame& frame = frames[i];
    // Of a call's frame the client wants to know where it goes on.
    if (!frame.is_inlined && frame.code) {
      CodeLocation code = *frame.code;
      if (!innermost)
        code.offset = return_address(*debugger_.modules()[code.module].module, code.offset);
      out.push_back({i, code, wire_of(code)});
    }
    innermost &= frame.is_inlined;
  }
  return out;
}

uint64_t Server::program_counter() {
  const std::vector<MachineFrame> frames = machine_frames();
  return frames.empty() ? wire_of({}) : frames[0].wire;
}

std::string Server::read_register(std::string_view rest) {
  if (take_hex(rest) != 0u) return std::string(kBadRequest);
  return little_endian_hex(program_counter(), 8);
}

std::string Server::read_registers(std::string_view) {
  return little_endian_hex(program_counter(), 8);
}

std::string Server::call_stack(std::string_view) {
  std::string out;
  for (const MachineFrame& frame : machine_frames()) out += little_endian_hex(frame.wire, 8);
  // Outside of all code there is no frame; the client cannot do without one.
  return out.empty() ? little_endian_hex(wire_of({}), 8) : out;
}

/// `frame;index`, in decimal.
static std::optional<std::pair<uint64_t, uint64_t>> frame_and_index(std::string_view text) {
  const size_t split = text.find(';');
  if (split == std::string_view::npos) return std::nullopt;
  const auto number = [](std::string_view digits) -> std::optional<uint64_t> {
    uint64_t value = 0;
    if (digits.empty() || digits.size() > 9) return std::nullopt;
    for (const char c : digits) {
      if (c < '0' || c > '9') return std::nullopt;
      value = value * 10 + static_cast<uint64_t>(c - '0');
    }
    return value;
  };
  const auto frame = number(text.substr(0, split)), index = number(text.substr(split + 1));
  if (!frame || !index) return std::nullopt;
  return std::pair(*frame, *index);
}

std::string Server::value_of(const Result<std::vector<TypedValue>>& values, uint64_t index) {
  if (!values || index >= values->size()) return std::string(kNotThere);
  const TypedValue& value = (*values)[index];
  if (value.type == "v128")
    return little_endian_hex(value.bits.low, 8) + little_endian_hex(value.bits.high, 8);
  const bool is_short = value.type == "i32" || value.type == "f32";
  return little_endian_hex(value.bits.low, is_short ? 4 : 8);
}

std::string Server::local(std::string_view rest) {
  const auto wanted = frame_and_index(rest);
  const std::vector<MachineFrame> frames = machine_frames();
  if (!wanted || wanted->first >= frames.size()) return std::string(kBadRequest);
  return value_of(debugger_.locals(frames[wanted->first].frame), wanted->second);
}

std::string Server::operand(std::string_view rest) {
  const auto wanted = frame_and_index(rest);
  const std::vector<MachineFrame> frames = machine_frames();
  if (!wanted || wanted->first >= frames.size()) return std::string(kBadRequest);
  return value_of(debugger_.operands(frames[wanted->first].frame), wanted->second);
}

std::string Server::global(std::string_view rest) {
  const auto wanted = frame_and_index(rest);
  const std::vector<MachineFrame> frames = machine_frames();
  if (!wanted || wanted->first >= frames.size()) return std::string(kBadRequest);
  return value_of(debugger_.instance_globals(frames[wanted->first].frame), wanted->second);
}

// ---- Memory ----

/// An address does not say whose memory is meant: that of the function we are in.
uint32_t Server::memory_here() {
  const std::vector<DebugFrame> frames = debugger_.frames();
  const auto guest = std::find_if(frames.begin(), frames.end(),
                                  [](const DebugFrame& frame) { return frame.memory.has_value(); });
  return guest == frames.end() ? 0 : *guest->memory;
}

Result<std::vector<uint8_t>> Server::bytes_at(uint64_t wire, uint64_t size) {
  const WireAddress address = WireAddress::decode(wire);
  size = std::min(size, kMaxRead);
  if (address.kind == WireAddress::Kind::object) {
    if (address.number >= debugger_.modules().size())
      return fail(ErrorKind::usage, "there is no such module");
    const Bytes module = debugger_.modules()[address.number].module->bytes();
    if (address.offset >= module.size()) return fail(ErrorKind::usage, "behind the module's end");
    const Bytes part =
        module.subspan(address.offset, std::min<uint64_t>(size, module.size() - address.offset));
    return std::vector<uint8_t>(part.begin(), part.end());
  }
  if (address.kind != WireAddress::Kind::memory)
    return fail(ErrorKind::usage, "there is nothing at such an address");
  return debugger_.read_memory(memory_here(), address.offset, size);
}

std::string Server::read_memory(std::string_view rest) {
  const auto address = take_hex(rest);
  if (!address || !rest.starts_with(',')) return std::string(kBadRequest);
  rest.remove_prefix(1);
  const auto size = take_hex(rest);
  if (!size) return std::string(kBadRequest);
  const auto bytes = bytes_at(*address, *size);
  if (!bytes || bytes->empty()) return std::string(kNotThere);
  return to_hex(*bytes);
}

std::string Server::memory_region(std::string_view rest) {
  const auto wire = take_hex(rest);
  if (!wire) return std::string(kBadRequest);
  const WireAddress address = WireAddress::decode(*wire);
  WireAddress begin{.kind = address.kind, .number = address.number, .offset = 0};
  uint64_t size = 0;
  if (address.kind == WireAddress::Kind::object && address.number < debugger_.modules().size()) {
    size = debugger_.modules()[address.number].module->bytes().size();
  } else if (address.kind == WireAddress::Kind::memory) {
    begin.number = 0;
    for (const MemoryInfo& memory : debugger_.memories()) size = std::max(size, memory.size);
  }
  const bool code = address.kind == WireAddress::Kind::object;
  if (address.offset < size)
    return fmt::format("start:{:x};size:{:x};permissions:{};", begin.encode(), size,
                       code ? "rx" : "rw");
  return fmt::format("start:{:x};size:{:x};", *wire, uint64_t{1} << 16);
}

// ---- Stops ----

std::string Server::insert(std::string_view rest) {
  if (rest.size() < 2 || inserted_.contains(rest)) return std::string(kOkay);
  const char kind = rest[0];
  std::string_view fields = rest.substr(2);
  const auto wire = take_hex(fields);
  if (!wire || !fields.starts_with(',')) return std::string(kBadRequest);
  fields.remove_prefix(1);
  const auto size = take_hex(fields);
  if (!size) return std::string(kBadRequest);
  const WireAddress address = WireAddress::decode(*wire);
  const std::string key(rest);
  if (kind == '0' || kind == '1') {
    if (address.kind != WireAddress::Kind::object) return std::string(kNotThere);
    Breakpoint wanted;
    wanted.place = address.code();
    auto made = debugger_.add_breakpoint(std::move(wanted));
    if (!made) return std::string(kNotThere);
    inserted_[key] = made->id;
    return std::string(kOkay);
  }
  if (kind != '2') return std::string(kUnknown);  // only writes can be watched
  auto made = debugger_.add_watchpoint(
      MemoryRange{.memory = memory_here(), .address = address.offset, .size = *size},
      fmt::format("*{:#x}", address.offset));
  if (!made) return std::string(kNotThere);
  inserted_[key] = made->id;
  return std::string(kOkay);
}

std::string Server::remove(std::string_view rest) {
  const auto found = inserted_.find(rest);
  if (found == inserted_.end()) return std::string(kNotThere);
  const auto removed = debugger_.remove(found->second);
  inserted_.erase(found);
  return std::string(removed ? kOkay : kNotThere);
}

std::string Server::stopped(const Result<Stop>& stop) {
  const std::string pc = little_endian_hex(program_counter(), 8);
  const auto reply = [&](std::string_view signal, std::string_view reason) {
    return last_stop_ = fmt::format("T{}thread:1;threads:1;thread-pcs:{:x};00:{};{}", signal,
                                    program_counter(), pc, reason);
  };
  const auto told = [](std::string_view reason, std::string_view text) {
    return fmt::format("reason:{};description:{};", reason, text_to_hex(text));
  };
  if (!stop) return reply(kTrapSignal, told("exception", stop.error().message));
  switch (stop->reason) {
    case Stop::Reason::start:
      return reply(kTrapSignal, "replaylog:begin;");
    case Stop::Reason::end:
    case Stop::Reason::exit:
      return reply(kTrapSignal, "replaylog:end;");
    case Stop::Reason::trap:
      return reply(kFaultSignal, told("exception", stop->trap ? stop->trap->message : stop->text));
    case Stop::Reason::divergence:
      return reply(kTrapSignal, told("exception", stop->text));
    case Stop::Reason::breakpoint:
      return reply(kTrapSignal, "reason:breakpoint;");
    case Stop::Reason::watchpoint: {
      for (const Watchpoint& watch : debugger_.watchpoints())
        if (stop->watch && watch.id == stop->watch->id)
          if (const auto* range = std::get_if<MemoryRange>(&watch.place))
            return reply(kTrapSignal, told("watchpoint", std::to_string(range->address)));
      return reply(kTrapSignal, "reason:watchpoint;");
    }
    case Stop::Reason::interrupted:
      return reply("02", "reason:signal;");
    case Stop::Reason::step:
      break;
  }
  return reply(kTrapSignal, "reason:trace;");
}

std::string Server::stop_reason(std::string_view) {
  return last_stop_.empty() ? stopped(debugger_.last_stop()) : last_stop_;
}

std::string Server::continue_actions(std::string_view) {
  return "vCont;c;C;s;S";
}

std::string Server::continue_with(std::string_view rest) {
  return rest.starts_with('s') || rest.starts_with('S') ? step({}) : go_on({});
}

std::string Server::go_on(std::string_view) {
  return stopped(debugger_.go(Direction::forward));
}
std::string Server::go_back(std::string_view) {
  return stopped(debugger_.go(Direction::backward));
}
std::string Server::step(std::string_view) {
  return stopped(debugger_.step_instruction(Direction::forward));
}
std::string Server::step_back(std::string_view) {
  return stopped(debugger_.step_instruction(Direction::backward));
}

std::string Server::monitor(std::string_view rest) {
  const auto command = from_hex(rest);
  if (!command) return std::string(kBadRequest);
  const std::string printed = monitor_(*command);
  last_stop_.clear();  // it may have moved
  return printed.empty() ? std::string(kOkay) : text_to_hex(printed);
}

std::string Server::detach(std::string_view) {
  over_ = true;
  return std::string(kOkay);
}

std::string Server::kill(std::string_view) {
  over_ = true;
  return "X09";
}

void serve(Debugger& debugger, Server::Monitor monitor, const ClientWire& wire) {
  Server server(debugger, std::move(monitor));
  Interruption interruption;
  interruption.watch(&debugger);
  Inbox<PacketReader> inbox(wire, [&](uint64_t number, const Incoming& incoming) {
    if (incoming.kind == Incoming::Kind::interrupt) interruption.wanted_by(number);
  });
  std::string sent;
  while (!server.over()) {
    const auto arrived = inbox.take();
    if (!arrived) return;
    interruption.begin(arrived->number);
    switch (arrived->message.kind) {
      case Incoming::Kind::packet:
        if (server.acknowledges()) wire.write("+");
        sent = frame_packet(server.answer(arrived->message.payload));
        wire.write(sent);
        break;
      case Incoming::Kind::damaged:
        if (server.acknowledges()) wire.write("-");
        break;
      case Incoming::Kind::refused:
        wire.write(sent);
        break;
      case Incoming::Kind::acknowledged:
      case Incoming::Kind::interrupt:
        break;
    }
  }
}

}  // namespace reprise::debug::gdb
