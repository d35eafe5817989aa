// DMA-API debug, slow and obvious: one array of live mappings in order of mapping, searched whole.
// Independent of src/dma/debug*.ts; v6.1 rules, all errors shown, one line of text per error.

interface Mapping {
  device: number;
  type: "single" | "scather-gather" | "coherent" | "resource";
  pa: number;
  address: number;
  size: number;
  direction: number;
  checked: "n/a" | "no" | "yes";
  given: number;
  segments: number;
}

export interface Segment {
  pa: number;
  offset: number;
  length: number;
  dmaAddress: number;
  dmaLength: number;
}

const DIRECTIONS = ["DMA_BIDIRECTIONAL", "DMA_TO_DEVICE", "DMA_FROM_DEVICE", "DMA_NONE"];
const bucketOf = (address: number) => Math.floor(address / 8192) % 16384;
const hex = (value: number) => `0x${value.toString(16).padStart(16, "0")}`;

/** Devices are called `drv<n> dev<n>`. */
export class DebugModel {
  live: Mapping[] = [];
  errors = 0;
  #texts: string[] = [];
  // line -> mappings beyond the first, as the kernel's three tag bits count them
  #lines = new Map<number, number>();
  #overflowed = false;

  texts(): string[] {
    const texts = this.#texts;
    this.#texts = [];
    return texts;
  }

  map(device: number, pa: number, size: number, direction: number, address: number, attrs: number): void {
    if (this.asked(device, address)) return;
    this.#add(
      { device, type: "single", pa, address, size, direction, checked: "no", given: 0, segments: 0 },
      attrs,
    );
  }

  resource(device: number, pa: number, size: number, direction: number, address: number): void {
    this.#add(
      { device, type: "resource", pa, address, size, direction, checked: "no", given: 0, segments: 0 },
      0,
    );
  }

  list(device: number, list: Segment[], segments: number, direction: number): void {
    for (const s of list.slice(0, segments)) {
      const entry: Mapping = {
        device,
        type: "scather-gather",
        pa: s.pa + s.offset,
        address: s.dmaAddress,
        size: s.dmaLength,
        direction,
        checked: "n/a",
        given: list.length,
        segments,
      };
      if (s.length > 65536) {
        this.#error(
          device,
          `mapping sg segment longer than device claims to support [len=${s.length}] [max=65536]\n`,
        );
      }
      this.#add(entry, 0);
    }
  }

  asked(device: number, address: number): boolean {
    const entry = this.live.find((m) => m.device === device && m.address === address && m.checked === "no");
    if (entry) entry.checked = "yes";
    return address === 0xffff_ffff;
  }

  unmap(
    device: number,
    type: Mapping["type"],
    address: number,
    size: number,
    direction: number,
    given = 0,
  ): void {
    const same = this.live.filter((m) => m.device === device && m.address === address);
    const entry = this.#best(same, type, size, direction, given);
    if (entry === undefined) {
      if (this.asked(device, address)) {
        this.#error(device, "device driver tries to free an invalid DMA memory address\n");
      } else {
        this.#error(
          device,
          `device driver tries to free DMA memory it has not allocated [device address=${hex(address)}] [size=${size} bytes]\n`,
        );
      }
      return;
    }
    const where = `[device address=${hex(address)}]`;
    if (entry.size !== size) {
      this.#error(
        device,
        `device driver frees DMA memory with different size ${where} [map size=${entry.size} bytes] [unmap size=${size} bytes]\n`,
      );
    }
    if (entry.type !== type) {
      this.#error(
        device,
        `device driver frees DMA memory with wrong function ${where} [size=${size} bytes] [mapped as ${entry.type}] [unmapped as ${type}]\n`,
      );
    }
    if (type === "scather-gather" && given !== 0 && entry.given !== given) {
      this.#error(
        device,
        `device driver frees DMA sg list with different entry count [map count=${entry.given}] [unmap count=${given}]\n`,
      );
    }
    if (entry.direction !== direction) {
      this.#error(
        device,
        `device driver frees DMA memory with different direction ${where} [size=${size} bytes] [mapped with ${DIRECTIONS[entry.direction]}] [unmapped with ${DIRECTIONS[direction]}]\n`,
      );
    }
    if (entry.checked === "no") {
      this.#error(
        device,
        `device driver failed to check map error${where} [size=${size} bytes] [mapped as ${entry.type}]`,
      );
    }
    this.live.splice(this.live.indexOf(entry), 1);
    if (entry.direction === 1) return;
    const count = this.#lines.get(Math.floor(entry.pa / 64));
    if (count === undefined) return;
    if (count === 0) this.#lines.delete(Math.floor(entry.pa / 64));
    else this.#lines.set(Math.floor(entry.pa / 64), count - 1);
  }

  unmapList(device: number, list: Segment[], given: number, direction: number): void {
    let segments = 0;
    for (let i = 0; i < given; i++) {
      if (segments > 0 && i >= segments) break;
      const s = list[i]!;
      if (i === 0) segments = this.#segmentsOf(device, s, direction, given);
      this.unmap(device, "scather-gather", s.dmaAddress, s.dmaLength, direction, given);
    }
  }

  sync(device: number, address: number, size: number, direction: number, forCpu: boolean): void {
    // Nearest bucket downwards that has a decidable match wins.
    let entry: Mapping | undefined;
    for (let at = address; at >= 0 && entry === undefined; at -= 8192) {
      if (address - at >= 16384 * 8192) break;
      const here = this.live.filter(
        (m) =>
          m.device === device &&
          bucketOf(m.address) === bucketOf(at) &&
          m.address <= address &&
          m.address + m.size >= address + size,
      );
      entry = this.#best(here, "single", size, direction, 0);
      if (at < 8192) break;
    }
    if (entry === undefined) {
      this.#error(
        device,
        `device driver tries to sync DMA memory it has not allocated [device address=${hex(address)}] [size=${size} bytes]\n`,
      );
      return;
    }
    if (entry.direction === 0) return;
    const tail = `[device address=${hex(address)}] [size=${entry.size} bytes] [mapped with ${DIRECTIONS[entry.direction]}] [synced with ${DIRECTIONS[direction]}]\n`;
    if (entry.direction !== direction) {
      this.#error(device, `device driver syncs DMA memory with different direction ${tail}`);
    }
    if (forCpu && entry.direction === 1 && direction !== 1) {
      this.#error(device, `device driver syncs device read-only DMA memory for cpu ${tail}`);
    }
    if (!forCpu && entry.direction === 2 && direction !== 2) {
      this.#error(device, `device driver syncs device write-only DMA memory to device ${tail}`);
    }
  }

  #segmentsOf(device: number, s: Segment, direction: number, given: number): number {
    const same = this.live.filter((m) => m.device === device && m.address === s.dmaAddress);
    return this.#best(same, "scather-gather", s.dmaLength, direction, given)?.segments ?? 0;
  }

  #best(list: Mapping[], type: string, size: number, direction: number, given: number): Mapping | undefined {
    const perfect = list.find(
      (m) => m.type === type && m.size === size && m.direction === direction && m.given === given,
    );
    return perfect ?? (list.length === 1 ? list[0] : undefined);
  }

  #add(entry: Mapping, attrs: number): void {
    this.live.push(entry);
    if (entry.direction === 1) return;
    const line = Math.floor(entry.pa / 64);
    const count = this.#lines.get(line);
    if (count === undefined) {
      this.#lines.set(line, 0);
      return;
    }
    if (count < 7) {
      this.#lines.set(line, count + 1);
    } else if (!this.#overflowed) {
      this.#overflowed = true;
      this.#texts.push(
        `DMA-API: exceeded 7 overlapping mappings of cacheline 0x${line.toString(16).padStart(8, "0")}\n`,
      );
    }
    if ((attrs & 0x20) === 0) {
      this.#error(entry.device, "cacheline tracking EEXIST, overlapping mappings aren't supported\n");
    }
  }

  #error(device: number, text: string): void {
    this.errors++;
    this.#texts.push(`DMA-API: drv${device} dev${device}: ${text}`);
  }
}
