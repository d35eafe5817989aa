// Where swiotlb puts a buffer, told by a plain array of taken slots. Shares no code with the core.

const SLOT = 2048;
const SEGMENT = 128;

interface Taken {
  first: number;
  slots: number;
  area: number;
}

export class SlowSlots {
  readonly taken: boolean[];
  readonly next: number[];
  readonly areaSlots: number;
  readonly pa: number;
  readonly buffers = new Map<number, Taken>();
  highWater = 0;

  constructor(pa: number, slots: number, areas: number) {
    this.pa = pa;
    this.taken = new Array(slots).fill(false);
    this.next = new Array(areas).fill(0);
    this.areaSlots = slots / areas;
  }

  get used(): number {
    return this.taken.filter(Boolean).length;
  }

  fits(slot: number, n: number): boolean {
    for (let i = slot; i < slot + n; i++) {
      if (Math.floor(i / SEGMENT) !== Math.floor(slot / SEGMENT) || this.taken[i] !== false) return false;
    }
    return true;
  }

  /** Buffer address for `size` bytes at `original`, or undefined; `keep` are the address bits that must agree. */
  map(original: number, size: number, keep: number, cpu: number): number | undefined {
    const offset = (original & keep & (SLOT - 1)) >>> 0;
    const n = Math.ceil((size + offset) / SLOT);
    const areas = this.next.length;
    for (let k = 0; k < areas; k++) {
      const area = (cpu + k) % areas;
      const base = area * this.areaSlots;
      let free = 0;
      for (let i = 0; i < this.areaSlots; i++) if (!this.taken[base + i]) free++;
      if (n > free) continue;
      for (let i = 0; i < this.areaSlots; i++) {
        const index = (this.next[area]! + i) % this.areaSlots;
        const address = this.pa + (base + index) * SLOT;
        if (((address ^ original) & keep & ~(SLOT - 1)) !== 0) continue;
        if (size + offset >= 4096 && (keep & SLOT) === 0 && (address & SLOT) !== 0) continue;
        if (!this.fits(base + index, n)) continue;
        this.taken.fill(true, base + index, base + index + n);
        this.next[area] = index + n >= this.areaSlots ? 0 : index + n;
        this.highWater = Math.max(this.highWater, this.used);
        this.buffers.set(address + offset, { first: base + index, slots: n, area });
        return address + offset;
      }
    }
    return undefined;
  }

  unmap(buffer: number): void {
    const { first, slots } = this.buffers.get(buffer)!;
    this.taken.fill(false, first, first + slots);
    this.buffers.delete(buffer);
  }
}
