// Ends with the code it is told, in the way it is told: by return, exit or _Exit.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void at_exit(void) {
  printf("at exit\n");
}

int main(int argc, char** argv) {
  if (argc != 3) return 64;
  const int code = atoi(argv[2]);
  atexit(at_exit);
  if (strcmp(argv[1], "exit") == 0) exit(code);
  if (strcmp(argv[1], "_Exit") == 0) _Exit(code);
  return code;
}
