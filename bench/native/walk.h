// The two-level walk over ARMv7 short descriptors. The program sets memory, base and lv1.
#include <stdint.h>

#define NO_PA 0xffffffffu

static uint32_t *memory, base, lv1;

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
