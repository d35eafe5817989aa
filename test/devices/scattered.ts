// A picture buffer in pages that are no neighbours, behind an IO mapping.
import { type Device, DmaDirection, type Machine, type Scatterlist } from "../../src/index.js";

export interface Scattered {
  list: Scatterlist;
  dmaAddress: number;
  /** CPU stores, page by page. */
  fill(bytes: Uint8Array): void;
  /** CPU loads, page by page. */
  bytes(): Uint8Array;
}

/** Allocates every other page, in descending order where `backwards`. */
export function scattered(machine: Machine, bytes: number, backwards = false): Scattered {
  const pages: number[] = [];
  for (let n = 0; n < Math.ceil(bytes / 4096); n++) {
    pages.push(machine.memory.alloc(4096)!);
    machine.memory.alloc(4096);
  }
  if (backwards) pages.reverse();
  const list = pages.map((pa, n) => ({ pa, offset: 0, length: Math.min(4096, bytes - n * 4096) }));
  return {
    list,
    dmaAddress: 0xffff_ffff,
    fill(data) {
      for (const [n, e] of list.entries()) {
        machine.cpu.write(e.pa, data.subarray(n * 4096, n * 4096 + e.length));
      }
    },
    bytes() {
      const out = new Uint8Array(bytes);
      for (const [n, e] of list.entries()) out.set(machine.cpu.read(e.pa, e.length), n * 4096);
      return out;
    },
  };
}

/** dma_map_sg; the whole list must be one segment. */
export function mapScattered(device: Device, buffer: Scattered, direction: DmaDirection): void {
  device.dma.maxSegSize = 0xffff_ffff;
  const segments = device.dma.mapSg(buffer.list, direction);
  if (segments !== 1) throw new Error(`${segments} segments`);
  buffer.dmaAddress = buffer.list[0]!.dmaAddress!;
}

export function join(planes: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(planes.flatMap((p) => [...p]));
}

export { DmaDirection };
