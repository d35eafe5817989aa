// What the programs that allocate share: pairs {slot, pages} of operations (0 pages: free what the slot
// holds), the slots, the play from the mark on, and the hash of the addresses it gave. The program defines
// allocate and release, and in setup calls restore_slots.
#include "server.h"

#define NONE 0xffffffffu

static uint32_t *ops, op_count, mark, slot_count;
static uint32_t *slots, *saved_slots;  // address, pages
static uint32_t *results;

static uint32_t allocate(uint32_t pages);             // an address, or NONE
static void release(uint32_t page, uint32_t pages);

static void play(uint32_t from, uint32_t to, uint32_t *out) {
  for (uint32_t i = from; i < to; i++) {
    uint32_t *slot = slots + 2 * ops[2 * i], pages = ops[2 * i + 1];
    if (pages) {
      slot[0] = allocate(pages);
      slot[1] = pages;
      if (out) out[i - from] = slot[0];
    } else if (slot[0] != NONE) {
      release(slot[0] >> 12, slot[1]);
    }
  }
}

static void restore_slots(void) { memcpy(slots, saved_slots, (size_t)slot_count * 8); }

static void run(void) { play(mark, op_count, NULL); }

static uint32_t check(void) {
  uint32_t hash = HASH_SEED, n = op_count - mark;
  setup();
  memset(results, 0, (size_t)n * 4);
  play(mark, op_count, results);
  for (uint32_t i = 0; i < n; i++) hash = hash_word(hash, results[i]);
  return hash;
}

/** Takes the operations and their numbers from the command line. */
static void load_ops(const char *file, const char *from, const char *count) {
  uint32_t words;
  ops = read_words(file, &words);
  op_count = words / 2;
  mark = atoi(from);
  slot_count = atoi(count);
  slots = calloc(slot_count, 8);
  saved_slots = malloc((size_t)slot_count * 8);
  results = malloc((size_t)(op_count - mark) * 4);
}

/** Plays up to the mark, which is the start state. */
static void play_to_mark(void) {
  play(0, mark, NULL);
  memcpy(saved_slots, slots, (size_t)slot_count * 8);
}
