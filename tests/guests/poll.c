// Waits for standard input with a timeout, again and again, and says what came first.

#include <poll.h>
#include <stdio.h>
#include <unistd.h>

int main(void) {
  struct pollfd input = {.fd = 0, .events = POLLRDNORM};
  for (int timeouts = 0; timeouts < 3;) {
    const int ready = poll(&input, 1, 20);
    if (ready < 0) {
      perror("poll");
      return 1;
    }
    if (ready == 0) {
      ++timeouts;
      printf("timeout\n");
      continue;
    }
    char buffer[64];
    const ssize_t n = read(0, buffer, sizeof buffer);
    if (n <= 0) {
      printf("end\n");
      return 0;
    }
    printf("input %.*s", (int)n, buffer);
    fflush(stdout);
  }
  return 0;
}
