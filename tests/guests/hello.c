// Prints its arguments and environment: the smallest program that shows what was granted.

#include <stdio.h>

extern char** environ;

int main(int argc, char** argv) {
  printf("hello\n");
  for (int i = 1; i < argc; ++i) printf("argument %d: %s\n", i, argv[i]);
  for (char** variable = environ; *variable; ++variable) printf("variable: %s\n", *variable);
  fprintf(stderr, "%d arguments\n", argc - 1);
  return 0;
}
