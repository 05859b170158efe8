// A recorded run for debuggers that speak GDB's remote protocol with LLDB's WebAssembly packets:
//
//   (lldb) process connect --plugin wasm connect://localhost:1234
//
// The run looks like a process with one thread that is stopped. Its modules are libraries that lie
// at addresses of their own (packet.hpp) and are read from there, with the debug information in
// them; so the client needs no file. It can go backwards: `bc`, `bs`.
//
// What neither LLDB nor GDB has commands for (seek, events, last-write, origin) is there as monitor
// commands, which are the terminal's.

#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "debug/debugger.hpp"
#include "debug/gdb/packet.hpp"
#include "debug/inbox.hpp"

namespace reprise::debug::gdb {

class Server {
 public:
  /// Runs a command of the terminal and gives what it prints.
  using Monitor = std::function<std::string(std::string_view command)>;

  Server(Debugger& debugger, Monitor monitor);

  /// The answer to one packet; empty for packets that are not known, as the protocol wants it.
  std::string answer(std::string_view packet);
  /// The client has gone, or told us to end.
  bool over() const { return over_; }
  /// No answers to packets are expected any more.
  bool acknowledges() const { return acknowledges_; }

 private:
  struct Row {
    std::string_view prefix;
    std::string (Server::*handler)(std::string_view rest);
  };
  static const Row kPackets[];

  std::string supported(std::string_view);
  std::string no_acknowledgements(std::string_view);
  std::string okay(std::string_view);
  std::string host_info(std::string_view);
  std::string process_info(std::string_view);
  std::string current_thread(std::string_view);
  std::string first_threads(std::string_view);
  std::string no_more(std::string_view);
  std::string attached(std::string_view);
  std::string stop_reason(std::string_view);
  std::string register_info(std::string_view rest);
  std::string read_register(std::string_view rest);
  std::string read_registers(std::string_view);
  std::string libraries(std::string_view rest);
  std::string memory_region(std::string_view rest);
  std::string read_memory(std::string_view rest);
  std::string call_stack(std::string_view);
  std::string local(std::string_view rest);
  std::string global(std::string_view rest);
  std::string operand(std::string_view rest);
  std::string insert(std::string_view rest);
  std::string remove(std::string_view rest);
  std::string continue_actions(std::string_view);
  std::string continue_with(std::string_view rest);
  std::string go_on(std::string_view);
  std::string step(std::string_view);
  std::string go_back(std::string_view);
  std::string step_back(std::string_view);
  std::string monitor(std::string_view rest);
  std::string detach(std::string_view);
  std::string kill(std::string_view);

  /// One Wasm frame: the machine's, without those of inlined functions and of the host.
  struct MachineFrame {
    size_t frame;  // in debugger_.frames()
    CodeLocation code;
    uint64_t wire;  // its address
  };
  std::vector<MachineFrame> machine_frames();
  uint64_t program_counter();
  std::string stopped(const Result<Stop>& stop);
  std::string value_of(const Result<std::vector<TypedValue>>& values, uint64_t index);
  uint32_t memory_here();
  Result<std::vector<uint8_t>> bytes_at(uint64_t wire, uint64_t size);

  Debugger& debugger_;
  Monitor monitor_;
  /// What the client has inserted: the packet's text behind Z, and our number.
  std::map<std::string, uint32_t, std::less<>> inserted_;
  std::string last_stop_;
  bool over_ = false;
  bool acknowledges_ = true;
};

/// Serves one client until it goes.
void serve(Debugger& debugger, Server::Monitor monitor, const ClientWire& wire);

}  // namespace reprise::debug::gdb
