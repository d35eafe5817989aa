// Workloads: op streams made by seeded code, for what recordings do not hold, the stores of a CPU.
//
//   framebuffer       a frame filled word by word, then shown by the display (fimd0)
//   scatter-writes    words stored here and there in a buffer, then read by the device (g2d)
//   descriptor-ring   a descriptor of four words, a barrier, the doorbell: the device fetches it, at once or
//                     (every fourth) late, and writes its status back, which the CPU reads (g2d)
//   mapping-churn     streaming buffers of many sizes come and go in a window of 16 MiB (fimc0)
//
// A hand-over to the device is a sync-for-device and a barrier. Which of them a strategy needs, rewrite.ts
// knows: allocations need no sync, cached buffers do.
//
// Not modelled: drivers that hand over in other ways (descriptor bits polled by the device).

import { checkChoice, checkInteger } from "../check.js";
import { binaryHeader, binaryRecords } from "../trace/binary.js";
import { DIRECTION_AS_MAPPED, Op } from "../trace/opcodes.js";
import { RecordBuffer } from "../trace/record.js";
import { type ByteSource, bytesSource } from "../trace/source.js";

/** Workloads by name. */
export const WORKLOADS = ["framebuffer", "scatter-writes", "descriptor-ring", "mapping-churn"] as const;
/** Name of a workload. */
export type WorkloadName = (typeof WORKLOADS)[number];

/** What a workload is and where it is shown best. */
export interface Workload {
  readonly name: WorkloadName;
  /** One sentence for reports. */
  readonly title: string;
  /** Rounds when none are asked for. */
  readonly rounds: number;
  /** Strategies worth a look. */
  readonly strategies: readonly string[];
  /** IO-address window that its devices get. Not from 0: the kernel ignores syncs of IO address 0. */
  readonly window: { readonly base: number; readonly size: number };
}

const WINDOW = { base: 0x2000_0000, size: 128 << 20 };

const MEMORIES = ["iommu+write-combine", "iommu+bufferable", "iommu+strongly-ordered", "iommu+cached"];

/** The workloads. */
export const WORKLOAD_TABLE: Readonly<Record<WorkloadName, Workload>> = {
  framebuffer: {
    name: "framebuffer",
    title: "frames of 160 x 120 pixels, stored word by word, each shown once",
    rounds: 4,
    strategies: MEMORIES,
    window: WINDOW,
  },
  "scatter-writes": {
    name: "scatter-writes",
    title: "512 words a round stored at random in 64 KiB, then read by the device",
    rounds: 16,
    strategies: MEMORIES,
    window: WINDOW,
  },
  "descriptor-ring": {
    name: "descriptor-ring",
    title: "descriptors of four words, each followed by a doorbell",
    rounds: 256,
    strategies: [
      ...MEMORIES,
      "iommu+write-combine+no-barrier",
      "iommu+strongly-ordered+no-barrier",
      "iommu+cached+no-sync",
    ],
    window: WINDOW,
  },
  "mapping-churn": {
    name: "mapping-churn",
    title: "buffers of 4 KiB to 1 MiB mapped and unmapped in a window of 16 MiB",
    rounds: 2000,
    strategies: ["iommu+bitmap", "iommu+gen-pool", "iommu+range-tree", "iommu+range-cache", "iommu+own"],
    window: { ...WINDOW, size: 16 << 20 },
  },
};

/** Which workload, how long, and the seed of what is random in it. */
export interface WorkloadOptions {
  readonly name: WorkloadName;
  /** 1 .. 1000000. */
  readonly rounds: number;
  /** 1 .. 2^32 - 1. */
  readonly seed: number;
}

/**
 * Checks and completes the options of a workload.
 * @throws RangeError naming the option
 */
export function workloadOptions(name: string, rounds?: number, seed?: number): WorkloadOptions {
  const known = checkChoice("options.workload", name, WORKLOADS);
  return {
    name: known,
    rounds: checkInteger("options.rounds", rounds ?? WORKLOAD_TABLE[known].rounds, 1, 1_000_000),
    seed: checkInteger("options.seed", seed ?? 1, 1, 0xffff_ffff),
  };
}

/** xorshift32: numbers in [0, limit). */
function generator(seed: number): (limit: number) => number {
  let state = seed >>> 0;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}

/** Access byte of a device record: bytes move, bursts of 64. */
const MOVE = 1;

/** Builds records for the one device of a workload. */
class Stream {
  readonly buffer = new RecordBuffer();

  alloc(handle: number, bytes: number): void {
    this.buffer.put(Op.Alloc, 0, 0, handle, bytes, 0);
  }

  free(handle: number): void {
    this.buffer.put(Op.Free, 0, 0, handle, 0, 0);
  }

  store(handle: number, offset: number, bytes: number): void {
    this.buffer.put(Op.CpuWrite, 0, 0, handle, offset, bytes);
  }

  load(handle: number, offset: number, bytes: number): void {
    this.buffer.put(Op.CpuRead, 0, 0, handle, offset, bytes);
  }

  deviceReads(handle: number, offset: number, bytes: number): void {
    this.buffer.put(Op.DevRead, MOVE, 0, handle, offset, bytes);
  }

  deviceWrites(handle: number, offset: number, bytes: number): void {
    this.buffer.put(Op.DevWrite, MOVE, 0, handle, offset, bytes);
  }

  /** What a driver does before the device may look. */
  toDevice(handle: number, offset: number, bytes: number): void {
    this.buffer.put(Op.SyncForDevice, DIRECTION_AS_MAPPED, 0, handle, offset, bytes);
    this.buffer.put(Op.Barrier, 0, 0, 0, 0, 0);
  }

  /** `records` in which nobody touches memory. */
  passTime(records: number): void {
    for (let i = 0; i < records; i++) this.buffer.put(Op.Nop, 0, 0, 0, 0, 0);
  }

  /** What a driver does before the CPU may look. */
  toCpu(handle: number, offset: number, bytes: number): void {
    this.buffer.put(Op.SyncForCpu, DIRECTION_AS_MAPPED, 0, handle, offset, bytes);
  }
}

const FRAME = 160 * 120 * 4;

function framebuffer(s: Stream, rounds: number): void {
  s.alloc(0, FRAME);
  for (let round = 0; round < rounds; round++) {
    for (let at = 0; at < FRAME; at += 4) s.store(0, at, 4);
    s.toDevice(0, 0, FRAME);
    s.deviceReads(0, 0, FRAME);
  }
  s.free(0);
}

const SCATTER_BYTES = 64 << 10;
const SCATTER_STORES = 512;

function scatterWrites(s: Stream, rounds: number, random: (limit: number) => number): void {
  s.alloc(0, SCATTER_BYTES);
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < SCATTER_STORES; i++) s.store(0, random(SCATTER_BYTES / 4) * 4, 4);
    s.toDevice(0, 0, SCATTER_BYTES);
    s.deviceReads(0, 0, SCATTER_BYTES);
  }
  s.free(0);
}

const DESCRIPTORS = 64;
/** A descriptor has a line of its own, so that the device's status destroys no neighbour. */
const DESCRIPTOR_STRIDE = 32;
/** Records that pass before a late device looks: more than a store waits in the write buffer (64). */
const LATE = 80;

function descriptorRing(s: Stream, rounds: number): void {
  s.alloc(0, DESCRIPTORS * DESCRIPTOR_STRIDE);
  for (let round = 0; round < rounds; round++) {
    const at = (round % DESCRIPTORS) * DESCRIPTOR_STRIDE;
    for (let word = 0; word < 16; word += 4) s.store(0, at + word, 4);
    s.toDevice(0, at, 16);
    if (round % 4 === 3) s.passTime(LATE);
    s.deviceReads(0, at, 16);
    s.deviceWrites(0, at + 12, 4);
    s.toCpu(0, at, 16);
    s.load(0, at + 12, 4);
  }
  s.free(0);
}

/** Buffers wanted at once, and physical memory they lie in. */
const CHURN_LIVE = 96;
const CHURN_MEMORY = 64 << 20;

/** Mostly small, sometimes a frame: 4 to 64 KiB, one in eight 128 KiB to 1 MiB. */
function churnSize(random: (limit: number) => number): number {
  return random(8) === 0 ? (32 + random(225)) * 4096 : (1 + random(16)) * 4096;
}

function mappingChurn(s: Stream, rounds: number, random: (limit: number) => number, base: number): void {
  const live: number[] = [];
  let handles = 0;
  const unmap = (index: number) => {
    const handle = live[index]!;
    live[index] = live[live.length - 1]!;
    live.pop();
    s.buffer.put(Op.Unmap, DIRECTION_AS_MAPPED, 0, handle, 0, 0);
  };
  for (let round = 0; round < rounds; round++) {
    if (live.length >= CHURN_LIVE || (live.length > 0 && random(5) === 0)) unmap(random(live.length));
    const size = churnSize(random);
    const pa = base + random((CHURN_MEMORY - size) / 4096) * 4096;
    s.buffer.put(Op.Map, 1, 0, handles, pa, size);
    s.deviceReads(handles, 0, 256);
    live.push(handles++);
  }
  while (live.length > 0) unmap(live.length - 1);
}

const DEVICE: Readonly<Record<WorkloadName, string>> = {
  framebuffer: "fimd0",
  "scatter-writes": "g2d",
  "descriptor-ring": "g2d",
  "mapping-churn": "fimc0",
};

/**
 * The records of a workload as a binary op stream.
 * @param guestBase first address of the memory that streaming buffers may lie in (64 MiB from there)
 */
export function workloadSource(options: WorkloadOptions, guestBase: number): ByteSource {
  const { name, rounds, seed } = options;
  const stream = new Stream();
  const random = generator(seed);
  if (name === "framebuffer") framebuffer(stream, rounds);
  else if (name === "scatter-writes") scatterWrites(stream, rounds, random);
  else if (name === "descriptor-ring") descriptorRing(stream, rounds);
  else mappingChurn(stream, rounds, random, guestBase);
  const header = binaryHeader({ devices: [DEVICE[name]], labels: [""] }, stream.buffer.total);
  const parts = [header];
  for (let part = stream.buffer.finish(); part !== undefined; part = stream.buffer.finish()) {
    parts.push(binaryRecords(part));
  }
  const bytes = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytesSource(`workload:${name}`, bytes);
}
