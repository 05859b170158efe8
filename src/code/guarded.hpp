// Accesses to guarded memories: single machine instructions that may fault (runtime/fault.hpp).
// Each is written as assembly so that its address can be entered, with the place to go on, into the
// section that the fault handler searches; `asm goto` tells the compiler of that second way out, so
// everything that is needed there is where the compiler thinks it is.
//
//   uint32_t value;
//   REPRISE_GUARDED_LOAD(uint8_t, value, address, out_of_bounds);
//   ...
//   out_of_bounds: ...
//
// Elsewhere than on the machines below, REPRISE_HAS_GUARDED is not defined, and memories are
// checked.

#pragma once

#include <cstdint>

#define REPRISE_FAULT_ENTRY(label)                  \
  "\n .pushsection reprise_faults,\"aR\",@progbits" \
  "\n .balign 4"                                    \
  "\n .long 1b - ."                                 \
  "\n .long %l[" #label                             \
  "] - ."                                           \
  "\n .popsection"

#if defined(__x86_64__)

#define REPRISE_HAS_GUARDED 1
#define REPRISE_GUARDED_ASM_LOAD(instruction, modifier, T, out, address, label)        \
  asm volatile goto("1: " instruction " %1, %" modifier "0" REPRISE_FAULT_ENTRY(label) \
                    : "=r"(out)                                                        \
                    : "m"(*reinterpret_cast<const T*>(address))                        \
                    :                                                                  \
                    : label)
#define REPRISE_GUARDED_ASM_STORE(instruction, modifier, T, value, address, label)     \
  asm volatile goto("1: " instruction " %" modifier "0, %1" REPRISE_FAULT_ENTRY(label) \
                    :                                                                  \
                    : "r"(value), "m"(*reinterpret_cast<T*>(address))                  \
                    : "memory"                                                         \
                    : label)

// By the type in memory and the width of the result.
#define REPRISE_LOAD_uint8_t(out, address, label) \
  REPRISE_GUARDED_ASM_LOAD("movzbl", "k", uint8_t, out, address, label)
#define REPRISE_LOAD_uint16_t(out, address, label) \
  REPRISE_GUARDED_ASM_LOAD("movzwl", "k", uint16_t, out, address, label)
#define REPRISE_LOAD_uint32_t(out, address, label) \
  REPRISE_GUARDED_ASM_LOAD("movl", "k", uint32_t, out, address, label)
#define REPRISE_LOAD_uint64_t(out, address, label) \
  REPRISE_GUARDED_ASM_LOAD("movq", "q", uint64_t, out, address, label)
#define REPRISE_LOAD_int8_t(out, address, label) \
  REPRISE_GUARDED_ASM_LOAD("movsbq", "q", int8_t, out, address, label)
#define REPRISE_LOAD_int16_t(out, address, label) \
  REPRISE_GUARDED_ASM_LOAD("movswq", "q", int16_t, out, address, label)
#define REPRISE_LOAD_int32_t(out, address, label) \
  REPRISE_GUARDED_ASM_LOAD("movslq", "q", int32_t, out, address, label)
#define REPRISE_STORE_uint8_t(value, address, label) \
  REPRISE_GUARDED_ASM_STORE("movb", "b", uint8_t, value, address, label)
#define REPRISE_STORE_uint16_t(value, address, label) \
  REPRISE_GUARDED_ASM_STORE("movw", "w", uint16_t, value, address, label)
#define REPRISE_STORE_uint32_t(value, address, label) \
  REPRISE_GUARDED_ASM_STORE("movl", "k", uint32_t, value, address, label)
#define REPRISE_STORE_uint64_t(value, address, label) \
  REPRISE_GUARDED_ASM_STORE("movq", "q", uint64_t, value, address, label)

#elif defined(__aarch64__)

#define REPRISE_HAS_GUARDED 1
#define REPRISE_GUARDED_ASM_LOAD(instruction, modifier, T, out, address, label)        \
  asm volatile goto("1: " instruction " %" modifier "0, %1" REPRISE_FAULT_ENTRY(label) \
                    : "=r"(out)                                                        \
                    : "Q"(*reinterpret_cast<const T*>(address))                        \
                    :                                                                  \
                    : label)
#define REPRISE_GUARDED_ASM_STORE(instruction, modifier, T, value, address, label)     \
  asm volatile goto("1: " instruction " %" modifier "0, %1" REPRISE_FAULT_ENTRY(label) \
                    :                                                                  \
                    : "r"(value), "Q"(*reinterpret_cast<T*>(address))                  \
                    : "memory"                                                         \
                    : label)

#define REPRISE_LOAD_uint8_t(out, address, label) \
  REPRISE_GUARDED_ASM_LOAD("ldrb", "w", uint8_t, out, address, label)
#define REPRISE_LOAD_uint16_t(out, address, label) \
  REPRISE_GUARDED_ASM_LOAD("ldrh", "w", uint16_t, out, address, label)
#define REPRISE_LOAD_uint32_t(out, address, label) \
  REPRISE_GUARDED_ASM_LOAD("ldr", "w", uint32_t, out, address, label)
#define REPRISE_LOAD_uint64_t(out, address, label) \
  REPRISE_GUARDED_ASM_LOAD("ldr", "x", uint64_t, out, address, label)
#define REPRISE_LOAD_int8_t(out, address, label) \
  REPRISE_GUARDED_ASM_LOAD("ldrsb", "x", int8_t, out, address, label)
#define REPRISE_LOAD_int16_t(out, address, label) \
  REPRISE_GUARDED_ASM_LOAD("ldrsh", "x", int16_t, out, address, label)
#define REPRISE_LOAD_int32_t(out, address, label) \
  REPRISE_GUARDED_ASM_LOAD("ldrsw", "x", int32_t, out, address, label)
#define REPRISE_STORE_uint8_t(value, address, label) \
  REPRISE_GUARDED_ASM_STORE("strb", "w", uint8_t, value, address, label)
#define REPRISE_STORE_uint16_t(value, address, label) \
  REPRISE_GUARDED_ASM_STORE("strh", "w", uint16_t, value, address, label)
#define REPRISE_STORE_uint32_t(value, address, label) \
  REPRISE_GUARDED_ASM_STORE("str", "w", uint32_t, value, address, label)
#define REPRISE_STORE_uint64_t(value, address, label) \
  REPRISE_GUARDED_ASM_STORE("str", "x", uint64_t, value, address, label)

#endif

/// `out` must be a uint64_t: zero- or sign-extended as T says.
#define REPRISE_GUARDED_LOAD(T, out, address, label) REPRISE_LOAD_##T(out, address, label)
/// `value` must be a uint64_t; its low bytes are stored.
#define REPRISE_GUARDED_STORE(T, value, address, label) REPRISE_STORE_##T(value, address, label)
