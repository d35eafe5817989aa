// Memory for level-2 tables: 1 KiB blocks of guest DRAM, four to a page. The list of free
// blocks is kept outside the guest, so that a dirty cache line of an old table cannot harm it.
//
// Not modelled: slab colouring; pages never go back to the page allocator.

import { COUNT_TABLES, COUNT_TABLES_FREED, INJECT_TABLE, NO_PA } from "../abi";
import { arenaAlloc, arenaFree } from "../arena";
import { count } from "../counters";
import { pagesFind } from "../dram";
import { injected } from "../inject";
import { cpuWrite } from "../iommu/memory";
import { driver, zeros } from "../iommu/state";
import { LV2_BYTES } from "./descriptor";

const FIRST_ROOM: u32 = 256;

function push(pa: u32): bool {
  const d = driver();
  if (d.slabCount === d.slabRoom) {
    const room = d.slabRoom === 0 ? FIRST_ROOM : d.slabRoom << 1;
    const slab = arenaAlloc(room << 2);
    if (slab === 0) return false;
    if (d.slab !== 0) {
      memory.copy(slab, d.slab, d.slabCount << 2);
      arenaFree(d.slab, d.slabRoom << 2);
    }
    d.slab = <u32>slab;
    d.slabRoom = room;
  }
  store<u32>(<usize>d.slab + (d.slabCount << 2), pa);
  d.slabCount = d.slabCount + 1;
  return true;
}

/** A level-2 table without entries, zeroed by the CPU (its cache may hold the zeros); NO_PA when there is none. */
export function slabAlloc(): u32 {
  if (injected(INJECT_TABLE)) return NO_PA;
  const d = driver();
  if (d.slabCount === 0) {
    const page = pagesFind(1, 0);
    if (page === NO_PA) return NO_PA;
    for (let i: u32 = 4; i-- > 0; ) if (!push(page + i * LV2_BYTES)) return NO_PA;
  }
  d.slabCount = d.slabCount - 1;
  const pa = load<u32>(<usize>d.slab + (d.slabCount << 2));
  cpuWrite(pa, LV2_BYTES, zeros());
  count(COUNT_TABLES);
  return pa;
}

/** Gives back a table. */
export function slabFree(pa: u32): void {
  count(COUNT_TABLES_FREED);
  push(pa);
}
