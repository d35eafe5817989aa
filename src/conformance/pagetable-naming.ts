// Names and addresses of page tables as the recordings have them: `D0.L1`, `D0.L2:256`, `Z`, and the
// physical addresses of the recording machine in the place of ours.
//
//   recorder's memory, per domain   16 KiB level 1, 8 KiB of counters, then level-2 tables of 1 KiB in order
//
// Not modelled: addresses of level-2 tables of sequences with several domains (no message shows one).

import type { EventNaming } from "../iommu/driver-events.js";

interface DomainTables {
  readonly pointer: number;
  readonly l1Pa: number;
  readonly recordedPa: number;
}

const L1_BYTES = 16384;
const L2_BYTES = 1024;
const FIRST_L2 = 0x6000;
const NO_PA = 0xffff_ffff;

/** Naming of one sequence. */
export class PagetableNaming implements EventNaming {
  readonly #domains = new Map<number, DomainTables>();
  readonly #tables = new Map<number, string>();
  readonly #recorded = new Map<number, number>();
  readonly #zeroPa: number;
  readonly #shift: number;
  #recordedZeroPa = 0;
  #next: number;
  #taken = 0;

  /** `zeroPa`: our shared empty table or 0; `first`: number of the sequence's first allocation attempt; `shift`: 4 for version 5 descriptors. */
  constructor(zeroPa: number, first: number, shift: number) {
    this.#zeroPa = zeroPa;
    this.#next = first;
    this.#shift = shift;
  }

  /** Domain number `d` has its level-1 table at `l1Pa`, in the recording at `recordedPa`. */
  addDomain(d: number, pointer: number, l1Pa: number, recordedPa: number, recordedZeroPa: number): void {
    this.#domains.set(d, { pointer, l1Pa, recordedPa });
    this.#recordedZeroPa = recordedZeroPa;
  }

  sysmmu(instance: number): string {
    return `sysmmu${instance}`;
  }

  device(index: number): string {
    return `master${index}`;
  }

  debug(index: number): string {
    return `dbg${index}`;
  }

  table(pa: number): readonly [string, number] {
    for (const [d, { l1Pa }] of this.#domains) {
      if (pa >= l1Pa && pa < l1Pa + L1_BYTES) return [`D${d}.L1`, pa - l1Pa];
    }
    const offset = pa % L2_BYTES;
    const name = this.#tables.get(pa - offset);
    if (name !== undefined) return [name, offset];
    return pa - offset === this.#zeroPa ? ["Z", offset] : ["PA", pa];
  }

  allocated(pa: number, domain: number, index: number): number {
    const number = this.#next++;
    if (pa === NO_PA) return -1;
    for (const [d, { pointer, recordedPa }] of this.#domains) {
      if (pointer !== domain) continue;
      this.#tables.set(pa, `D${d}.L2:${index}`);
      this.#recorded.set(pa, recordedPa + FIRST_L2 + this.#taken++ * L2_BYTES);
    }
    return number;
  }

  freed(pa: number): void {
    this.#tables.delete(pa);
  }

  address(pa: number): number {
    for (const { l1Pa, recordedPa } of this.#domains.values()) if (l1Pa === pa) return recordedPa;
    return pa;
  }

  register(_instance: number, offset: number, value: number): number {
    if (offset === 0x14) return this.address(value);
    if (offset !== 0x0c || this.#shift === 0) return value;
    for (const { l1Pa, recordedPa } of this.#domains.values())
      if (l1Pa / 4096 === value) return recordedPa / 4096;
    return value;
  }

  descriptor(word: number): number {
    if ((word & 3) !== 1) return word;
    const base = (word & ~(L2_BYTES - 1)) >>> 0;
    if (base === this.#zeroPa) return (this.#recordedZeroPa | (word - base)) >>> 0;
    return ((this.#recorded.get(base) ?? base) | (word - base)) >>> 0;
  }
}
