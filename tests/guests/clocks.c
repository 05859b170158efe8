// Prints what differs from run to run: both clocks, random bytes, and how long a sleep took.

#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static long long now(clockid_t clock) {
  struct timespec t;
  if (clock_gettime(clock, &t) != 0) return -1;
  return (long long)t.tv_sec * 1000000000 + t.tv_nsec;
}

int main(void) {
  unsigned char random[16];
  if (getentropy(random, sizeof random) != 0) return 1;
  printf("wall %lld\n", now(CLOCK_REALTIME));
  const long long before = now(CLOCK_MONOTONIC);
  printf("monotonic %lld\n", before);
  printf("random ");
  for (size_t i = 0; i < sizeof random; ++i) printf("%02x", random[i]);
  printf("\n");
  const struct timespec pause = {0, 20 * 1000 * 1000};
  if (nanosleep(&pause, NULL) != 0) return 1;
  const long long slept = now(CLOCK_MONOTONIC) - before;
  printf("slept %lld\n", slept);
  return slept >= 20 * 1000 * 1000 ? 0 : 1;
}
