// The loop that every native rival shares: "r" runs one cycle and prints its seconds and the share
// of them that the process was running, "c" runs one and prints the hash of its results. The program
// defines setup, run and check.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void setup(void);      // back to the start state; not timed
static void run(void);        // one cycle
static uint32_t check(void);  // hash of the results of the last cycle

#define HASH_SEED 0x811c9dc5u

static inline uint32_t hash_word(uint32_t hash, uint32_t word) { return (hash ^ word) * 0x01000193u; }

static double now(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}

// A whole file of 32-bit words; *count becomes their number.
static uint32_t *read_words(const char *path, uint32_t *count) {
  FILE *file = fopen(path, "rb");
  if (!file) exit(2);
  fseek(file, 0, SEEK_END);
  long bytes = ftell(file);
  rewind(file);
  uint32_t *words = malloc(bytes ? bytes : 4);
  if (fread(words, 1, bytes, file) != (size_t)bytes) exit(2);
  fclose(file);
  *count = bytes / 4;
  return words;
}

// Answers until the input ends; `report` runs a cycle and prints what it found: one number, or
// `name=number` for each thing that is compared.
static int serve_reports(void (*report)(void)) {
  char line[16];
  while (fgets(line, sizeof line, stdin)) {
    setup();
    if (line[0] == 'r') {
      // As the harness does: one untimed cycle to warm the host's caches, then the sample.
      run();
      setup();
      double start = now(CLOCK_MONOTONIC), busy = now(CLOCK_PROCESS_CPUTIME_ID);
      run();
      busy = now(CLOCK_PROCESS_CPUTIME_ID) - busy;
      double seconds = now(CLOCK_MONOTONIC) - start;
      // As the harness does: what other work on the computer took is not ours.
      printf("%.9f %.3f\n", busy < seconds ? busy : seconds, seconds > 0 ? busy / seconds : 1);
    } else {
      report();
    }
    fflush(stdout);
  }
  return 0;
}

static __attribute__((unused)) void report_check(void) {
  run();
  printf("%u\n", check());
}

static inline int serve(void) { return serve_reports(report_check); }
