import { describe, expect, it } from "vitest";
import {
  type CapturedFrame,
  contiguousPlanes,
  DmaDirection,
  exynos4210,
  FimcCapture,
  FimcScaler,
  Machine,
  PIXEL_FORMATS,
  type Picture,
  type PixelFormat,
  pictureBytes,
  testPicture,
} from "../../src/index.js";
import { plainScale } from "./plain.js";
import { join, mapScattered, scattered } from "./scattered.js";

function make(attach = true) {
  const machine = Machine.create({ soc: exynos4210, dram: { bytes: 32 << 20 } });
  const fimc = machine.device("fimc0");
  if (attach) machine.iommu.createMapping({ base: 0x2000_0000, size: 64 << 20 }).attach(fimc);
  return { machine, fimc };
}

/** Acknowledges the fault, as the driver's interrupt handler does. */
function acknowledge(machine: Machine): void {
  const mmu = machine.sysmmu("fimc0");
  mmu.writeUint32(0x1c, mmu.readUint32(0x18));
}

const pairs = PIXEL_FORMATS.flatMap((a) => PIXEL_FORMATS.map((b) => [a, b] as const));

describe("FIMC memory to memory", () => {
  it.each(pairs)("%s to %s through scattered pages equals the plain computation", (a, b) => {
    const { machine, fimc } = make();
    const sizes = [
      [96, 64, 96, 64],
      [96, 64, 50, 90],
      [70, 82, 160, 36],
    ] as const;
    for (const [w, h, w2, h2] of sizes) {
      const source = scattered(machine, pictureBytes(a, w, h), true);
      const target = scattered(machine, pictureBytes(b, w2, h2));
      const planes = testPicture(a, w, h, w2);
      source.fill(join(planes));
      mapScattered(fimc, source, DmaDirection.ToDevice);
      mapScattered(fimc, target, DmaDirection.FromDevice);
      let interrupts = 0;
      const job = new FimcScaler(
        fimc,
        { format: a, width: w, height: h, planes: contiguousPlanes(a, w, h, source.dmaAddress) },
        { format: b, width: w2, height: h2, planes: contiguousPlanes(b, w2, h2, target.dmaAddress) },
      );
      job.onInterrupt = () => interrupts++;
      expect(job.run()).toEqual({ status: "done", line: h2, side: null, plane: null, address: null });
      expect(job.run().status).toBe("done");
      expect(interrupts).toBe(1);
      fimc.dma.unmapSg(target.list, DmaDirection.FromDevice);
      fimc.dma.unmapSg(source.list, DmaDirection.ToDevice);
      expect(target.bytes()).toEqual(join(plainScale({ format: a, width: w, height: h, planes }, b, w2, h2)));
    }
  });

  it("keeps to the strides and touches no byte between the lines", () => {
    const { machine, fimc } = make(false);
    const from = machine.memory.alloc(64 << 10)!;
    const to = machine.memory.alloc(64 << 10)!;
    const [planes] = testPicture("BGR4", 20, 10, 3);
    for (let y = 0; y < 10; y++) machine.memory.poke(from + y * 100, planes!.subarray(y * 80, y * 80 + 80));
    machine.memory.poke(to, new Uint8Array(1280).fill(0xee));
    const job = new FimcScaler(
      fimc,
      { format: "BGR4", width: 20, height: 10, planes: [{ address: from, stride: 100 }] },
      { format: "BGR3", width: 20, height: 10, planes: [{ address: to, stride: 128 }] },
    );
    expect(job.run().status).toBe("done");
    const out = machine.memory.peek(to, 1280);
    const want = plainScale({ format: "BGR4", width: 20, height: 10, planes: [planes!] }, "BGR3", 20, 10)[0]!;
    for (let y = 0; y < 10; y++) {
      expect(out.slice(y * 128, y * 128 + 60)).toEqual(want.slice(y * 60, y * 60 + 60));
      expect(out.slice(y * 128 + 60, y * 128 + 128).every((v) => v === 0xee)).toBe(true);
    }
  });

  it("reads a source line once when it enlarges", () => {
    const { machine, fimc } = make(false);
    const pa = machine.memory.alloc(64 << 10)!;
    const picture = (w: number, h: number, at: number): Picture => ({
      format: "YU12",
      width: w,
      height: h,
      planes: contiguousPlanes("YU12", w, h, at),
    });
    const job = new FimcScaler(fimc, picture(16, 8, pa), picture(32, 64, pa + 4096));
    expect(job.run().status).toBe("done");
    expect(fimc.counters.reads).toBe(8 + 4 + 4);
    expect(fimc.counters.writes).toBe(64 + 32 + 32);
    expect(fimc.counters.readBytes).toBe(pictureBytes("YU12", 16, 8));
    expect(fimc.counters.writeBytes).toBe(pictureBytes("YU12", 32, 64));
  });

  it.each(["source", "destination"] as const)(
    "stops at a fault in the %s and goes on after mapping",
    (side) => {
      const { machine, fimc } = make(false);
      const mapping = machine.iommu.createMapping({ base: 0x2000_0000, size: 64 << 20 });
      mapping.attach(fimc);
      const [w, h] = [128, 80]; // eight pages, so that alignment leaves no free one
      const format: PixelFormat = "BGR3"; // line 10 crosses into the second page
      const bytes = pictureBytes(format, w, h);
      const source = scattered(machine, bytes);
      const target = scattered(machine, bytes);
      const planes = testPicture(format, w, h, 9);
      source.fill(join(planes));
      mapScattered(fimc, source, DmaDirection.ToDevice);
      mapScattered(fimc, target, DmaDirection.FromDevice);
      const hole = side === "source" ? source : target;
      const at = hole.dmaAddress + 4096;
      const direction = side === "source" ? DmaDirection.ToDevice : DmaDirection.FromDevice;
      fimc.dma.unmapPage(at, 4096, direction);
      const levels: boolean[] = [];
      machine.sysmmu("fimc0").onInterrupt = (level) => levels.push(level);
      const job = new FimcScaler(
        fimc,
        { format, width: w, height: h, planes: contiguousPlanes(format, w, h, source.dmaAddress) },
        { format, width: w, height: h, planes: contiguousPlanes(format, w, h, target.dmaAddress) },
      );
      expect(job.run()).toEqual({ status: "fault", line: 10, side, plane: 0, address: at });
      // Nothing was repaired: it stops at the same byte.
      acknowledge(machine);
      expect(job.run()).toEqual({ status: "fault", line: 10, side, plane: 0, address: at });
      // The hole is the lowest free page: first fit gives its address back.
      expect(fimc.dma.mapPage(hole.list[1]!.pa, 0, 4096, direction)).toBe(at);
      acknowledge(machine);
      expect(job.run().status).toBe("done");
      expect(levels).toEqual([true, false, true, false]);
      expect(fimc.counters.accessFaults).toBe(2);
      expect(fimc.counters.writeBytes).toBe(bytes);
      fimc.dma.unmapSg(target.list, DmaDirection.FromDevice);
      expect(target.bytes()).toEqual(join(planes));
    },
  );

  it("ends with a bus error outside memory", () => {
    const { machine, fimc } = make(false);
    const pa = machine.memory.alloc(4096)!;
    const job = new FimcScaler(
      fimc,
      { format: "BGR3", width: 4, height: 4, planes: [{ address: pa }] },
      { format: "BGR3", width: 4, height: 4, planes: [{ address: 0x1000 }] },
    );
    expect(job.run()).toEqual({
      status: "bus-error",
      line: 0,
      side: "destination",
      plane: 0,
      address: 0x1000,
    });
  });

  it("names what is wrong with a picture", () => {
    const { fimc } = make(false);
    const good: Picture = { format: "BGR3", width: 16, height: 16, planes: [{ address: 0x4000_0000 }] };
    const bad = (change: object, error: RegExp, type: typeof RangeError | typeof TypeError = RangeError) => {
      const build = () => new FimcScaler(fimc, { ...good, ...change }, good);
      expect(build).toThrow(error);
      expect(build).toThrow(type);
    };
    bad({ format: "RGB9" }, /source\.format must be one of BGR3, BGR4, NV12, YU12, got "RGB9"/);
    bad({ width: 0 }, /source\.width .*0x0/);
    bad({ height: "x" }, /source\.height must be a number, got "x"/, TypeError);
    bad({ format: "NV12", width: 15 }, /source\.width must be even for NV12, got 15/);
    bad({ planes: [] }, /source\.planes must have 1 entries, got 0/);
    bad({ planes: 7 }, /source\.planes must be an array, got 7/, TypeError);
    bad({ planes: [null] }, /source\.planes\[0\] .* got null/, TypeError);
    bad({ planes: [{ address: 0, stride: 47 }] }, /source\.planes\[0\]\.stride .*0x2f/);
    bad({ planes: [{ address: 0xffff_fff0 }] }, /source\.planes\[0\] must end at 4 GiB/);
    bad({ width: 2000 }, /destination\.width must be within 64 times source\.width \(2000\), got 16/);
    expect(() => new FimcScaler(fimc, good, null as unknown as Picture)).toThrow(/destination must be/);
    expect(() => new FimcScaler({} as typeof fimc, good, good)).toThrow(/device must be a Device/);
    expect(() => new FimcScaler(fimc, good, good, { port: 1 })).toThrow(/options\.port/);
  });
});

describe("FIMC capture", () => {
  it.each(PIXEL_FORMATS)("fills queued buffers with %s frames and interrupts", (format) => {
    const { machine, fimc } = make();
    const [w, h] = [64, 48];
    const capture = new FimcCapture(fimc, { format, width: w, height: h, seed: 7 });
    const buffers = [0, 1].map(() => scattered(machine, pictureBytes(format, w, h)));
    for (const b of buffers) {
      mapScattered(fimc, b, DmaDirection.FromDevice);
      capture.queue(contiguousPlanes(format, w, h, b.dmaAddress));
    }
    const frames: CapturedFrame[] = [];
    capture.onInterrupt = (frame) => frames.push(frame);
    expect(capture.capture()?.status).toBe("done");
    expect(capture.queued).toBe(1);
    expect(capture.capture()?.status).toBe("done");
    expect(capture.capture()).toBeNull();
    expect(frames.map((f) => [f.sequence, f.seed, f.planes[0]!.address])).toEqual([
      [0, 7, buffers[0]!.dmaAddress],
      [1, 8, buffers[1]!.dmaAddress],
    ]);
    for (const [n, b] of buffers.entries()) {
      fimc.dma.unmapSg(b.list, DmaDirection.FromDevice);
      expect(b.bytes()).toEqual(join(testPicture(format, w, h, 7 + n)));
    }
  });

  it("goes on with the frame after a fault", () => {
    const { machine, fimc } = make();
    const pa = machine.memory.alloc(16384)!;
    const dma = fimc.dma.mapPage(pa, 0, 4096, DmaDirection.FromDevice);
    const capture = new FimcCapture(fimc, { format: "BGR4", width: 60, height: 40 });
    capture.queue([{ address: dma }]);
    expect(capture.capture()).toEqual({
      status: "fault",
      line: 17,
      side: "destination",
      plane: 0,
      address: dma + 4096,
    });
    for (const at of [4096, 8192]) {
      expect(fimc.dma.mapPage(pa + at, 0, 4096, DmaDirection.FromDevice)).toBe(dma + at);
    }
    acknowledge(machine);
    expect(capture.capture()?.status).toBe("done");
    expect(machine.memory.peek(pa, 9600)).toEqual(testPicture("BGR4", 60, 40)[0]);
  });

  it("takes lines of a sensor", () => {
    const { machine, fimc } = make(false);
    const pa = machine.memory.alloc(4096)!;
    const capture = new FimcCapture(fimc, {
      format: "NV12",
      width: 4,
      height: 2,
      sensor: (line, sequence, rgb) => rgb.fill(100 + line * 10 + sequence),
    });
    for (const sequence of [0, 1]) {
      capture.queue(contiguousPlanes("NV12", 4, 2, pa));
      expect(capture.capture()?.status).toBe("done");
      const [a, b] = [100 + sequence, 110 + sequence];
      expect([...machine.memory.peek(pa, 12)]).toEqual([a, a, a, a, b, b, b, b, 128, 128, 128, 128]);
    }
  });

  it("checks its format and its planes", () => {
    const { fimc } = make(false);
    expect(() => new FimcCapture(fimc, { format: "YU12", width: 3, height: 2 })).toThrow(/format\.width/);
    expect(() => new FimcCapture(fimc, { format: "YU12", width: 4, height: 2, seed: -1 })).toThrow(
      /format\.seed/,
    );
    expect(() => new FimcCapture(fimc, null as never)).toThrow(TypeError);
    expect(() => new FimcCapture(fimc, { format: "BGR3", width: 4, height: 2, sensor: 1 as never })).toThrow(
      /format\.sensor must be a function, got 1/,
    );
    const capture = new FimcCapture(fimc, { format: "YU12", width: 4, height: 2 });
    expect(() => capture.queue([{ address: 0 }])).toThrow(/planes must have 3 entries, got 1/);
  });
});
