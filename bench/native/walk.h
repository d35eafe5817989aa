// The two-level walk over ARMv7 short descriptors, and what every program that translates a stream
// shares: its memory, the stream, the physical addresses it makes of it.
#include "server.h"

#define NO_PA 0xffffffffu

static uint32_t *memory, base, lv1;
static uint32_t *stream, *output, count;

static inline uint32_t walk(uint32_t va) {
  uint32_t entry = memory[((lv1 - base) >> 2) + (va >> 20)];
  if ((entry & 3) == 1) {
    uint32_t small = memory[(((entry & ~1023u) - base) >> 2) + ((va >> 12) & 255)];
    if (small & 2) return (small & ~4095u) | (va & 4095);
    if (small & 1) return (small & ~65535u) | (va & 65535);
    return NO_PA;
  }
  return (entry & 3) == 2 ? (entry & ~0xfffffu) | (va & 0xfffff) : NO_PA;
}

/** Takes the arguments that all have first: memory words, stream words, base, lv1. */
static void load_stream(char **argv) {
  uint32_t words;
  memory = read_words(argv[1], &words);
  stream = read_words(argv[2], &count);
  base = strtoul(argv[3], NULL, 0);
  lv1 = strtoul(argv[4], NULL, 0);
  output = calloc(count, 4);
}

static uint32_t hash_output(void) {
  uint32_t hash = HASH_SEED;
  for (uint32_t i = 0; i < count; i++) hash = hash_word(hash, output[i]);
  return hash;
}
