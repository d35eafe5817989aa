// The modelled System MMU in C: sets x ways with LRU over ARMv7 short descriptors, last page at hand.
//   translate <memory words> <stream words> <base> <lv1> <sets> <ways>
#include "walk.h"

#define MAX_WAYS 16

static uint32_t sets, ways, tick;
static uint64_t lookups, hits, misses, walks, reads;
typedef struct {
  uint32_t tags[MAX_WAYS], pages[MAX_WAYS], stamps[MAX_WAYS], owners[MAX_WAYS];
} Set;
static Set *tlb;

static uint32_t page_of(uint32_t va) {
  uint32_t tag = va & ~4095u;
  Set *set = tlb + ((va >> 12) & (sets - 1));
  lookups++;
  for (uint32_t w = 0; w < ways; w++) {
    if (set->tags[w] != tag) continue;
    hits++;
    if (set->stamps[w] != tick) set->stamps[w] = ++tick;
    return set->pages[w];
  }
  misses++;
  walks++;
  reads += 2;
  uint32_t pa = walk(va);
  if (pa == NO_PA) return NO_PA;
  uint32_t victim = 0;
  for (uint32_t w = 0; w < ways; w++) {
    if (set->tags[w] == 1) {
      victim = w;
      break;
    }
    if (set->stamps[w] < set->stamps[victim]) victim = w;
  }
  set->tags[victim] = tag;
  set->pages[victim] = pa & ~4095u;
  set->owners[victim] = 0;
  set->stamps[victim] = ++tick;
  return pa & ~4095u;
}

static void setup(void) {
  memset(tlb, 0, sets * sizeof *tlb);
  for (uint32_t s = 0; s < sets; s++)
    for (uint32_t w = 0; w < MAX_WAYS; w++) tlb[s].tags[w] = w < ways ? 1 : 2;
  tick = 1;
  lookups = hits = misses = walks = reads = 0;
}

static void run(void) {
  uint32_t page = NO_PA, at = 0;
  for (uint32_t i = 0; i < count; i++) {
    uint32_t va = stream[i];
    if (va >> 12 != page) {
      at = page_of(va);
      if (at == NO_PA) return;
      page = va >> 12;
    } else {
      lookups++;
      hits++;
    }
    output[i] = at | (va & 4095);
  }
}

static uint32_t check(void) {
  uint32_t hash = hash_output();
  return hash_word(hash_word(hash, hits), misses);
}

int main(int argc, char **argv) {
  if (argc != 7) return 2;
  load_stream(argv);
  sets = atoi(argv[5]);
  ways = atoi(argv[6]);
  tlb = aligned_alloc(64, sets * sizeof *tlb);
  return serve();
}
