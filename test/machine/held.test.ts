import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { DmaDirection, exynos4210, Machine } from "../../src/index.js";
import { type Build, builds } from "../cores.js";

const cores = Object.fromEntries(
  builds.map((build) => [build, new WebAssembly.Module(readFileSync(`build/${build}.wasm`))]),
) as Record<Build, WebAssembly.Module>;
const IOVA = 0x2000_0000;
const CTRL = 0;
const INT_STATUS = 0x18;
const INT_CLEAR = 0x1c;
const { Bidirectional } = DmaDirection;

function make(build: Build) {
  const machine = Machine.create({ soc: exynos4210, dram: { bytes: 16 << 20 }, core: cores[build] });
  const fimc0 = machine.device("fimc0");
  const mapping = machine.iommu.createMapping({ base: IOVA, size: 16 << 20 });
  mapping.attach(fimc0);
  const mmu = machine.sysmmu("fimc0");
  const clear = () => mmu.writeUint32(INT_CLEAR, mmu.readUint32(INT_STATUS));
  const page = () => machine.memory.alloc(4096)!;
  return { machine, fimc0, mapping, mmu, clear, page };
}

const bytes = (length: number, value: number) => new Uint8Array(length).fill(value);

describe.each(builds)("held accesses on the %s core", (build) => {
  it("a write goes on where it stopped, once the page is mapped and the fault cleared", () => {
    const { machine, fimc0, mmu, clear, page } = make(build);
    const [first, second] = [page(), page()];
    fimc0.dma.mapSingle(first, 4096, Bidirectional);
    const result = fimc0.write(IOVA + 4000, bytes(200, 7));
    expect(result).toEqual({ done: 96, status: "fault" });
    const [held] = fimc0.held;
    expect(held).toMatchObject({
      access: "write",
      port: 0,
      dmaAddress: IOVA + 4000,
      done: 96,
      status: "fault",
    });
    fimc0.dma.mapSingle(second, 4096, Bidirectional);
    expect(held!.status).toBe("fault");
    clear();
    expect(result).toEqual({ done: 200, status: "ok" });
    expect(held).toMatchObject({ done: 200, status: "ok" });
    expect(fimc0.held).toEqual([]);
    expect(machine.memory.peek(first + 4000, 96)).toEqual(bytes(96, 7));
    expect(machine.memory.peek(second, 104)).toEqual(bytes(104, 7));
    expect(machine.memory.peek(second + 104, 1)[0]).toBe(0);
    expect(mmu.interrupt).toBe(false);
    expect(fimc0.counters).toMatchObject({ writes: 2, writeBytes: 200, accessFaults: 1 });
  });

  it("writes the bytes as they were when the access was made", () => {
    const { machine, fimc0, clear, page } = make(build);
    const data = bytes(4, 1);
    fimc0.write(IOVA, data);
    data.fill(2);
    const pa = page();
    fimc0.dma.mapSingle(pa, 4096, Bidirectional);
    clear();
    expect(machine.memory.peek(pa, 4)).toEqual(bytes(4, 1));
  });

  it("a read brings its bytes to the held access", () => {
    const { machine, fimc0, clear, page } = make(build);
    const pa = page();
    machine.memory.poke(pa, bytes(64, 5));
    expect(fimc0.read(IOVA, 64).length).toBe(0);
    const [held] = fimc0.held;
    fimc0.dma.mapSingle(pa, 4096, Bidirectional);
    clear();
    expect(held).toMatchObject({ access: "read", done: 64, status: "ok" });
    expect(held!.bytes).toEqual(bytes(64, 5));
    expect(fimc0.lastAccess).toEqual({ done: 64, status: "ok" });
  });

  it("nothing repaired: cleared, walked again, at fault again, the line up again", () => {
    const { fimc0, mmu, clear } = make(build);
    const levels: boolean[] = [];
    mmu.onInterrupt = (level) => levels.push(level);
    fimc0.write(IOVA, bytes(4, 1));
    clear();
    clear();
    expect(levels).toEqual([true, false, true, false, true]);
    expect(mmu.peekUint32(INT_STATUS)).toBe(1);
    expect(fimc0.held).toHaveLength(1);
    expect(fimc0.counters.accessFaults).toBe(3);
    expect(mmu.faults()).toHaveLength(3);
  });

  it("a handler that clears and repairs nothing, inside the callback, ends", () => {
    const { fimc0, mmu, clear } = make(build);
    let calls = 0;
    mmu.onInterrupt = (level) => {
      if (!level) return;
      calls++;
      clear();
    };
    const result = fimc0.write(IOVA, bytes(4, 1));
    expect(result.status).toBe("fault");
    expect(calls).toBeGreaterThan(2);
    expect(calls).toBeLessThan(40);
    fimc0.abort();
    expect(result.status).toBe("aborted");
    clear();
    expect(mmu.interrupt).toBe(false);
  });

  it("read and write are held side by side; a second of a channel is refused", () => {
    const { fimc0, clear, page } = make(build);
    const read = fimc0.read(IOVA, 4);
    const write = fimc0.write(IOVA + 4096, bytes(4, 1));
    const refused = fimc0.write(IOVA + 8192, bytes(4, 2));
    expect(read.length).toBe(0);
    expect(fimc0.held.map((h) => h.access)).toEqual(["read", "write"]);
    for (let i = 0; i < 3; i++) fimc0.dma.mapSingle(page(), 4096, Bidirectional);
    clear();
    expect(fimc0.held).toEqual([]);
    expect(write).toEqual({ done: 4, status: "ok" });
    expect(refused).toEqual({ done: 0, status: "fault" });
    expect(fimc0.counters).toMatchObject({ readBytes: 4, writeBytes: 4 });
  });

  it("disabling lets it pass untranslated", () => {
    const { machine, fimc0, mmu, page } = make(build);
    const pa = page();
    const stray = fimc0.write(pa, bytes(4, 9)); // a physical address taken for a bus address
    expect(stray.status).toBe("fault");
    mmu.writeUint32(CTRL, 0);
    expect(stray).toEqual({ done: 4, status: "ok" });
    expect(machine.memory.peek(pa, 4)).toEqual(bytes(4, 9));
    expect(mmu.statistics().bypassed).toBe(1);
  });

  it("a blocked System MMU holds and lets go on unblock", () => {
    const { machine, fimc0, mmu, page } = make(build);
    const pa = page();
    fimc0.dma.mapSingle(pa, 4096, Bidirectional);
    mmu.writeUint32(CTRL, 7);
    mmu.readUint32(8);
    const waiting = fimc0.write(IOVA, bytes(4, 3));
    expect(waiting).toEqual({ done: 0, status: "blocked" });
    mmu.writeUint32(CTRL, 5);
    expect(waiting).toEqual({ done: 4, status: "ok" });
    expect(machine.memory.peek(pa, 4)).toEqual(bytes(4, 3));
    expect(machine.findings()).toEqual([]);
  });

  it("detaching disables, so what is held goes past; without power it is a bus error", () => {
    const one = make(build);
    const result = one.fimc0.write(IOVA, bytes(4, 1));
    one.mapping.detach(one.fimc0);
    expect(result.status).toBe("bus-error"); // PA = VA, where no memory is
    expect(one.fimc0.held).toEqual([]);
    const other = make(build);
    const lost = other.fimc0.write(IOVA, bytes(4, 1));
    other.machine.power.off("CAM");
    expect(lost.status).toBe("bus-error");
    expect(other.fimc0.held).toEqual([]);
  });

  it("a snapshot keeps what is held", () => {
    const { machine, fimc0, page } = make(build);
    fimc0.write(IOVA, bytes(4, 6));
    const pa = page();
    const again = Machine.restore(machine.snapshot(), { core: cores[build] });
    const device = again.device("fimc0");
    expect(device.held).toMatchObject([{ access: "write", dmaAddress: IOVA, done: 0, status: "fault" }]);
    device.dma.mapSingle(pa, 4096, Bidirectional);
    again.sysmmu("fimc0").writeUint32(INT_CLEAR, 0xff);
    expect(device.held).toEqual([]);
    expect(again.memory.peek(pa, 4)).toEqual(bytes(4, 6));
  });
});
