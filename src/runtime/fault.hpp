// Faults that are traps. The interpreter's accesses to guarded memories are single machine
// instructions whose addresses are listed in the section `reprise_faults`, each with the place to
// go on if it faults (code/guarded.hpp makes them). The handler looks the faulting instruction up;
// if it is listed, the thread continues at that place, which reports the trap in the ordinary way.
// Nothing is unwound and no frame is skipped, so there is no siglongjmp and nothing to get wrong
// about destructors. A fault in the ring of a recording, whose file somebody has truncated, ends
// that recording (trace/ring.hpp). Any other fault is handed to the handler that was there before.
//
// The handler runs on the thread's alternate stack: of the sanitizer's or the embedder's making
// where there is one, else of ours.

#pragma once

namespace reprise::runtime {

/// Whether this build knows how to do that on this machine; otherwise memories need explicit
/// checks.
bool guard_pages_supported();

/// Installs the handler for SIGSEGV and SIGBUS, once in a process.
void install_fault_handler();

/// Gives the calling thread an alternate signal stack, unless it has one.
void ensure_signal_stack();

}  // namespace reprise::runtime
