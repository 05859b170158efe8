// The fault handler: the process-wide part of guard pages. Signal dispositions belong to the
// process, so the two saved handlers below are the one piece of global state in the library.

#include "runtime/fault.hpp"

#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>

#include <cstdint>
#include <mutex>

#include "trace/ring.hpp"

namespace reprise::runtime {

namespace {

/// One listed instruction: both fields are relative to their own address.
struct FaultEntry {
  int32_t instruction;
  int32_t landing;
};

}  // namespace

// Made by the linker around the section, when anything is in it.
extern "C" const FaultEntry __start_reprise_faults[] __attribute__((weak, visibility("hidden")));
extern "C" const FaultEntry __stop_reprise_faults[] __attribute__((weak, visibility("hidden")));

namespace {

struct sigaction previous_segv;
struct sigaction previous_bus;

#if defined(__x86_64__)
constexpr bool kSupported = true;
uintptr_t program_counter(const ucontext_t& context) {
  return static_cast<uintptr_t>(context.uc_mcontext.gregs[REG_RIP]);
}
void set_program_counter(ucontext_t& context, uintptr_t pc) {
  context.uc_mcontext.gregs[REG_RIP] = static_cast<greg_t>(pc);
}
#elif defined(__aarch64__)
constexpr bool kSupported = true;
uintptr_t program_counter(const ucontext_t& context) {
  return context.uc_mcontext.pc;
}
void set_program_counter(ucontext_t& context, uintptr_t pc) {
  context.uc_mcontext.pc = pc;
}
#else
constexpr bool kSupported = false;
uintptr_t program_counter(const ucontext_t&) {
  return 0;
}
void set_program_counter(ucontext_t&, uintptr_t) {}
#endif

uintptr_t landing_for(uintptr_t pc) {
  for (const FaultEntry* entry = __start_reprise_faults; entry != __stop_reprise_faults; ++entry) {
    const auto at = reinterpret_cast<uintptr_t>(&entry->instruction);
    if (at + static_cast<uintptr_t>(static_cast<intptr_t>(entry->instruction)) == pc) {
      const auto field = reinterpret_cast<uintptr_t>(&entry->landing);
      return field + static_cast<uintptr_t>(static_cast<intptr_t>(entry->landing));
    }
  }
  return 0;
}

void pass_on(int signal, siginfo_t* info, void* context) {
  const struct sigaction& previous = signal == SIGBUS ? previous_bus : previous_segv;
  if (previous.sa_flags & SA_SIGINFO) {
    previous.sa_sigaction(signal, info, context);
  } else if (previous.sa_handler == SIG_DFL || previous.sa_handler == SIG_IGN) {
    // Returning runs the faulting instruction again, now with the default disposition: the process
    // ends with the core dump it would have had without us.
    sigaction(signal, &previous, nullptr);
  } else {
    previous.sa_handler(signal);
  }
}

void on_fault(int signal, siginfo_t* info, void* context) {
  auto& machine = *static_cast<ucontext_t*>(context);
  if (const uintptr_t landing = landing_for(program_counter(machine)); landing != 0) {
    set_program_counter(machine, landing);
    return;
  }
  if (signal == SIGBUS && trace::absorb_ring_fault(info->si_addr)) return;
  pass_on(signal, info, context);
}

/// A thread's alternate stack, where nobody else made one.
class SignalStack {
 public:
  SignalStack() {
    stack_t current{};
    if (sigaltstack(nullptr, &current) != 0 || !(current.ss_flags & SS_DISABLE)) return;
    void* memory =
        mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return;
    const stack_t ours{.ss_sp = memory, .ss_flags = 0, .ss_size = kBytes};
    if (sigaltstack(&ours, nullptr) == 0) {
      memory_ = memory;
    } else {
      munmap(memory, kBytes);
    }
  }
  ~SignalStack() {
    if (memory_ == nullptr) return;
    stack_t current{};
    if (sigaltstack(nullptr, &current) == 0 && current.ss_sp == memory_) {
      const stack_t none{.ss_sp = nullptr, .ss_flags = SS_DISABLE, .ss_size = 0};
      sigaltstack(&none, nullptr);
    }
    munmap(memory_, kBytes);
  }
  SignalStack(const SignalStack&) = delete;
  SignalStack& operator=(const SignalStack&) = delete;

 private:
  static constexpr size_t kBytes = 64 * 1024;
  void* memory_ = nullptr;
};

}  // namespace

bool guard_pages_supported() {
  return kSupported;
}

void install_fault_handler() {
  static std::once_flag once;
  std::call_once(once, [] {
    struct sigaction action{};
    action.sa_sigaction = on_fault;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
    sigemptyset(&action.sa_mask);
    sigaction(SIGSEGV, &action, &previous_segv);
    sigaction(SIGBUS, &action, &previous_bus);
  });
}

void ensure_signal_stack() {
  static thread_local const SignalStack stack;
}

}  // namespace reprise::runtime
