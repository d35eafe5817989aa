import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DmaDirection, exynos4210, Machine, PROFILES, type Profile } from "../../src/index.js";
import { NO_HANDLE, Op } from "../../src/trace/opcodes.js";
import { type Build, builds } from "../cores.js";

const cores = Object.fromEntries(
  builds.map((build) => [build, new WebAssembly.Module(readFileSync(`build/${build}.wasm`))]),
) as Record<Build, WebAssembly.Module>;
const { Bidirectional, FromDevice, ToDevice } = DmaDirection;

/** fimc0 behind an IOMMU, fimc1 without. */
function make(build: Build, profile: Profile = "v6.1") {
  const machine = Machine.create({
    soc: exynos4210,
    dram: { bytes: 32 << 20 },
    core: cores[build],
    profile,
  });
  const fimc0 = machine.device("fimc0");
  machine.iommu.createMapping({ base: 0x2000_0000, size: 16 << 20 }).attach(fimc0);
  return { machine, devices: [fimc0, machine.device("fimc1")] as const };
}

const bytes = (length: number, value: number) => new Uint8Array(length).fill(value);

describe.each(builds)("hazards on the %s core", (build) => {
  it.each([0, 1])("a missing sync for the device is blamed on the buffer (device %i)", (n) => {
    const { machine, devices } = make(build);
    const device = devices[n]!;
    const pa = machine.memory.alloc(8192)!;
    const dma = device.dma.mapSingle(pa, 8192, ToDevice, 0, "frame header");
    device.read(dma, 64);
    expect(machine.findings()).toEqual([]);
    machine.cpu.write(pa + 4096, bytes(70, 7));
    device.read(dma + 4096, 128);
    const [finding, ...more] = machine.findings();
    expect(more).toEqual([]);
    expect(finding).toMatchObject({
      kind: "stale-device-read",
      device: device.name,
      iova: dma + 4096,
      count: 3,
    });
    expect(finding!.mapping).toMatchObject({ id: 1, label: "frame header", death: null });
    expect(finding!.message).toContain(`${device.name} read 3 lines at 0x${(dma + 4096).toString(16)}`);
    expect(finding!.message).toContain("frame header");
    device.dma.syncSingleForDevice(dma, 8192, ToDevice);
    device.read(dma + 4096, 128);
    expect(machine.findings()).toEqual([finding]);
  });

  it.each([0, 1])("a missing sync for the CPU too (device %i)", (n) => {
    const { machine, devices } = make(build);
    const device = devices[n]!;
    const pa = machine.memory.alloc(4096)!;
    const dma = device.dma.mapSingle(pa, 4096, FromDevice, 0, "capture");
    machine.cpu.read(pa, 64);
    device.write(dma, bytes(64, 9));
    expect(machine.findings()).toEqual([]); // nobody has looked at old bytes yet
    machine.cpu.read(pa + 32, 4);
    expect(machine.findings()).toMatchObject([
      {
        kind: "stale-cpu-read",
        device: device.name,
        iova: dma + 32,
        count: 1,
        mapping: { label: "capture" },
      },
    ]);
    expect(machine.statistics().hazards.staleCpuReads).toBe(1);
    device.dma.syncSingleForCpu(dma, 4096, FromDevice);
    expect(machine.cpu.read(pa, 64)).toEqual(bytes(64, 9));
    expect(machine.cpu.read32(pa + 8)).toBe(0x0909_0909);
    expect(machine.findings()).toHaveLength(1);
  });

  it("a CPU store to lines the device wrote counts as well, whole words included", () => {
    const { machine, devices } = make(build);
    const pa = machine.memory.alloc(4096)!;
    const dma = devices[0].dma.mapSingle(pa, 4096, FromDevice);
    machine.cpu.read(pa, 64);
    devices[0].write(dma, bytes(64, 9));
    machine.cpu.write32(pa, 1);
    machine.cpu.write(pa + 40, bytes(1, 1));
    expect(machine.findings()).toMatchObject([{ kind: "stale-cpu-read", count: 2 }]);
  });

  it("a device write under changed lines, and changed lines thrown away", () => {
    const { machine, devices } = make(build);
    const pa = machine.memory.alloc(4096)!;
    const dma = devices[0].dma.mapSingle(pa, 4096, FromDevice, 0, "shared line");
    machine.cpu.write(pa, bytes(33, 1));
    devices[0].write(dma + 32, bytes(96, 2));
    devices[0].dma.unmapSingle(dma, 4096, FromDevice);
    expect(machine.findings()).toMatchObject([
      { kind: "lost-device-write", iova: dma + 32, count: 1, mapping: { label: "shared line" } },
      { kind: "lost-cpu-write", iova: dma, count: 2, mapping: { label: "shared line", id: 1 } },
    ]);
  });

  it("a missing barrier before the device reads coherent memory", () => {
    const { machine, devices } = make(build);
    const ring = devices[0].dma.allocWritecombine(4096, { label: "ring" })!;
    ring.write(0, bytes(8, 5));
    devices[0].read(ring.dmaAddress, 8);
    machine.cpu.barrier();
    devices[0].read(ring.dmaAddress, 8);
    expect(machine.findings()).toMatchObject([
      { kind: "buffered-device-read", count: 1, mapping: { label: "ring", kind: "coherent" } },
    ]);
  });

  it("unmaps that match no map, by kind, with the mapping that was", () => {
    const { machine, devices } = make(build);
    const [fimc0] = devices;
    const pa = machine.memory.alloc(4096)!;
    const a = fimc0.dma.mapSingle(pa, 4096, ToDevice, 0, "a");
    fimc0.dma.unmapSingle(a, 4096, ToDevice);
    fimc0.dma.unmapSingle(a, 4096, ToDevice);
    const b = fimc0.dma.mapSingle(pa, 4096, ToDevice, 0, "b");
    fimc0.dma.unmapSingle(b, 2048, FromDevice);
    expect(machine.findings()).toMatchObject([
      { kind: "unmap-unknown", iova: a, count: 1, mapping: { label: "a" } },
      { kind: "unmap-size", mapping: { label: "b" } },
      { kind: "unmap-direction", mapping: { label: "b" } },
      { kind: "quirk" }, // the second unmap met no translation: the kernel goes on with page 0
    ]);
    expect(machine.findings()[1]!.message).toContain("with 2048 bytes, mapped were 4096");
    expect(machine.findings()[2]!.message).toContain("as FROM_DEVICE, mapped was TO_DEVICE");
  });

  it.each(PROFILES)(
    "bounced buffers: forgotten syncs either way, and none where they are made (%s)",
    (profile) => {
      const { machine, devices } = make(build, profile);
      const fimc1 = devices[1];
      fimc1.setOps("bounce", { poolBytes: 4 << 20, force: true });
      const pa = machine.memory.alloc(8192)!;
      const cap = fimc1.dma.mapSingle(pa, 2048, FromDevice, 0, "cap");
      fimc1.write(cap, bytes(64, 7));
      fimc1.dma.syncSingleForCpu(cap, 2048, FromDevice);
      expect(machine.cpu.read(pa, 2)).toEqual(bytes(2, 7));
      fimc1.dma.syncSingleForDevice(cap, 2048, FromDevice);
      const out = fimc1.dma.mapSingle(pa + 4096, 2048, ToDevice, 0, "out");
      fimc1.read(out, 64);
      expect(machine.findings()).toEqual([]);
      fimc1.write(cap, bytes(64, 8));
      machine.cpu.read(pa + 40, 2);
      machine.cpu.write(pa + 4096, bytes(40, 5));
      fimc1.read(out, 64);
      expect(machine.findings()).toMatchObject([
        { kind: "stale-cpu-read", count: 1, mapping: { label: "cap" } },
        { kind: "stale-device-read", count: 2, mapping: { label: "out" } },
      ]);
      fimc1.dma.unmapSingle(cap, 2048, FromDevice);
      machine.cpu.read(pa, 64);
      expect(machine.findings()).toHaveLength(2);
    },
  );

  it("a bounced list is blamed by its entries", () => {
    const { machine, devices } = make(build);
    const fimc1 = devices[1];
    fimc1.setOps("bounce", { poolBytes: 4 << 20, force: true });
    const list = [0, 1].map(() => ({ pa: machine.memory.alloc(4096)!, offset: 256, length: 512 }));
    fimc1.dma.mapSg(list, FromDevice, 0, "list");
    fimc1.write((list[1] as { dmaAddress?: number }).dmaAddress!, bytes(64, 7));
    machine.cpu.read(list[0]!.pa + 256, 64);
    expect(machine.findings()).toEqual([]);
    machine.cpu.read(list[1]!.pa + 256, 64);
    expect(machine.findings()).toMatchObject([{ kind: "stale-cpu-read", mapping: { label: "list" } }]);
  });

  it("blames the right one of two buffers in a page, and of two pages far apart", () => {
    const { machine, devices } = make(build);
    const fimc1 = devices[1];
    const pa = machine.memory.alloc(4096)!;
    const far = machine.memory.alloc(8 << 20)!;
    const places = [pa, pa + 2048, far, far + (4 << 20), far + (2 << 20)];
    const maps = places.map((at, i) => fimc1.dma.mapSingle(at, 2048, FromDevice, 0, `buffer ${i}`));
    for (const at of places) machine.cpu.read(at, 64);
    for (const dma of maps) fimc1.write(dma, bytes(64, 7));
    fimc1.dma.unmapSingle(maps[1]!, 2048, FromDevice);
    for (const n of [0, 2, 3, 4]) machine.cpu.read(places[n]!, 4);
    machine.cpu.read(places[1]!, 4);
    expect(machine.findings().map((f) => [f.kind, f.mapping?.label])).toEqual(
      [0, 2, 3, 4].map((n) => ["stale-cpu-read", `buffer ${n}`]),
    );
  });

  it("IO address 0: the mapping that the kernel keeps stays in the history, and the quirk is told", () => {
    const { machine, devices } = make(build);
    const device = machine.device("g2d");
    const mapping = machine.iommu.createMapping();
    mapping.attach(device);
    const pa = machine.memory.alloc(4096)!;
    const dma = device.dma.mapSingle(pa, 4096, FromDevice, 0, "first");
    expect(dma).toBe(0);
    device.dma.unmapSingle(dma, 4096, FromDevice);
    expect(machine.liveMappings()).toMatchObject([{ label: "first", death: null }]);
    expect(device.counters).toMatchObject({ unmaps: 1, live: 1 });
    expect(device.write(dma, bytes(64, 1)).status).toBe("ok");
    expect(machine.findings()).toMatchObject([{ kind: "quirk", count: 1 }]);
    expect(machine.findings()[0]!.message).toContain("IO address lies in page 0");
    mapping.detach(device);
    expect(
      machine
        .findings()
        .map((f) => f.kind)
        .sort(),
    ).toEqual(["leak", "quirk"]);
    expect(devices[0].counters.live).toBe(0);
  });

  it("a fault stays with who held the address then", () => {
    const { machine, devices } = make(build);
    const fimc0 = devices[0];
    const pa = machine.memory.alloc(8192)!;
    const a = fimc0.dma.mapSingle(pa, 4096, FromDevice, 0, "a");
    fimc0.write(a + 4096, bytes(4, 1));
    const before = machine.findings();
    expect(before[0]).toMatchObject({ kind: "fault", mapping: null, neighbour: { label: "a" } });
    fimc0.abort();
    expect(fimc0.dma.mapSingle(pa + 4096, 4096, FromDevice, 0, "later")).toBe(a + 4096);
    fimc0.dma.unmapSingle(a, 4096, FromDevice);
    expect(machine.findings()[0]).toMatchObject({ mapping: null, neighbour: { label: "a" } });
  });

  it("a store in the write buffer drains over what the device wrote", () => {
    const { machine, devices } = make(build);
    const ring = devices[0].dma.allocWritecombine(4096, { label: "ring" })!;
    ring.write(0, bytes(8, 5));
    devices[0].write(ring.dmaAddress, bytes(8, 9));
    machine.cpu.barrier();
    expect(ring.read(0, 8)).toEqual(bytes(8, 5));
    expect(machine.findings()).toMatchObject([{ kind: "buffered-device-write", mapping: { label: "ring" } }]);
  });

  it("syncs and unmaps that fit no mapping", () => {
    const { machine, devices } = make(build);
    const [fimc0, fimc1] = devices;
    const pa = machine.memory.alloc(8192)!;
    const a = fimc0.dma.mapSingle(pa, 4096, ToDevice, 0, "a");
    fimc0.dma.syncSingleForDevice(a + 1024, 3072, ToDevice);
    expect(machine.findings()).toEqual([]);
    fimc0.dma.syncSingleForDevice(a, 8192, ToDevice);
    fimc0.dma.syncSingleForCpu(a, 64, FromDevice);
    fimc0.dma.unmapResource(a, 4096, ToDevice);
    fimc0.dma.syncSingleForCpu(a, 64, ToDevice);
    const b = fimc1.dma.mapSingle(pa, 4096, Bidirectional, 0, "b");
    fimc1.dma.syncSingleForCpu(b, 64, FromDevice);
    fimc1.dma.unmapSingle(b, 4096, Bidirectional);
    fimc1.dma.syncSingleForCpu(b, 64, FromDevice);
    expect(
      machine
        .findings()
        .filter((f) => f.kind !== "quirk")
        .map((f) => [f.kind, f.mapping?.label]),
    ).toEqual([
      ["sync-size", "a"],
      ["sync-direction", "a"],
      ["unmap-kind", "a"],
      ["sync-unknown", "a"],
      ["sync-unknown", "b"],
    ]);
  });

  it("keeps the mapping of a finding when the history has forgotten it", () => {
    const { machine, devices } = make(build);
    const fimc0 = devices[0];
    const pa = machine.memory.alloc(4096)!;
    const a = fimc0.dma.mapSingle(pa, 4096, ToDevice, 0, "long ago");
    machine.cpu.write(pa, bytes(4, 1));
    fimc0.read(a, 4);
    fimc0.dma.unmapSingle(a, 4096, ToDevice);
    const device = fimc0.index << 16;
    const round = Uint32Array.of(
      ...[Op.Map | device | (ToDevice << 8), 0, pa, 64],
      ...[Op.Unmap | (0xff << 8), 0, 0, 0],
    );
    const records = new Uint32Array(8 * 16384);
    for (let i = 0; i < 16384; i++) records.set(round, i * 8);
    machine.run(records);
    expect(machine.findings()).toMatchObject([
      { kind: "stale-device-read", mapping: { id: 1, label: "long ago" } },
    ]);
  });

  it("op-stream records meet the same hazards", () => {
    const { machine, devices } = make(build);
    const pa = machine.memory.alloc(8192)!;
    const device = devices[0].index << 16;
    machine.run(
      Uint32Array.of(
        ...[Op.Prefix, 0, machine.label("traced"), 0],
        ...[Op.Map | device | (Bidirectional << 8), 3, pa, 8192],
        ...[Op.CpuWrite, 3, 0, 64],
        ...[Op.DevRead | device | (1 << 8), 3, 0, 128],
        ...[Op.DevWrite | device | (1 << 8), 3, 4096, 64],
        ...[Op.CpuRead, NO_HANDLE, pa, 32],
        ...[Op.Unmap | (Bidirectional << 8), 3, 8192, 0],
      ),
    );
    expect(machine.findings().map((f) => [f.kind, f.count, f.mapping?.label])).toEqual([
      ["stale-device-read", 2, "traced"],
      ["lost-cpu-write", 2, "traced"],
    ]);
  });

  it("remembers 256 by name and counts the rest; a snapshot keeps them", () => {
    const { machine, devices } = make(build);
    const pa = machine.memory.alloc(4096)!;
    for (let i = 0; i < 300; i++) {
      const dma = devices[0].dma.mapSingle(pa, 64, ToDevice);
      devices[0].dma.unmapSingle(dma, 32, ToDevice);
    }
    const findings = machine.findings();
    expect(findings).toHaveLength(257);
    expect(findings[256]).toMatchObject({ kind: "more-hazards", count: 44, mapping: null });
    expect(Machine.restore(machine.snapshot(), { core: cores[build] }).findings()).toEqual(findings);
  });

  const where = fc.record({
    buffer: fc.integer({ min: 0, max: 2 }),
    offset: fc.oneof(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 4000, max: 4100 })),
    length: fc.integer({ min: 1, max: 300 }),
  });
  const accesses = ["cpuRead", "cpuWrite", "devRead", "devWrite"];
  const act = fc.record({
    what: fc.constantFrom(...accesses, ...accesses, "syncCpu", "syncDevice", "remap"),
    where,
    value: fc.integer({ min: 1, max: 255 }),
  });

  /** Three mapped buffers (two behind the IOMMU), what program order says their bytes are, and who owns them. */
  function stage() {
    const { machine, devices } = make(build);
    return {
      machine,
      buffers: [0, 0, 1].map((n, i) => {
        const pa = machine.memory.alloc(8192)!;
        const device = devices[n]!;
        const dma = device.dma.mapSingle(pa, 8192, Bidirectional, 0, `buffer ${i}`);
        return { pa, device, dma, truth: new Uint8Array(8192), owner: "device" };
      }),
    };
  }

  it("shows no wrong byte without a finding", () => {
    let wrong = 0;
    fc.assert(
      fc.property(fc.array(act, { minLength: 4, maxLength: 40 }), (acts) => {
        const { machine, buffers } = stage();
        for (const { what, where, value } of acts) {
          const b = buffers[where.buffer]!;
          const n = Math.min(where.length, 8192 - where.offset);
          if (what === "cpuWrite" || what === "devWrite") {
            b.truth.fill(value, where.offset, where.offset + n);
            if (what === "cpuWrite") machine.cpu.write(b.pa + where.offset, bytes(n, value));
            else b.device.write(b.dma + where.offset, bytes(n, value));
          } else if (what === "cpuRead" || what === "devRead") {
            const seen =
              what === "cpuRead"
                ? machine.cpu.read(b.pa + where.offset, n)
                : b.device.read(b.dma + where.offset, n);
            if (Buffer.compare(seen, b.truth.subarray(where.offset, where.offset + n)) !== 0) {
              wrong++;
              expect(
                machine.findings().filter((f) => f.mapping?.label === `buffer ${where.buffer}`),
              ).not.toEqual([]);
              return;
            }
          } else if (what === "syncCpu") b.device.dma.syncSingleForCpu(b.dma, 8192, Bidirectional);
          else if (what === "syncDevice") b.device.dma.syncSingleForDevice(b.dma, 8192, Bidirectional);
          else {
            b.device.dma.unmapSingle(b.dma, 8192, Bidirectional);
            b.dma = b.device.dma.mapSingle(b.pa, 8192, Bidirectional, 0, `buffer ${where.buffer}`);
          }
        }
      }),
      { numRuns: 150 },
    );
    expect(wrong).toBeGreaterThan(20);
  });

  it("finds nothing where every hand-over is made", () => {
    fc.assert(
      fc.property(fc.array(act, { minLength: 4, maxLength: 40 }), (acts) => {
        const { machine, buffers } = stage();
        for (const { what, where, value } of acts) {
          const b = buffers[where.buffer]!;
          const n = Math.min(where.length, 8192 - where.offset);
          const own = (owner: string) => {
            if (b.owner === owner) return;
            if (owner === "cpu") b.device.dma.syncSingleForCpu(b.dma, 8192, Bidirectional);
            else b.device.dma.syncSingleForDevice(b.dma, 8192, Bidirectional);
            b.owner = owner;
          };
          own(what.startsWith("cpu") ? "cpu" : "device");
          const expected = b.truth.subarray(where.offset, where.offset + n);
          if (what === "cpuWrite" || what === "devWrite") {
            b.truth.fill(value, where.offset, where.offset + n);
            if (what === "cpuWrite") machine.cpu.write(b.pa + where.offset, bytes(n, value));
            else b.device.write(b.dma + where.offset, bytes(n, value));
          } else if (what === "cpuRead") expect(machine.cpu.read(b.pa + where.offset, n)).toEqual(expected);
          else if (what === "devRead") expect(b.device.read(b.dma + where.offset, n)).toEqual(expected);
        }
        expect(machine.findings()).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
});
