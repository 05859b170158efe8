// Goes wrong in the way it is told, some calls deep: built with debug information, so that a
// backtrace has something to say.

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct account {
  const char* name;
  int balance;
};

static int divide(int a, int b) {
  return a / b;
}

static void overdraw(struct account* account, int amount) {
  account->balance -= amount;
  assert(account->balance >= 0);
}

static int far_away(volatile int* memory, int index) {
  return memory[index];
}

static int recurse(volatile int* depth) {
  if (++*depth < 0) return 0;
  return recurse(depth) + *depth;
}

typedef int (*function)(int, int);

static int run(const char* how) {
  struct account account = {"savings", 10};
  volatile int zero = 0;
  if (strcmp(how, "divide") == 0) return divide(account.balance, zero);
  if (strcmp(how, "assert") == 0) overdraw(&account, 11);
  if (strcmp(how, "unreachable") == 0) __builtin_trap();
  if (strcmp(how, "memory") == 0) return far_away(&zero, 0x30000000);
  if (strcmp(how, "stack") == 0) return recurse(&zero);
  if (strcmp(how, "call") == 0) return ((function)(uintptr_t)12345)(1, 2);
  printf("unknown fault %s\n", how);
  return 2;
}

int main(int argc, char** argv) {
  printf("about to fail\n");
  fflush(stdout);
  return run(argc > 1 ? argv[1] : "");
}
