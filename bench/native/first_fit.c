// The kernel's IO-address bitmap in C: first fit from bit 0 over bitmaps of 32768 pages, alignment
// of the request's order up to 256 pages (rules of Linux 4.4 to 6.1), 64-bit words.
//   first_fit <ops file: slot, pages pairs> <window pages> <mark> <slots>
#include "server.h"

#define BITS 32768u
#define WORDS (BITS / 64)
#define NONE 0xffffffffu

static uint64_t *words, *saved_words;
static uint32_t extensions, present, saved_present;
static uint32_t *ops, op_count, mark, slot_count;
static uint32_t *slots, *saved_slots;  // address, pages
static uint32_t *results;

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

static void play(uint32_t from, uint32_t to, uint32_t *out) {
  for (uint32_t i = from; i < to; i++) {
    uint32_t *slot = slots + 2 * ops[2 * i], pages = ops[2 * i + 1];
    if (pages) {
      slot[0] = allocate(pages);
      slot[1] = pages;
      if (out) out[i - from] = slot[0];
    } else if (slot[0] != NONE) {
      uint32_t page = slot[0] >> 12;
      change(words + (size_t)(page / BITS) * WORDS, page % BITS, slot[1], 0);
    }
  }
}

static void setup(void) {
  memcpy(words, saved_words, (size_t)extensions * WORDS * 8);
  memcpy(slots, saved_slots, (size_t)slot_count * 8);
  present = saved_present;
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
  uint32_t window = atoi(argv[2]);
  mark = atoi(argv[3]);
  slot_count = atoi(argv[4]);
  extensions = window / BITS ? window / BITS : 1;
  words = calloc((size_t)extensions * WORDS, 8);
  saved_words = malloc((size_t)extensions * WORDS * 8);
  slots = calloc(slot_count, 8);
  saved_slots = malloc((size_t)slot_count * 8);
  results = malloc((size_t)(op_count - mark) * 4);
  present = 1;
  play(0, mark, NULL);
  memcpy(saved_words, words, (size_t)extensions * WORDS * 8);
  memcpy(saved_slots, slots, (size_t)slot_count * 8);
  saved_present = present;
  return serve();
}
