// gen_pool in C as the first proposal used it: one bitmap of pages, first fit from bit 0 without
// alignment, sizes in whole pages. Words are changed with atomic operations, as lib/genalloc does.
//   gen_pool <ops file: slot, pages pairs> <window pages> <mark> <slots>
#include "server.h"

#define NONE 0xffffffffu

static uint64_t *words, *saved_words;
static uint32_t bits, word_count;
static uint32_t *ops, op_count, mark, slot_count;
static uint32_t *slots, *saved_slots;  // address, pages
static uint32_t *results;

static uint32_t next_zero(uint32_t from) {
  uint32_t at = from / 64;
  if (at >= word_count) return bits;
  uint64_t free = ~words[at] & (~0ull << (from & 63));
  while (!free) {
    if (++at >= word_count) return bits;
    free = ~words[at];
  }
  return at * 64 + __builtin_ctzll(free);
}

static uint32_t next_one(uint32_t from, uint32_t end) {
  uint32_t at = from / 64;
  uint64_t used = words[at] & (~0ull << (from & 63));
  while (!used) {
    if (++at * 64 >= end) return end;
    used = words[at];
  }
  uint32_t bit = at * 64 + __builtin_ctzll(used);
  return bit < end ? bit : end;
}

static void change(uint32_t bit, uint32_t left, int take) {
  while (left) {
    uint32_t offset = bit & 63, n = 64 - offset < left ? 64 - offset : left;
    uint64_t mask = (n == 64 ? ~0ull : (1ull << n) - 1) << offset;
    if (take) __atomic_fetch_or(words + bit / 64, mask, __ATOMIC_SEQ_CST);
    else __atomic_fetch_and(words + bit / 64, ~mask, __ATOMIC_SEQ_CST);
    bit += n;
    left -= n;
  }
}

static uint32_t allocate(uint32_t pages) {
  for (uint32_t from = 0;;) {
    uint32_t first = next_zero(from), end = first + pages;
    if (end > bits) return NONE;
    uint32_t used = next_one(first, end);
    if (used >= end) {
      change(first, pages, 1);
      return first << 12;
    }
    from = used + 1;
  }
}

static void play(uint32_t from, uint32_t to, uint32_t *out) {
  for (uint32_t i = from; i < to; i++) {
    uint32_t *slot = slots + 2 * ops[2 * i], pages = ops[2 * i + 1];
    if (pages) {
      slot[0] = allocate(pages);
      slot[1] = pages;
      if (out) out[i - from] = slot[0];
    } else if (slot[0] != NONE) {
      change(slot[0] >> 12, slot[1], 0);
    }
  }
}

static void setup(void) {
  memcpy(words, saved_words, (size_t)word_count * 8);
  memcpy(slots, saved_slots, (size_t)slot_count * 8);
}

static void run(void) { play(mark, op_count, NULL); }

static uint32_t check(void) {
  uint32_t hash = HASH_SEED, n = op_count - mark;
  setup();
  memset(results, 0, (size_t)n * 4);
  play(mark, op_count, results);
  for (uint32_t i = 0; i < n; i++) hash = hash_word(hash, results[i]);
  return hash;
}

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  uint32_t count;
  ops = read_words(argv[1], &count);
  op_count = count / 2;
  bits = atoi(argv[2]);
  word_count = bits / 64;
  mark = atoi(argv[3]);
  slot_count = atoi(argv[4]);
  words = calloc(word_count, 8);
  saved_words = malloc((size_t)word_count * 8);
  slots = calloc(slot_count, 8);
  saved_slots = malloc((size_t)slot_count * 8);
  results = malloc((size_t)(op_count - mark) * 4);
  play(0, mark, NULL);
  memcpy(saved_words, words, (size_t)word_count * 8);
  memcpy(saved_slots, slots, (size_t)slot_count * 8);
  return serve();
}
