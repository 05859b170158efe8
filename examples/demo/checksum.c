// The demo's guest: prints a checksum of every file in a directory, and writes them into a report.
//
//   checksum DIRECTORY REPORT
//
// Built twice: as it is, and with -DREPORT_FIRST, where the report is opened before the first file is
// read: a small change in behaviour for a replay to find.

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { kMaxFiles = 256 };

static uint64_t checksum(const char* path) {
  uint64_t hash = 14695981039346656037u;
  FILE* file = fopen(path, "rb");
  if (!file) {
    fprintf(stderr, "checksum: cannot open %s\n", path);
    exit(1);
  }
  unsigned char buffer[4096];
  size_t n;
  while ((n = fread(buffer, 1, sizeof buffer, file)) > 0)
    for (size_t i = 0; i < n; ++i) hash = (hash ^ buffer[i]) * 1099511628211u;
  fclose(file);
  return hash;
}

static int by_name(const void* a, const void* b) {
  return strcmp(*(char* const*)a, *(char* const*)b);
}

static FILE* open_report(const char* path) {
  FILE* report = fopen(path, "w");
  if (!report) {
    fprintf(stderr, "checksum: cannot write %s\n", path);
    exit(1);
  }
  return report;
}

int main(int argc, char** argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: checksum DIRECTORY REPORT\n");
    return 1;
  }
  char* names[kMaxFiles];
  size_t count = 0;
  DIR* directory = opendir(argv[1]);
  if (!directory) {
    fprintf(stderr, "checksum: cannot read %s\n", argv[1]);
    return 1;
  }
  for (struct dirent* entry; (entry = readdir(directory)) && count < kMaxFiles;)
    if (entry->d_name[0] != '.') names[count++] = strdup(entry->d_name);
  closedir(directory);
  qsort(names, count, sizeof names[0], by_name);

#ifdef REPORT_FIRST
  FILE* report = open_report(argv[2]);
#endif
  uint64_t sums[kMaxFiles];
  for (size_t i = 0; i < count; ++i) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", argv[1], names[i]);
    sums[i] = checksum(path);
    printf("%016llx  %s\n", (unsigned long long)sums[i], names[i]);
  }
#ifndef REPORT_FIRST
  FILE* report = open_report(argv[2]);
#endif
  for (size_t i = 0; i < count; ++i)
    fprintf(report, "%016llx  %s\n", (unsigned long long)sums[i], names[i]);
  fclose(report);
  printf("%zu files, at second %lld of the epoch\n", count, (long long)time(NULL));
  return 0;
}
