// KyongHo Cho's question of June 2011: is write-combine worth anything beside coherent memory?
//
// Three ways a CPU fills a buffer that a device then reads, each with a barrier before the device
// looks and without one, over the memory types that a kernel may give the buffer:
//
//   write-combine       dma_alloc_writecombine: Normal, non-cacheable, through the merging write buffer
//   coherent            dma_alloc_coherent as ARMv7 has it (ARM_DMA_MEM_BUFFERABLE): the same
//   coherent before v7  dma_alloc_coherent as Strongly Ordered memory: every store is a bus access
//   cached and synced   kmalloc, dma_map_single, dma_sync_single_for_device
//
// The counters are the machine's; "stale" are the words in which the device saw something else
// than the CPU had stored. `sysmmu compare --workload framebuffer` (scatter-writes, descriptor-ring)
// shows all counters.
import { DmaDirection, exynos4210, Machine } from "sysmmu";

const BYTES = 4096;

/** A buffer as the CPU sees it, and what a driver does before the device may look. */
function makeBuffer(machine, device, memory) {
  if (memory === "cached and synced") {
    const pa = machine.memory.alloc(BYTES);
    const dma = device.dma.mapSingle(pa, BYTES, DmaDirection.Bidirectional);
    return {
      dma,
      store: (offset, word) => machine.cpu.write32(pa + offset, word),
      handOver: () => device.dma.syncSingleForDevice(dma, BYTES, DmaDirection.Bidirectional),
    };
  }
  const buffer =
    memory === "write-combine" ? device.dma.allocWritecombine(BYTES) : device.dma.allocCoherent(BYTES);
  return {
    dma: buffer.dmaAddress,
    store: (offset, word) => buffer.write32(offset, word),
    handOver: () => machine.cpu.barrier(),
  };
}

/** Offsets stored to, in order: rows of pixels; one word here and there; a descriptor of four words. */
const PATTERNS = {
  sequential: Array.from({ length: 256 }, (_, i) => i * 4),
  scattered: Array.from({ length: 256 }, (_, i) => ((i * 167) % 1024) * 4),
  descriptor: [0, 4, 8, 12],
};

/** One run; counters of the stores, and the words that the device read wrong. */
function fill(memory, offsets, barrier) {
  const machine = Machine.create({
    soc: exynos4210,
    dram: { bytes: 64 << 20 },
    coherentMemory: memory === "coherent before v7" ? "strongly-ordered" : "bufferable",
  });
  const device = machine.device("g2d");
  machine.iommu.createMapping({ base: 0x2000_0000, size: 128 << 20 }).attach(device);
  const buffer = makeBuffer(machine, device, memory);
  buffer.handOver();
  const before = machine.statistics();
  offsets.forEach((offset, i) => {
    buffer.store(offset, i + 1);
  });
  if (barrier) buffer.handOver();
  const bytes = device.read(buffer.dma, BYTES);
  const seen = new DataView(bytes.buffer, bytes.byteOffset, BYTES);
  const after = machine.statistics();
  const count = (pick) => pick(after) - pick(before);
  const lines = (s) => s.l1.streaming.cleaned + s.l1.streaming.flushed;
  machine.dispose();
  return {
    writes: count((s) => s.cpu.busWrites),
    bursts: count((s) => s.cpu.busBursts),
    drains: count((s) => s.cpu.bufferDrains),
    lines: count(lines),
    stale: offsets.filter((offset, i) => seen.getUint32(offset, true) !== i + 1).length,
  };
}

const MEMORIES = ["write-combine", "coherent", "coherent before v7", "cached and synced"];
const text = (value) => String(value).padStart(7);
for (const [pattern, offsets] of Object.entries(PATTERNS)) {
  for (const barrier of [true, false]) {
    console.log(`${pattern}, ${offsets.length} words, ${barrier ? "with" : "without"} a hand-over`);
    console.log(`  ${"".padEnd(20)} writes bursts drains  lines  stale`);
    for (const memory of MEMORIES) {
      const { writes, bursts, drains, lines, stale } = fill(memory, offsets, barrier);
      console.log(`  ${memory.padEnd(19)}${[writes, bursts, drains, lines, stale].map(text).join("")}`);
    }
  }
}

/** Patterns, with and without hand-over, in which two memory types do not count the same. */
function differences(a, b) {
  const out = [];
  for (const [pattern, offsets] of Object.entries(PATTERNS)) {
    for (const barrier of [true, false]) {
      const [left, right] = [a, b].map((memory) => JSON.stringify(fill(memory, offsets, barrier)));
      if (left !== right) out.push(pattern);
    }
  }
  return [...new Set(out)];
}

const today = differences("write-combine", "coherent");
const before = differences("write-combine", "coherent before v7");
console.log(`On ARMv7 write-combine and coherent differ in: ${today.join(", ") || "nothing"}.`);
console.log(`Before ARMv7 they differ in: ${before.join(", ") || "nothing"}.`);
