// gen_pool in C as the first proposal used it: one bitmap of pages, first fit from bit 0 without
// alignment, sizes in whole pages. Words are changed with atomic operations, as lib/genalloc does.
//   gen_pool <ops file: slot, pages pairs> <window pages> <mark> <slots>
#include "allocation.h"


static uint64_t *words, *saved_words;
static uint32_t bits, word_count;

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

static void release(uint32_t page, uint32_t pages) { change(page, pages, 0); }

static void setup(void) {
  memcpy(words, saved_words, (size_t)word_count * 8);
  restore_slots();
}

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  load_ops(argv[1], argv[3], argv[4]);
  bits = atoi(argv[2]);
  word_count = bits / 64;
  words = calloc(word_count, 8);
  saved_words = malloc((size_t)word_count * 8);
  play_to_mark();
  memcpy(saved_words, words, (size_t)word_count * 8);
  return serve();
}
