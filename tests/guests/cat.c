// Copies files, or standard input, to standard output.

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int copy(int fd) {
  char buffer[4096];
  ssize_t n;
  while ((n = read(fd, buffer, sizeof buffer)) > 0) {
    for (ssize_t done = 0; done < n;) {
      ssize_t written = write(1, buffer + done, n - done);
      if (written < 0) return -1;
      done += written;
    }
  }
  return n < 0 ? -1 : 0;
}

int main(int argc, char** argv) {
  if (argc < 2 && copy(0) != 0) perror("standard input");
  int failed = 0;
  for (int i = 1; i < argc; ++i) {
    int fd = strcmp(argv[i], "-") == 0 ? 0 : open(argv[i], O_RDONLY);
    if (fd < 0 || copy(fd) != 0) {
      perror(argv[i]);
      failed = 1;
    }
    if (fd > 0) close(fd);
  }
  return failed;
}
