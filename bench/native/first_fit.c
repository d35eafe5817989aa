// The kernel's IO-address bitmap in C: first fit from bit 0 over bitmaps of 32768 pages, alignment
// of the request's order up to 256 pages (rules of Linux 4.4 to 6.1), 64-bit words.
//   first_fit <ops file: slot, pages pairs> <window pages> <mark> <slots>
#include "allocation.h"

#define BITS 32768u
#define WORDS (BITS / 64)

static uint64_t *words, *saved_words;
static uint32_t extensions, present, saved_present;

static inline uint64_t ones(uint32_t n) { return n == 64 ? ~0ull : (1ull << n) - 1; }

static uint32_t next_zero(const uint64_t *map, uint32_t from) {
  uint32_t at = from / 64;
  if (at >= WORDS) return BITS;
  uint64_t free = ~map[at] & (~0ull << (from & 63));
  while (!free) {
    if (++at >= WORDS) return BITS;
    free = ~map[at];
  }
  return at * 64 + __builtin_ctzll(free);
}

static uint32_t next_one(const uint64_t *map, uint32_t from, uint32_t end) {
  uint32_t at = from / 64;
  uint64_t used = map[at] & (~0ull << (from & 63));
  while (!used) {
    if (++at * 64 >= end) return end;
    used = map[at];
  }
  uint32_t bit = at * 64 + __builtin_ctzll(used);
  return bit < end ? bit : end;
}

static uint32_t find(const uint64_t *map, uint32_t pages, uint32_t mask) {
  for (uint32_t from = 0;;) {
    uint32_t first = (next_zero(map, from) + mask) & ~mask;
    uint32_t end = first + pages;
    if (end > BITS) return NONE;
    uint32_t used = next_one(map, first, end);
    if (used >= end) return first;
    from = used + 1;
  }
}

static void change(uint64_t *map, uint32_t bit, uint32_t left, int take) {
  while (left) {
    uint32_t offset = bit & 63, n = 64 - offset < left ? 64 - offset : left;
    uint64_t mask = ones(n) << offset;
    if (take) map[bit / 64] |= mask;
    else map[bit / 64] &= ~mask;
    bit += n;
    left -= n;
  }
}

static uint32_t take_in(uint32_t i, uint32_t pages, uint32_t mask) {
  uint64_t *map = words + (size_t)i * WORDS;
  uint32_t at = find(map, pages, mask);
  if (at == NONE) return NONE;
  change(map, at, pages, 1);
  return (i * BITS + at) << 12;
}

static uint32_t allocate(uint32_t pages) {
  uint32_t order = pages <= 1 ? 0 : 32 - __builtin_clz(pages - 1);
  uint32_t mask = (1u << (order < 8 ? order : 8)) - 1;
  for (uint32_t i = 0; i < present; i++) {
    uint32_t address = take_in(i, pages, mask);
    if (address != NONE) return address;
  }
  return present < extensions ? take_in(present++, pages, mask) : NONE;
}

static void release(uint32_t page, uint32_t pages) {
  change(words + (size_t)(page / BITS) * WORDS, page % BITS, pages, 0);
}

static void setup(void) {
  memcpy(words, saved_words, (size_t)extensions * WORDS * 8);
  restore_slots();
  present = saved_present;
}

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  load_ops(argv[1], argv[3], argv[4]);
  uint32_t window = atoi(argv[2]);
  extensions = window / BITS ? window / BITS : 1;
  words = calloc((size_t)extensions * WORDS, 8);
  saved_words = malloc((size_t)extensions * WORDS * 8);
  present = 1;
  play_to_mark();
  memcpy(saved_words, words, (size_t)extensions * WORDS * 8);
  saved_present = present;
  return serve();
}
